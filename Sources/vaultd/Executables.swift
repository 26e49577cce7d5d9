// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage

/// The programs that belong to this one: beside it, as built, or in `../libexec/vault`, as installed.
enum Executables {
    static func find(_ name: String) throws(StartFailure) -> FilePath {
        guard let beside = try? FilePath.ofOwnProgram() else {
            throw StartFailure(message: "/proc is not mounted", remedy: "mount -t proc proc /proc")
        }
        for directory in [beside, beside.removingLastComponent().appending("libexec/vault")] {
            let path = directory.appending(name)
            if path.withPlatformString({ access($0, X_OK) }) == 0 { return path }
        }
        throw StartFailure(
            message: "'\(name)' is neither in \(beside) nor in ../libexec/vault",
            remedy: "install the vault with `make install`")
    }
}
