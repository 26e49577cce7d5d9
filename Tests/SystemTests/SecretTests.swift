// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage
import Testing
import VaultTestKit

/// Secrets in memory: whose they are, and what becomes of one that is changed.
@Suite(.enabled(if: Command.canChangeUser, "needs root and setpriv: secrets are made for other users"))
struct SecretTests {
    private static let policy = """
        vault: 1
        capabilities:
          - name: secrets/held
            memory: { file: "@DIRECTORY@/key" }
            renew: asked
          - name: secrets/anew
            memory: { file: "@DIRECTORY@/key" }
            open: each-grant
          - name: secrets/large
            memory: { file: "@DIRECTORY@/large" }
          - name: secrets/file
            file: { path: "@DIRECTORY@/key", rights: [read] }
            renew: asked
        rules:
          - id: readers
            permit: [open]
            capability: secrets/*
            to: { uid: [1, 4711, 4712] }
        """

    private func daemon(brokerIsRoot: Bool = false) async throws -> Daemon {
        var options = Daemon.Options()
        options.policies = ["secrets.yaml": Self.policy]
        options.configuration = (brokerIsRoot ? "" : "run-as: nobody\n") + "opener: { roots: [\"@DIRECTORY@\"] }\n"
        if !brokerIsRoot { options.owner = 65534 }
        options.files = ["key": "first\n", "large": String(repeating: "y", count: 200_000)]
        return try await Daemon.start(options)
    }

    private func state(of name: String, _ daemon: Daemon) async throws -> [String] {
        let list = try await daemon.vault("list", "-o", "jsonl", name)
        let shown = try await daemon.vault("show", "-o", "jsonl", name)
        let status = try await daemon.vault("status")
        return [
            list.text.contains("stale") ? "stale" : "ready", shown.text.contains("stale") ? "stale" : "ready",
            status.text.contains(name) ? "stale" : "ready",
        ]
    }

    @Test(
        "A secret in memory belongs to who asked for it, with mode 0400, whether or not the broker is root",
        arguments: [true, false])
    func ownership(brokerIsRoot: Bool) async throws {
        let daemon = try await daemon(brokerIsRoot: brokerIsRoot)
        let look = "stat -Lc '%u %g %a' /proc/self/fd/5; head -c 3 /proc/self/fd/5"
        for uid in [4711, 4712] as [UInt32] {
            // Often enough for copies that were made ahead.
            for name in ["held", "anew", "large", "held", "held", "held"] {
                let result = try await daemon.vaultCommand(
                    ["exec", "--fd", "5=secrets/\(name)", "--", "sh", "-c", look], uid: uid
                ).run()
                let start = name == "large" ? "yyy" : "fir"
                #expect(result.text == "\(uid) \(uid) 400\n\(start)", "\(name): \(result.errorText)\(daemon.log)")
            }
        }
        let records = try await daemon.vault("audit", "list", "--type", "grant", "-o", "jsonl", "-n", "1")
        #expect(records.text.contains(#""copy":{"uid":4712,"gid":4712,"mode":"0400"}"#), "\(records.text)")
    }

    @Test(
        "A program that looks at whose a key is takes it",
        .enabled(if: Command.find("ssh-keygen").map { access($0.string, X_OK) == 0 } ?? false, "needs ssh-keygen"))
    func keys() async throws {
        let daemon = try await daemon()
        let key = daemon.directory.path("key").string
        #expect(unlink(key) == 0)
        let made = try await Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key).run()
        #expect(made.status == .exited(0), "\(made.errorText)")
        // A user with a name, which the program wants to know.
        let result = try await daemon.vaultCommand(
            ["exec", "--fd", "5=secrets/anew", "--", "ssh-keygen", "-y", "-f", "/proc/self/fd/5"], uid: 1
        ).run()
        #expect(result.text.hasPrefix("ssh-ed25519 "), "\(result.errorText)")
    }

    @Test("A secret that is opened for each grant is what its file holds then")
    func anew() async throws {
        let daemon = try await daemon()
        #expect(try await daemon.vault("cat", "secrets/anew", uid: 4711).text == "first\n")
        try daemon.directory.write("second\n", to: "key", mode: 0o600)
        #expect(try await daemon.vault("cat", "secrets/anew", uid: 4711).text == "second\n")
        #expect(try await daemon.vault("cat", "secrets/held", uid: 4711).text == "first\n")
    }

    @Test(
        "A file that was replaced is stale in list, show and status, and a reload opens it anew",
        arguments: ["secrets/held", "secrets/file"])
    func stale(_ name: String) async throws {
        let daemon = try await daemon()
        #expect(try await daemon.vault("cat", name, uid: 4711).text == "first\n")
        #expect(try await state(of: name, daemon) == ["ready", "ready", "ready"])
        try daemon.directory.write("second\n", to: "new", mode: 0o600)
        #expect(rename(daemon.directory.path("new").string, daemon.directory.path("key").string) == 0)
        #expect(try await state(of: name, daemon) == ["stale", "stale", "stale"])
        #expect(try await daemon.vault("cat", name, uid: 4711).text == "first\n", "what is held goes on being served")
        #expect(try await daemon.vault("reload").status == .exited(0))
        #expect(try await daemon.vault("cat", name, uid: 4711).text == "second\n", "\(daemon.log)")
        #expect(try await state(of: name, daemon) == ["ready", "ready", "ready"])
    }

    @Test("A secret whose file was rewritten in place is stale too; a file is not, since its readers see that")
    func rewritten() async throws {
        let daemon = try await daemon()
        try daemon.directory.write("second\n", to: "key", mode: 0o600)
        #expect(try await state(of: "secrets/held", daemon) == ["stale", "stale", "stale"])
        #expect(try await state(of: "secrets/file", daemon) == ["ready", "ready", "ready"])
        // What cannot be opened anew stays as it is.
        #expect(unlink(daemon.directory.path("key").string) == 0)
        #expect(try await daemon.vault("reload").status == .exited(0))
        #expect(try await daemon.vault("cat", "secrets/held", uid: 4711).text == "first\n")
        #expect(try await state(of: "secrets/held", daemon) == ["stale", "stale", "stale"])
    }

    @Test(
        "A client at its limit of open files is told so, and nothing is granted to it",
        arguments: [["exec", "--", "true"], ["cat"], ["try"]])
    func limit(_ words: [String]) async throws {
        let daemon = try await daemon()
        let names = Array(repeating: "secrets/held", count: words[0] == "exec" ? 6 : 1)
        var arguments = words
        arguments.insert(contentsOf: words[0] == "exec" ? names.flatMap { ["--pass", $0] } : names, at: 1)
        let limit = words[0] == "exec" ? 6 : 4
        let vault = daemon.programs.appending("vault").string
        let command = daemon.client(
            try #require(Command.find("prlimit")), ["--nofile=\(limit)", vault] + arguments, uid: 4711)
        let result = try await command.run()
        #expect(result.status == .exited(words[0] == "exec" ? 125 : 4), "\(result.errorText)")
        #expect(result.errorText.contains("limit of open files is \(limit)"), "\(result.errorText)")
        #expect(result.errorText.contains("ulimit -n"), "\(result.errorText)")
        let records = try await daemon.vault("audit", "list", "--type", "grant", "-o", "jsonl")
        #expect(!records.text.contains("secrets/held"), "\(records.text)")
    }
}
