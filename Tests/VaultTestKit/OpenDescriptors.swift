// SPDX-License-Identifier: Apache-2.0

internal import Descriptors
import Glibc
package import SystemPackage

/// The descriptors of a process by number, with what `/proc/PID/fd` says that they are.
///
/// Of this process only what counts nothing else at the same time is a fact: use an exit test or a child.
package func openDescriptors(pid: Int32? = nil) -> [CInt: String] {
    let directory = FilePath("/proc/\(pid.map(String.init) ?? "self")/fd")
    var result: [CInt: String] = [:]
    for name in directoryEntries(directory) {
        guard let number = CInt(name) else { continue }
        // The descriptor of the listing itself is closed by now, so its link is gone.
        guard let target = readLink(directory.appending(name)) else { continue }
        result[number] = target
    }
    return result
}

/// How many descriptors a process has open; of this process if `pid` is `nil`.
package func openDescriptorCount(pid: Int32? = nil) -> Int {
    openDescriptors(pid: pid).count
}

/// `readlink(2)`; `nil` if that fails.
package func readLink(_ path: FilePath) -> String? {
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = path.withPlatformString { path in
        bytes.withUnsafeMutableBytes { readlink(path, $0.baseAddress!.assumingMemoryBound(to: CChar.self), $0.count) }
    }
    return count < 0 ? nil : String(decoding: bytes[..<count], as: UTF8.self)
}
