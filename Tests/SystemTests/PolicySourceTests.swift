// SPDX-License-Identifier: Apache-2.0

import Glibc
import JSONText
import SystemPackage
import Testing
import VaultTestKit

/// The policy directory and what is applied by command: which of them is the source, and what is said of the directory.
@Suite(.serialized, .enabled(if: Command.canChangeUser, "needs root and setpriv: it is about other users"))
struct PolicySourceTests {
    private static let reader = StandardVault.reader
    private static let rule = "reader-opens-all-but-what-is-hidden"
    private static let other = """
        vault: 1
        capabilities: [{ name: files/other, file: { path: "@DIRECTORY@/secret.txt" } }]
        rules: [{ id: other-reader, permit: [open], capability: files/other, to: { uid: 4711 } }]

        """

    private static func policy(_ daemon: Daemon) async throws -> JSONValue {
        let status = try JSONValue(parsing: try await daemon.vault("status", "--output", "json").text)
        return try #require(status["policy"])
    }

    private static func write(_ daemon: Daemon, _ text: String, to name: String) throws -> String {
        let text = text.split(separator: "@DIRECTORY@", omittingEmptySubsequences: false)
            .joined(separator: daemon.directory.path.string)
        return try daemon.directory.write(text, to: name, mode: 0o644).string
    }

    @Test(
        "Either the directory or a command is the source; status, apply and reload say which, and what a reload drops")
    func source() async throws {
        let daemon = try await StandardVault.start()
        #expect(try await Self.policy(daemon)["source"] == "directory")
        #expect(try await Self.policy(daemon)["isTheDirectorys"] == true)
        let file = try Self.write(daemon, Self.other, to: "other.yaml")

        let apply = try await daemon.vault("policy", "apply", file)
        #expect(apply.status == .exited(0), "\(apply.errorText)")
        #expect(apply.text.contains("this command, not the directory \(daemon.policies)"), "\(apply.text)")
        #expect(apply.text.contains("  rule.remove other-reader") && apply.text.contains("  rule.add \(Self.rule)"))
        var status = try await daemon.vault("status")
        #expect(status.text.contains("applied by command and is not the directory's"), "\(status.text)")
        #expect(status.text.contains("rule.remove other-reader"), "\(status.text)")
        #expect(try await Self.policy(daemon)["source"] == "command")
        #expect(try await Self.policy(daemon)["isTheDirectorys"] == false)

        // The directory has not changed: a reload leaves the command's policy, and says so. So does a restart.
        let reload = try await daemon.vault("reload")
        #expect(
            reload.status == .exited(0) && reload.text.contains("its files came by 'vault policy apply'"),
            "\(reload.text)")
        try await daemon.crash()
        try await daemon.start()
        #expect(try await Self.policy(daemon)["source"] == "command")
        #expect(try await daemon.vault("cat", "files/other", uid: Self.reader).status == .exited(0))

        // Files that are the directory's make it the source again, and lie where it has them.
        #expect(mkdir(daemon.directory.path("copy").string, 0o755) == 0)
        _ = try Self.write(daemon, StandardVault.policy, to: "copy/standard.yaml")
        let back = try await daemon.vault("policy", "apply", daemon.directory.path("copy").string)
        #expect(back.status == .exited(0) && !back.text.contains("the source"), "\(back.text)")
        #expect(try await Self.policy(daemon)["source"] == "directory")

        #expect(try await daemon.vault("rules", "files/**").text.contains("\(daemon.policies)/standard.yaml:"))

        // When it changes, a reload drops what was applied, and shows that, before and after.
        #expect(try await daemon.vault("policy", "apply", file).status == .exited(0))
        try daemon.writePolicy(
            "vault: 1\nrules: [{ id: more, permit: [list], capability: files/*, to: anyone }]\n", to: "more.yaml")
        status = try await daemon.vault("status")
        #expect(status.text.contains("the next reload or start applies \(daemon.policies)"), "\(status.text)")
        let dry = try await daemon.vault("reload", "--dry-run")
        #expect(dry.text.contains("rule.remove\n-   - id: other-reader"), "\(dry.text)")
        #expect(dry.text.contains("nothing was changed"))
        #expect(try await Self.policy(daemon)["source"] == "command")
        let applied = try await daemon.vault("reload", "--reason", "back to the files")
        #expect(
            applied.text.contains("rule.remove\n-   - id: other-reader") && applied.text.contains("is in force (record")
        )
        #expect(try await Self.policy(daemon)["source"] == "directory")
        let history = try await daemon.vault("policy", "history", "--output", "jsonl")
        #expect(history.text.split(separator: "\n").first?.contains("back to the files") == true, "\(history.text)")
        #expect(try await daemon.vault("status").text.hasPrefix("no problems"))
    }

    @Test("What lies in the directory and is not read is named by start, status, reload, check and apply")
    func unread() async throws {
        var options = StandardVault.options
        options.policies["forbid.yml"] = "vault: 1\nrules: [{ id: f, forbid: [open], capability: '**', to: anyone }]\n"
        let daemon = try await Daemon.start(options)
        let said = "\(daemon.policies)/forbid.yml: "
        #expect(daemon.log.contains(said + "this file is not read: only names that end in .yaml are"), "\(daemon.log)")
        #expect(try await daemon.vault("status").text.contains(said))
        let reload = try await daemon.vault("reload")
        #expect(reload.status == .exited(0) && reload.errorText.contains(said), "\(reload.errorText)")
        for verb in ["check", "test"] {
            #expect(try await daemon.vault("policy", verb, daemon.policies.string).text.contains(said))
        }
        for verb in ["diff", "apply"] {
            #expect(try await daemon.vault("policy", verb, daemon.policies.string).errorText.contains(said))
        }
        var check = daemon.command
        check.arguments.append("--check")
        let checked = try await check.run()
        #expect(checked.status == .exited(0) && checked.errorText.contains(said), "\(checked.errorText)")
        #expect(unlink(daemon.policies.appending("forbid.yml").string) == 0)
        #expect(try await daemon.vault("status").text.hasPrefix("no problems"))
    }

    @Test("A refused reload fails with the place, and status says it until one succeeds; a signal's in the log too")
    func refused() async throws {
        let daemon = try await StandardVault.start()
        try daemon.writePolicy("vault: 1\nrules:\n  - { id: x, permit: [open], capability: '**' }\n", to: "bad.yaml")
        let place = "\(daemon.policies)/bad.yaml:3:5: a rule has no 'to'"
        for arguments in [["reload"], ["reload", "--dry-run"]] {
            let result = try await daemon.vaultCommand(arguments).run()
            #expect(result.status == .exited(1))
            #expect(result.errorText.contains(place) && result.errorText.contains("Try: "), "\(result.errorText)")
        }
        let said = "the last reload failed, and the policy before it stays in force: \(place)"
        #expect(try await daemon.vault("status").text.contains(said))
        try daemon.signal(SIGHUP)
        try await waitUntil("the log to say so") { daemon.log.contains("nothing was reloaded: \(place)") }
        // A start says it likewise, and goes on with what is stored.
        try await daemon.crash()
        try await daemon.start()
        #expect(try await daemon.vault("status").text.contains(said))
        #expect(try await daemon.vault("cat", "files/secret", uid: Self.reader).status == .exited(0))

        #expect(rename(daemon.policies.string, daemon.policies.string + ".away") == 0)
        let away = try await daemon.vault("reload")
        #expect(away.status == .exited(1))
        #expect(away.errorText.contains("\(daemon.policies): No such file or directory"), "\(away.errorText)")
        #expect(rename(daemon.policies.string + ".away", daemon.policies.string) == 0)
        #expect(unlink(daemon.policies.appending("bad.yaml").string) == 0)
        #expect(try await daemon.vault("reload").status == .exited(0))
        #expect(try await daemon.vault("status").text.hasPrefix("no problems"))
    }

    @Test("Files that are too many for one call: what else there is, and that works")
    func largePolicy() async throws {
        let daemon = try await StandardVault.start()
        let other = try TemporaryDirectory(mode: 0o755)
        var files: [String: String] = [:]
        for file in 1...2 {
            let capabilities = (1...6_000).map {
                "  - { name: many\(file)/c\($0), memory: { file: /srv/a/place/that/is/far/away/from/here/\(file)/\($0) } }\n"
            }
            files["many\(file).yaml"] = "vault: 1\ncapabilities:\n" + capabilities.joined()
        }
        #expect(files.values.map(\.utf8.count).reduce(0, +) > 1 << 20)
        for (name, text) in files { try other.write(text, to: name, mode: 0o644) }
        for verb in ["apply", "diff"] {
            let refused = try await daemon.vault("policy", verb, other.path.string)
            #expect(refused.status == .exited(2), "\(refused)")
            #expect(refused.errorText.contains("longer than one that the broker takes"), "\(refused.errorText)")
            #expect(refused.errorText.contains("Try: the files in its policy directory, and vault reload"))
        }
        for (name, text) in files { try daemon.writePolicy(text, to: name) }
        let reloaded = try await daemon.vault("reload")
        #expect(reloaded.status.isSuccess, "\(reloaded.errorText)")
        #expect(try await daemon.vault("list", "many2/c6000").text.contains("many2/c6000"))
    }

    @Test("Names and rights that nothing has, and what cannot be revoked or resumed, are said")
    func wrongNames() async throws {
        let daemon = try await StandardVault.start()
        func expect(_ arguments: [String], _ status: Int32, _ text: String) async throws {
            let result = try await daemon.vaultCommand(arguments).run()
            #expect(result.status == .exited(status), "\(arguments): \(result.text)\(result.errorText)")
            #expect(result.errorText.contains(text), "\(arguments): \(result.text)\(result.errorText)")
        }
        let to = ["--to", "uid:4712"]
        for more in [["--dry-run"], ["--id", "typo"]] {
            try await expect(
                ["grant", "file/secret"] + to + more, 0,
                "warning: no capability matches 'file/secret' of the rule")
            try await expect(
                ["grant", "files/secret", "--rights", "write"] + to
                    + (more == ["--dry-run"] ? more : ["--id", "write"]), 0,
                "gives write, which no capability that matches 'files/secret' has")
        }
        try await expect(
            ["grant", "files/secrets", "--forbid", "--dry-run"] + to, 0,
            "so it forbids nothing\n  did you mean 'files/secret'?")
        #expect(try await daemon.vault("grant", "files/secret", "--to", "uid:4712", "--dry-run").errorText.isEmpty)
        // What is deposited, and what rules let somebody deposit, is no name that is written wrong.
        var put = daemon.vaultCommand(["put", "handed/one"])
        put.input = Array("content".utf8)
        #expect(try await put.run().status.isSuccess)
        let held = try await daemon.vaultCommand(["grant", "handed/one", "--dry-run"] + to).run()
        #expect(held.status.isSuccess && held.errorText.isEmpty, "\(held.errorText)")
        let nobody = ["grant", "later/**", "--dry-run"] + to
        try await expect(nobody, 0, "warning: no capability matches 'later/**'")
        let rule = ["grant", "later/a/*", "--action", "deposit", "--id", "depositor"] + to
        #expect(try await daemon.vaultCommand(rule).run().status.isSuccess)
        let awaited = try await daemon.vaultCommand(nobody).run()
        #expect(awaited.status.isSuccess && awaited.errorText.isEmpty, "\(awaited.errorText)")

        try await expect(
            ["revoke", "nothing/**", "--from", "uid:4712"], 1,
            "no capability and no rule has a name that 'nothing/**' matches")
        try await expect(
            ["revoke", "hidden/*", "--from", "uid:4713"], 1, "no rule permits what 'hidden/*' matches to uid:4713 alone"
        )
        try await expect(["revoke", "nothing"], 1, "no rule is called 'nothing'")
        try await expect(["revoke", "files/**", "--from", "user:no-such-user"], 1, "there is no user 'no-such-user'")
        try await expect(["policy", "resume", "nothing"], 1, "no rule is called 'nothing', so none is suspended")
        try await expect(["policy", "resume", Self.rule], 1, "is not suspended: it is in force")
        #expect(try await daemon.vault("revoke", Self.rule).status == .exited(0))
        try await expect(["revoke", Self.rule], 1, "is suspended already\nTry: vault policy resume \(Self.rule)")
        try await expect(["policy", "show", "--revision", "999"], 1, "there is no revision 999 of the policy")
    }

    @Test("A path beneath none of the opener's roots is told when it is declared, with the line of the configuration")
    func roots() async throws {
        let daemon = try await StandardVault.start()
        let said = "'/etc/hostname' lies beneath none of the opener's roots: \(daemon.directory.path) ("
        let line = "\(daemon.directory.path("vaultd.yaml")):3)"
        let add = try await daemon.vault("add", "etc/name", "file", "/etc/hostname")
        #expect(
            add.status == .exited(0) && add.errorText.contains("warning: 'etc/name': \(said)\(line)"),
            "\(add.errorText)")
        #expect(try await daemon.vault("remove", "etc/name").status == .exited(0))
        let later = try await daemon.vault("add", "etc/later", "file", "/etc/hostname", "--open", "each-grant")
        #expect(later.status == .exited(0))
        #expect(
            try await daemon.vault("status").text.contains("'etc/later': \(said)\(line)"), "nobody has asked for it yet"
        )
        #expect(try await daemon.vault("remove", "etc/later").status == .exited(0))

        #expect(symlink("/etc", daemon.directory.path("link").string) == 0)
        let policy = """
            vault: 1
            capabilities:
              - { name: etc/name, file: { path: /etc/hostname } }
              - { name: etc/link, file: { path: "@DIRECTORY@/link/hostname" } }
              - { name: key, file: { path: "@DIRECTORY@/state/log.key" } }

            """
        try daemon.writePolicy(policy, to: "etc.yaml")
        let expected = [
            "etc.yaml:3:5: warning: 'etc/name': \(said)\(line)",
            "etc.yaml:4:5: warning: 'etc/link': '\(daemon.directory.path("link"))' is a link to '/etc', which leaves the root",
            "etc.yaml:5:5: warning: 'key': '\(daemon.state)/log.key' belongs to the vault itself (\(daemon.state))",
        ]
        let configuration = daemon.directory.path("vaultd.yaml").string
        var vaultd = daemon.command
        vaultd.arguments.append("--check")
        var results = [
            try await daemon.vault("policy", "diff", daemon.policies.string).errorText,
            try await daemon.vault("reload", "--dry-run").errorText,
            try await vaultd.run().errorText,
        ]
        let check = try await daemon.vault("policy", "check", "--config", configuration, daemon.policies.string)
        #expect(check.status == .exited(0), "warnings are no errors: \(check.errorText)")
        // What a command line says is not in the configuration.
        #expect(check.text.contains(expected[0]) && check.text.contains(expected[1]), "\(check.text)")
        var environment = daemon.vaultCommand(["policy", "check", daemon.policies.string])
        environment.environment?.append("VAULTD_CONFIG=\(configuration)")
        #expect(try await environment.run().text.contains(expected[0]))
        results.append(try await daemon.vault("policy", "apply", daemon.policies.string).errorText)
        for text in results {
            for warning in expected { #expect(text.contains(warning), "\(warning) is not in: \(text)") }
        }
    }

    @Test("The usual directory may be made after the start: a reload reads it")
    func laterDirectory() async throws {
        var options = Daemon.Options()
        options.uid = Self.reader
        options.namesNoPolicies = true
        options.environment = ["XDG_CONFIG_HOME=@DIRECTORY@/config"]
        let daemon = try await Daemon.start(options)
        func reload() async throws -> CommandResult { try await daemon.vault("reload", uid: Self.reader) }
        #expect(try await reload().text.hasPrefix("no difference"))
        #expect(try await daemon.vault("status", uid: Self.reader).text.hasPrefix("no problems"))
        var directory = daemon.directory.path
        for name in ["config", "vaultd", "policies"] {
            directory.append(name)
            #expect(mkdir(directory.string, 0o755) == 0)
        }
        _ = try Self.write(daemon, Self.other, to: "config/vaultd/policies/other.yaml")
        let found = try await reload()
        #expect(
            found.text.contains("capability.add") && found.text.contains("rule.add"), "\(found.text)\(found.errorText)")
        // From then on one that is gone is an error.
        #expect(rename(directory.string, directory.string + ".away") == 0)
        let gone = try await reload()
        #expect(gone.status == .exited(1) && gone.errorText.contains("No such file or directory"), "\(gone.errorText)")
    }

    @Test("A reload lists so many changes as a reply can hold, and counts the rest")
    func manyChanges() async throws {
        let daemon = try await StandardVault.start()
        let rules = (0..<1200).map { "  - { id: r\($0), permit: [list], capability: files/*, to: { uid: \($0) } }\n" }
        try daemon.writePolicy("vault: 1\nrules:\n\(rules.joined())", to: "many.yaml")
        let reload = try await daemon.vault("reload")
        #expect(reload.status == .exited(0), "\(reload.errorText)")
        #expect(reload.text.split(separator: "\n").count { $0 == "rule.add" } == 1000)
        #expect(reload.text.contains("\nand 200 more changes\nrevision "))
    }

    @Test("vaultd --check refuses a root that is reached through a link")
    func rootThroughALink() async throws {
        let daemon = try await Daemon(StandardVault.options)
        #expect(symlink(".", daemon.directory.path("here").string) == 0)
        _ = try Self.write(daemon, "opener: { roots: [\"@DIRECTORY@/here\"] }\n", to: "vaultd.yaml")
        var check = daemon.command
        check.arguments.append("--check")
        let result = try await check.run()
        #expect(result.status == .exited(1), "\(result.text)")
        #expect(result.errorText.contains("is reached through the link"), "\(result.errorText)")
        #expect(result.errorText.contains("write \(daemon.directory.path)"), "\(result.errorText)")
    }
}
