// SPDX-License-Identifier: Apache-2.0

package import SystemPackage

/// The programs of this package, as they were built beside the tests.
package enum BuiltProgram {
    /// Where the program of that name lies; the test target must depend on it, or it may be missing or old.
    package static func path(_ name: String) -> FilePath {
        directory.appending(name)
    }

    /// The directory of the running test program.
    private static let directory: FilePath = {
        guard let path = readLink("/proc/self/exe") else { return "." }
        return FilePath(path).removingLastComponent()
    }()
}
