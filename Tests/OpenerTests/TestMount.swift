// SPDX-License-Identifier: Apache-2.0

import Glibc
import SystemPackage
import VaultTestKit

/// A mount in a temporary directory, which is unmounted before the directory is removed. Only for root.
final class TestMount: Sendable {
    let path: FilePath
    private let directory: TemporaryDirectory

    /// - Parameters:
    ///   - source: a path to bind; nil: a new file system of `type`.
    ///   - name: where, in the directory; it must exist.
    init(_ source: FilePath?, at name: String, in directory: TemporaryDirectory, type: String? = nil) throws(Errno) {
        self.directory = directory
        path = directory.path(name)
        let flags = source == nil ? 0 : UInt(MS_BIND)
        guard mount(source?.string ?? "none", path.string, type, flags, nil) == 0 else { throw Errno(rawValue: errno) }
    }

    deinit {
        umount2(path.string, CInt(MNT_DETACH))
    }
}
