// SPDX-License-Identifier: Apache-2.0

internal import Descriptors
import Glibc
package import SystemPackage

/// The descriptors of a process by number, with what `/proc/PID/fd` says that they are.
///
/// Of a test's own process this is a fact only in an exit test, where no other test runs beside.
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
///
/// - Parameter kind: count only those whose link contains this: `memfd:NAME`, `[pidfd]`. In a test's own process
///   nothing else is exact: libdispatch opens and closes descriptors when it likes.
package func openDescriptorCount(pid: Int32? = nil, of kind: String? = nil) -> Int {
    let targets = openDescriptors(pid: pid).values
    guard let kind else { return targets.count }
    return targets.count { $0.contains(kind) }
}

/// `readlink(2)`; `nil` if that fails.
package func readLink(_ path: FilePath) -> String? {
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = path.withPlatformString { path in
        bytes.withUnsafeMutableBytes { readlink(path, $0.baseAddress!.assumingMemoryBound(to: CChar.self), $0.count) }
    }
    return count < 0 ? nil : String(decoding: bytes[..<count], as: UTF8.self)
}
