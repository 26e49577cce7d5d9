// SPDX-License-Identifier: Apache-2.0

package import SystemPackage

/// Where the programs under test lie: together, as they were built, or as `make install` places them.
package struct ProgramDirectories: Sendable, CustomStringConvertible {
    /// What `make install` places, by the directory it lies in.
    private static let places = [
        "bin": ["vault"], "sbin": ["vaultd"], "libexec/vault": ["vault-opener", "vault-openfile", "vault-offline"],
    ]
    private let directories: [String: FilePath]
    private let paths: [FilePath]

    /// All in one directory.
    package init(together directory: FilePath) {
        directories = Self.places.mapValues { _ in directory }
        paths = [directory]
    }

    /// Below a directory that was the `DESTDIR` of an installation with the prefix `/usr`.
    package init(installedBelow root: FilePath) {
        let prefix = root.appending("usr")
        directories = Dictionary(uniqueKeysWithValues: Self.places.keys.map { ($0, prefix.appending($0)) })
        paths = [prefix.appending("bin"), prefix.appending("sbin")]
    }

    /// Is there a program of that name among those that are installed?
    package static func ships(_ name: String) -> Bool { places.values.contains { $0.contains(name) } }

    /// The path of a program. One that is not installed counts as lying where the commands do.
    package func appending(_ name: String) -> FilePath {
        let place = Self.places.first { $0.value.contains(name) }?.key ?? "bin"
        return (directories[place] ?? paths[0]).appending(name)
    }

    /// As the beginning of `PATH`.
    package var description: String { paths.map(\.string).joined(separator: ":") }
}
