// SPDX-License-Identifier: Apache-2.0

package import SystemPackage

/// The programs of this package: what the tests need beside themselves as it was built beside them; what is shipped as
/// it was installed, where `make test-installed` runs the tests.
package enum BuiltProgram {
    /// Where the program of that name lies; the test target must depend on it, or it may be missing or old.
    package static func path(_ name: String) -> FilePath {
        if let root = Programs.installedRoot, ProgramDirectories.ships(name) {
            return ProgramDirectories(installedBelow: root).appending(name)
        }
        return Programs.built.appending(name)
    }
}
