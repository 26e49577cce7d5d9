// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Foundation
import Glibc
import SystemPackage
import Testing
import VaultTestKit

/// What these tests run is what they say.
@Suite struct ProgramsTests {
    @Test("The daemon under test is the one that was installed, with the Swift runtime in it, where something was")
    func installed() async throws {
        let daemon = try await StandardVault.start()
        let pid = try daemon.pid
        #expect(readLink(FilePath("/proc/\(pid)/exe")) == daemon.programs.appending("vaultd").string)
        guard Programs.installedRoot != nil else { return }
        let maps = try await onThread {
            try OwnedDescriptor.open(FilePath("/proc/\(pid)/maps")).readAll(limit: 1 << 24)
        }
        #expect(
            !String(decoding: maps, as: UTF8.self).contains("libswiftCore"), "an installed program needs no toolchain")
    }

    @Test(
        "Two programs are other names of two: each is that one under its name, whoever runs it and without privileges",
        .enabled(if: Command.canChangeUser, "needs root and setpriv(1)"))
    func secondNames() async throws {
        let programs = try await Programs.directory()
        let directory = try TemporaryDirectory()
        chmod(directory.path.string, 0o755)
        func link(_ name: String, to program: String) throws -> Command {
            let link = directory.path(name)
            try #require(symlink(programs.appending(program).string, link.string) == 0)
            return Command("setpriv", "--no-new-privs", "--bounding-set=-all", "--inh-caps=-all", link.string)
        }
        var offline = try link("vault-offline", to: "vaultd")
        let policy = directory.path("policy.yaml")
        try Data(
            """
            vault: 1
            rules:
              - { id: r, permit: [open], capability: "a/*", to: { uid: 1 }, on: monday }
            """
            .utf8
        ).write(to: URL(filePath: policy.string))
        offline.arguments += ["policy", "check", policy.string]
        for result in [try await offline.run(), try await offline.asUser(uid: 4711).run()] {
            let own = try await Command(
                programs.appending("vault-offline"), arguments: ["policy", "check", policy.string]
            ).run()
            #expect(result.status == own.status && own.status == .exited(1), "\(result)")
            #expect(result.text == own.text && result.errorText == own.errorText, "\(result)")
        }
        var openfile = try link("vault-openfile", to: "vault-opener")
        openfile.arguments += ["900", "/dev/null", "0"]
        #expect(try await openfile.asUser(uid: 4711).run().status == .exited(EBADF))
        for name in ["vaultd", "vault-opener"] {
            let help = try await Command(programs.appending(name), arguments: ["--help"]).run()
            #expect(help.text.lowercased().contains("usage: \(name) "), "\(help)")
        }
    }

    @Test(
        "What programs say of their arguments holds nothing that a terminal acts on",
        arguments: [
            ("vault-opener", ["--root", "@"]), ("vault-opener", ["--root", "/", "--helper", "@"]),
            ("vault-opener", ["@", "x"]), ("vaultd", ["--config", "@"]), ("vaultd", ["@"]), ("vaultd", ["--@"]),
            ("vaultd", ["--ready-fd", "@"]), ("vault", ["@"]), ("vault", ["list", "--socket", "@"]),
            ("vault-offline", ["policy", "check", "@"]), ("vault-offline", ["@"]),
        ])
    func escaped(program: String, words: [String]) async throws {
        let path = try await Programs.directory().appending(program)
        let command = Command(path, arguments: words.map { $0.replacing("@", with: "a\nb\u{1B}[31m\u{9B}c\u{202E}d") })
        let result = try await command.run()
        #expect(!result.status.isSuccess)
        // The end of a line is written so, too, or as a blank where several lines became one.
        #expect(result.errorText.contains(#"b\x1b[31m\x9bc\u{202e}d"#), "\(result.errorText)")
        #expect(!result.errorText.unicodeScalars.contains { $0 != "\n" && $0.properties.generalCategory == .control })
        #expect(!result.errorText.unicodeScalars.contains("\u{202E}"))
    }
}
