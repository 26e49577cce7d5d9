// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage
import TerminalKit
import Testing
import VaultTestKit

@Suite("The command under its long name") struct ProgramNameTests {
    @Test(
        arguments: [
            ("vault", "vault"), ("/usr/bin/vault", "vault"), ("fdvault", "fdvault"), ("/usr/bin/fdvault", "fdvault"),
            ("fdvault-offline", "fdvault"), ("vault-offline", "vault"), ("", "vault"), ("/", "vault"),
            ("/fdvault/vault", "vault"), ("xfdvault", "vault"),
        ])
    func names(path: String, name: String) { #expect(ProgramName.name(calledAs: path) == name) }

    @Test(
        "Of vaultd's names those that end in -offline are the other program",
        arguments: [
            ("vault-offline", true), ("fdvault-offline", true), ("/usr/libexec/vault/vault-offline", true),
            ("vaultd", false), ("/usr/sbin/vaultd", false), ("/srv/vault-offline/vaultd", false), ("", false),
            ("offline", false),
        ])
    func offline(path: String, isOffline: Bool) { #expect(ProgramName.isOffline(calledAs: path) == isOffline) }

    @Test(
        arguments: [
            ("vault list", "fdvault list"),
            (
                "'vault audit verify', or vault status", "'fdvault audit verify', or fdvault status"
            ),
            ("ask the vault for it; vault --help", "ask the vault for it; fdvault --help"),
            ("The vault holds; a vault is", "The vault holds; a vault is"),
            ("USAGE: vault cat NAME\n\n  vault cat a", "USAGE: fdvault cat NAME\n\n  fdvault cat a"),
            ("start vaultd; systemctl reload vaultd", "start vaultd; systemctl reload vaultd"),
            ("vault", "vault"), ("", ""), ("vault-offline beside vault, or", "vault-offline beside vault, or"),
            ("vault e\u{301}  vault x", "fdvault e\u{301}  fdvault x"),
        ])
    func texts(text: String, told: String) {
        #expect(ProgramName.told(text, calledAs: "fdvault") == told)
        #expect(ProgramName.told(text, calledAs: "vault") == text)
    }

    /// The program itself, by a link.
    private static func run(_ arguments: [String]) async throws -> CommandResult {
        let directory = try TemporaryDirectory()
        let link = directory.path("fdvault")
        let program = try await Programs.directory().appending("vault")
        #expect(symlink(program.string, link.string) == 0)
        return try await Command(link, arguments: arguments).run()
    }

    @Test(
        "says its own name in errors, in advice and in its help",
        arguments: [
            ["cat"], ["list", "--socket", "/nowhere/vault.sock"], ["nothing"], ["policy", "check", "/nowhere"],
        ])
    func errors(arguments: [String]) async throws {
        let result = try await Self.run(arguments)
        #expect(result.errorText.hasPrefix("fdvault: "), "\(result)")
        #expect(!result.errorText.contains("Try: vault "), "\(result)")
        for verb in [["--help"], ["audit", "--help"]] {
            let help = try await Self.run(verb)
            #expect(help.status.isSuccess)
            #expect(help.text.contains("USAGE: fdvault"), "\(help)")
        }
    }
}
