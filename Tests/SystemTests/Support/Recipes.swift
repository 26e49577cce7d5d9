// SPDX-License-Identifier: Apache-2.0

import Glibc
import SystemPackage
import Testing
import VaultTestKit

/// A block of an article that is marked as a recipe: shell commands, and what they print.
struct Recipe: Sendable, CustomTestStringConvertible {
    /// Those that a machine may lack; by their path those that look for parts of them where Debian installs them.
    let programs: [String]
    let code: String
    /// The lines behind `#>`.
    let output: String

    var testDescription: String { code.split(separator: "\n").first { $0.contains("vault") }.map(String.init) ?? code }
}

/// The recipes of an article, and the files that they need.
struct Recipes: Sendable {
    private(set) var all: [Recipe] = []
    private(set) var files: [String: String] = [:]

    /// - Parameter article: its path in the checkout.
    init(article: String) throws {
        let text = try WholeFile.text(Programs.checkout.appending(article))
        for block in text.matches(of: /(?m)^```\w+ (?<kind>recipe|file)(?<words>[^\n]*)\n(?<code>(?s).*?)^```/) {
            let words = block.words.split(separator: " ").map(String.init)
            guard block.kind == "recipe" else {
                files[words.first ?? ""] = String(block.code)
                continue
            }
            let lines = block.code.split(separator: "\n", omittingEmptySubsequences: false)
            let output = lines.filter { $0.hasPrefix("#> ") }.map { "\($0.dropFirst(3))\n" }.joined()
            all.append(Recipe(programs: words, code: String(block.code), output: output))
        }
    }
}

/// Where the programs of recipes are: this system's, and those that `Tests/Recipes/prepare` has unpacked.
enum RecipePrograms {
    private static let prepared = Programs.checkout.appending(".build/programs")
    static let directories =
        ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"]
        + ["usr/sbin", "usr/bin", "bin"].map { prepared.appending($0).string }

    /// Where a user can run it.
    static func find(_ name: String, uid: UInt32) async throws -> FilePath? {
        let places =
            name.hasPrefix("/") ? ["", prepared.string].map { $0 + name } : directories.map { "\($0)/\(name)" }
        for path in places.map({ FilePath($0) }) {
            guard path.withPlatformString({ access($0, X_OK) }) == 0 else { continue }
            let test = Command("/usr/bin/test", "-x", path.string)
            if try await test.asUser(uid: uid).run().status.isSuccess { return path }
        }
        return nil
    }

    /// The command of root, for which what has been unpacked lies in `/usr`: in a mount namespace of its own.
    static func mounting(_ command: Command) -> Command {
        let mount = "mount -t overlay overlay -o lowerdir=\(prepared)/usr:/usr /usr && exec \"$@\""
        var other = command
        other.path = "/usr/bin/unshare"
        other.arguments = ["--mount", "/bin/sh", "-c", mount, "sh", command.path.string] + command.arguments
        return other
    }

    /// The programs of PostgreSQL, which Debian keeps by version.
    static var postgres: String? {
        let root: FilePath = "/usr/lib/postgresql"
        return directoryEntries(root).map { root.appending($0).appending("bin").string }
            .first { access("\($0)/initdb", X_OK) == 0 }
    }

    /// A command's environment with these programs, and what they were linked with.
    static func environment(of command: Command, vault: String, home: FilePath) -> [String] {
        let replaced = ["PATH=", "HOME=", "LD_LIBRARY_PATH=", "PYTHONPATH=", "LC_ALL=", "COVERAGE", "NGINX"]
        let libraries = directoryEntries(prepared.appending("usr/lib")).filter { $0.hasSuffix("-linux-gnu") }
        return (command.environment ?? []).filter { variable in !replaced.contains { variable.hasPrefix($0) } } + [
            "PATH=\(([vault] + directories).joined(separator: ":"))", "HOME=\(home)", "LC_ALL=C.UTF-8",
            "LD_LIBRARY_PATH=\(libraries.map { prepared.appending("usr/lib").appending($0).string }.joined(separator: ":"))",
            "PYTHONPATH=\(prepared.appending("usr/lib/python3/dist-packages"))",
        ]
    }
}
