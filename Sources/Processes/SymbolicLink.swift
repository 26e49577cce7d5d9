// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage

/// readlink(2).
package enum SymbolicLink {
    /// The bytes that the link holds, at most `PATH_MAX` less one.
    ///
    /// - Parameter directory: where a relative `name` starts.
    /// - Throws: `ENAMETOOLONG` for a longer one, besides what readlinkat(2) reports.
    package static func target(
        of name: String, in directory: borrowing some Descriptor & ~Copyable
    ) throws(Errno) -> [UInt8] {
        let room = ProcessFacts.textLimit + 1
        let bytes = try withUnsafeTemporaryAllocation(of: CChar.self, capacity: room) {
            buffer throws(Errno) -> [UInt8] in
            guard let start = buffer.baseAddress else { throw .noMemory }
            let count = try SystemCall.retrying(on: directory) { readlinkat($0, name, start, room) }
            return buffer[..<count].map { UInt8(bitPattern: $0) }
        }
        guard bytes.count < room else { throw .fileNameTooLong }
        return bytes
    }
}
