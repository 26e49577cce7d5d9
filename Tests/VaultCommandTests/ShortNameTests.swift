// SPDX-License-Identifier: Apache-2.0

import Glibc
import SystemPackage
import Testing
import VaultTestKit

/// What `make` does where another program is called `vault`.
@Suite("make, beside another vault", .enabled(if: Command.find("make") != nil, "needs make")) struct ShortNameTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory(mode: 0o755)
        for place in ["bin", "share/man/man1", "share/bash-completion/completions"] {
            var path = directory.path
            for part in "usr/\(place)".split(separator: "/") {
                path.append(String(part))
                mkdir(path.string, 0o755)
            }
        }
    }

    private func make(_ arguments: String...) async throws -> CommandResult {
        let all = ["-C", Programs.checkout.string, "--no-print-directory"] + arguments
        return try await Command("make", arguments: all + ["DESTDIR=\(directory.path)", "PREFIX=/usr"]).run()
    }

    private func link(_ name: String, to target: String) {
        symlink(target, directory.path("usr/\(name)").string)
    }

    private func isThere(_ name: String) -> Bool {
        FilePath("\(directory.path)/usr/\(name)").withPlatformString {
            var status = stat()
            return lstat($0, &status) == 0
        }
    }

    @Test("It is not replaced, and what to do is said", arguments: [false, true])
    func refuses(isLink: Bool) async throws {
        #expect(try await make("short-name").status == .exited(0))
        if isLink {
            link("bin/vault", to: "/opt/hashicorp/vault")
        } else {
            try directory.write("", to: "usr/bin/vault")
        }
        let refused = try await make("short-name")
        #expect(refused.status == .exited(2))
        #expect(refused.errorText.contains("SHORT_NAME=no"), "\(refused.errorText)")
        #expect(try await make("short-name", "SHORT_NAME=no").status == .exited(0))
        unlink(directory.path("usr/bin/vault").string)
        link("bin/vault", to: "fdvault")
        #expect(try await make("short-name").status == .exited(0), "our own is made anew")
    }

    @Test("Its program, pages and completions stay where ours are removed")
    func uninstalls() async throws {
        try directory.write("", to: "usr/bin/vault")
        let others = ["bin/vault", "share/man/man1/vault.1", "share/bash-completion/completions/vault"]
        for name in others.dropFirst() { try directory.write("theirs", to: "usr/\(name)") }
        link("share/man/man1/vault-exec.1", to: "fdvault-exec.1")
        try directory.write("", to: "usr/bin/fdvault")
        #expect(try await make("uninstall").status == .exited(0))
        for name in others { #expect(isThere(name), "\(name)") }
        for name in ["bin/fdvault", "share/man/man1/vault-exec.1"] { #expect(!isThere(name), "\(name)") }
        // Where the name is ours, so is the completion.
        unlink(directory.path("usr/bin/vault").string)
        link("bin/vault", to: "fdvault")
        #expect(try await make("uninstall").status == .exited(0))
        #expect(!isThere("bin/vault") && !isThere("share/bash-completion/completions/vault"))
    }

    @Test("Nothing is removed from a system whose units are enabled, until they are not", arguments: [0, 1])
    func disablesFirst(status: Int) async throws {
        try directory.write("#!/bin/sh\nexit \(status)\n", to: "systemctl", mode: 0o755)
        try directory.write("", to: "usr/bin/fdvault")
        var make = Command(
            "make",
            arguments: ["-C", Programs.checkout.string, "uninstall", "DESTDIR=", "PREFIX=\(directory.path)/usr"])
        make.environment = ["PATH=\(directory.path):/usr/bin:/bin"]
        let result = try await make.run()
        #expect(result.status.isSuccess == (status != 0), "\(result.errorText)")
        #expect(result.errorText.contains("First: systemctl disable --now vaultd.service") == (status == 0))
        #expect(isThere("bin/fdvault") == (status == 0))
    }
}
