// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
internal import JSONText
import Records
internal import SystemPackage

/// The lock that keeps a second daemon from the same state: `flock(2)` on a file that also names its holder.
///
/// The kernel drops it with the last descriptor, however the process ends.
final class LedgerLock: Sendable {
    private let file: OwnedDescriptor

    /// Takes the lock or says at once who has it.
    init(in directory: StateDirectory) throws(LedgerError) {
        let file = try directory.open(directory.lock, O_RDWR | O_CREAT)
        do throws(Errno) {
            try file.lock()
        } catch {
            guard error == .wouldBlock else { throw directory.failure("lock", directory.lock, error) }
            let holder = Self.holder(of: file)
            throw LedgerError(
                .alreadyOpen(pid: holder),
                "the state directory \(directory.path) is in use by "
                    + (holder.map { "process \($0)" } ?? "another process"),
                remedy: holder.map { "kill \($0) first, or choose another directory with --state" }
                    ?? "stop the other daemon first, or choose another directory with --state")
        }
        // Only people and error messages read the pid; the lock holds without it, also on a full file system.
        try? file.resize(to: 0)
        try? file.writeAll([UInt8]("\(getpid())\n".utf8).span, at: 0)
        self.file = file
    }

    deinit {
        file.unlock()
    }

    private static func holder(of file: borrowing OwnedDescriptor) -> Int32? {
        let text = String(decoding: (try? file.read(16, at: 0)) ?? [], as: UTF8.self)
        return Int32(text.firstLine)
    }
}
