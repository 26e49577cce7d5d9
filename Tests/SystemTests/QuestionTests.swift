// SPDX-License-Identifier: Apache-2.0

import JSONText
import Testing
import VaultTestKit

/// What people ask the vault: may I, what is this rule, who has this, what changed.
@Suite struct QuestionTests {
    private static let reader = StandardVault.otherUser
    private static let rule = "reader-opens-all-but-what-is-hidden"

    private func json(_ result: CommandResult) throws -> JSONValue {
        try JSONValue(parsing: result.text)
    }

    @Test(
        "can-i answers what the call would, by its exit status, to anybody about himself, and leaves no record",
        .enabled(if: Command.canChangeUser, "needs other users"))
    func asksAboutOneself() async throws {
        let daemon = try await StandardVault.start()
        let before = try await daemon.vault("audit", "list", "--all", "-o", "jsonl").text.split(separator: "\n").count
        func ask(_ words: String..., uid: UInt32? = Self.reader) async throws -> CommandResult {
            try await daemon.vaultCommand(["can-i"] + words, uid: uid).run()
        }
        let yes = try await ask("open", "files/journal")
        #expect(yes.status == .exited(0) && yes.text == "yes (read,write)\n", "\(yes.text)\(yes.errorText)")
        #expect(try await ask("open", "files/journal", "--rights", "read,write").status == .exited(0))
        let more = try await ask("open", "files/secret", "--rights", "write")
        #expect(more.status == .exited(1) && more.text == "no\n", "\(more.text)")
        for action in ["admin", "audit"] {
            #expect(try await ask(action).text == "no\n")
            #expect(try await ask(action, uid: nil).text == "yes\n")
        }
        for action in ["remove", "deposit", "watch", "list"] {
            #expect(try await ask(action, "hidden/secret").status == .exited(1), "\(action)")
        }
        // What is permitted and not there is told; of what is not permitted, there or not, nothing.
        let absent = try await ask("open", "files/none")
        #expect(absent.status == .exited(1) && absent.errorText.contains("no capability of this name"))
        let hidden = try await ask("open", "hidden/secret", "-o", "json", uid: StandardVault.stranger)
        let nothing = try await ask("open", "hidden/none", "-o", "json", uid: StandardVault.stranger)
        #expect(hidden.text == nothing.text && hidden.status == nothing.status && hidden.errorText == nothing.errorText)
        #expect(try json(hidden) == ["permitted": false, "rights": [], "needsReason": false])
        for words in [["open"], ["admin", "x"], ["admin", "--rights", "read"], ["steal", "x"], ["open", "a//b"]] {
            #expect(try await daemon.vaultCommand(["can-i"] + words).run().status == .exited(2), "\(words)")
        }
        let after = try await daemon.vault("audit", "list", "--all", "-o", "jsonl").text.split(separator: "\n").count
        #expect(after == before + 1, "only the reading of before")
        try await daemon.terminate()
        #expect(try await ask("open", "files/secret").status == .exited(3))
    }

    @Test("can-i knows that a reason is required, that uses are used up, and that nothing was used by asking")
    func asksAboutConditions() async throws {
        let daemon = try await StandardVault.start()
        let reader = "uid:\(StandardVault.stranger)"
        _ = try await daemon.vault("grant", "hidden/secret", "--to", reader, "--uses", "1", "--id", "once")
        let stranger = Command.canChangeUser ? StandardVault.stranger : nil
        guard stranger != nil else { return }
        for _ in 0..<3 {
            #expect(try await daemon.vault("can-i", "open", "hidden/secret", uid: stranger).text == "yes (read)\n")
        }
        #expect(try await daemon.vault("cat", "hidden/secret", uid: stranger).text == StandardVault.secret)
        #expect(try await daemon.vault("can-i", "open", "hidden/secret", uid: stranger).status == .exited(1))
        let text = "{ id: why, permit: [open], capability: hidden/secret, to: { uid: 4713 }, reason: required }"
        let policy = "vault: 1\nrules:\n  - \(text)\n"
        try daemon.writePolicy(policy, to: "why.yaml")
        #expect(try await daemon.vault("reload").status == .exited(0))
        let why = try await daemon.vault("can-i", "open", "hidden/secret", uid: 4713)
        #expect(why.text == "yes (read), with a --reason\n", "\(why.text)\(why.errorText)")
    }

    @Test("A rule is shown whole: its text, whence it is, what is left of it, and the newest grants by it")
    func showsRules() async throws {
        let daemon = try await StandardVault.start()
        _ = try await daemon.vault("cat", "files/secret", uid: Self.reader)
        let shown = try await daemon.vault("rules", Self.rule)
        #expect(shown.text.contains("origin  ") && shown.text.contains("standard.yaml:"), "\(shown.text)")
        #expect(shown.text.contains("state   in force\n") || shown.text.contains("state      in force\n"))
        #expect(shown.text.contains("- id: \(Self.rule)\n"), "\(shown.text)")
        #expect(
            shown.text.contains("newest grants\n  TIME ") && shown.text.contains("files/secret (read)"), "\(shown.text)"
        )
        let value = try json(await daemon.vault("rules", Self.rule, "-o", "json"))
        #expect(value["id"]?.string == Self.rule && value["grants"]?.array?.count == 1, "\(value)")
        _ = try await daemon.vault("revoke", Self.rule)
        #expect(try await daemon.vault("rules", Self.rule).text.contains("suspended\n"))
        // A name that is no rule's is one that rules are about.
        #expect(try await daemon.vault("rules", "none").text.isEmpty)
        #expect(try await daemon.vault("rules", "files/**").text.contains("suspended"))
        if let reader = Self.reader {
            #expect(try await daemon.vault("rules", Self.rule, uid: reader).status == .exited(1))
        }
    }

    @Test("A capability is shown to an administrator with its declaration, who may open it and its newest grants")
    func showsCapabilities() async throws {
        let daemon = try await StandardVault.start()
        _ = try await daemon.vault("cat", "files/secret", uid: Self.reader)
        _ = try await daemon.vault("grant", "files/secret", "--to", "uid:4713", "--action", "list", "--id", "sees")
        let shown = try await daemon.vault("show", "files/secret")
        for text in [
            "standard.yaml:", "\(daemon.directory.path("secret.txt"))", "who may open it\n", Self.rule,
            "newest grants\n",
        ] {
            #expect(shown.text.contains(text), "\(text) in \(shown.text)")
        }
        let value = try json(await daemon.vault("show", "files/secret", "-o", "json"))
        #expect(value["declaration"]?["origin"]?.string?.contains("standard.yaml:") == true, "\(value)")
        #expect(value["whoCan"]?.array?.isEmpty == false && value["grants"]?.array?.count == 1, "\(value)")
        guard Command.canChangeUser else { return }
        // Others see what they saw, and asking for more is no denial on record.
        let other = try await daemon.vault("show", "files/secret", uid: 4713)
        #expect(other.status == .exited(0) && !other.text.contains("who may") && !other.text.contains("secret.txt"))
        #expect(try await daemon.vault("audit", "list", "--type", "deny", "-o", "jsonl").text.isEmpty)
    }

    @Test("History tells what each revision changed, by name, and diff what two of them differ in")
    func tellsChanges() async throws {
        let daemon = try await StandardVault.start()
        _ = try await daemon.vault("grant", "files/secret", "--to", "uid:5", "--id", "five")
        let rules = "rules:\n  - { id: six, permit: [open], capability: files/secret, to: { uid: 6 } }\n"
        try daemon.writePolicy("vault: 1\n\(rules)", to: "six.yaml")
        _ = try await daemon.vault("reload")
        _ = try await daemon.vault("revoke", "five")
        let history = try await daemon.vault("policy", "history")
        for text in ["rule.add five", "rule.add six", "revoke five", "rule.add \(Self.rule)"] {
            #expect(history.text.contains(text), "\(text) in \(history.text)")
        }
        let revisions = try json(await daemon.vault("policy", "history", "-o", "json")).array ?? []
        let newest = try #require(revisions.first?["revision"]?.integer)
        let six = try #require(revisions.first { $0["changes"] == ["rule.add six"] })
        #expect(six["changed"] == 1, "\(six)")
        let record = try #require(six["record"]?.integer)
        #expect(try await daemon.vault("audit", "show", "\(record)").text.contains("rule.add six"))
        let number = try #require(six["revision"]?.integer)
        let forward = try await daemon.vault("policy", "diff", "\(number - 2)", "\(newest)")
        #expect(forward.text.contains("rule.add\n+   - id: six\n") && !forward.text.contains("five"), "\(forward.text)")
        let back = try await daemon.vault("policy", "diff", "\(newest)", "\(number - 2)")
        #expect(back.text.contains("rule.remove\n-   - id: six\n"), "\(back.text)")
        #expect(try await daemon.vault("policy", "diff", "\(newest)", "\(newest)").text == "no difference\n")
        #expect(try await daemon.vault("policy", "diff", "1", "999").status == .exited(1))
    }

    @Test("check speaks JSON and SARIF, and checks policies of another host, whose users are not here")
    func checksForPrograms() async throws {
        let directory = try TemporaryDirectory()
        let policy = """
            vault: 1
            capabilities:
              - name: logs/web
                file: { path: /var/log/web, rights: [read] }
            rules:
              - id: web
                permit: [open]
                capability: logs/web
                to: { user: nobody-has-this-name }
            tests:
              - { as: { user: nobody-has-this-name }, open: logs/web, expect: permit }
              - { as: { user: another-without-a-name }, open: logs/web, expect: deny }

            """
        try directory.write(policy, to: "a b.yaml")
        func check(_ words: String...) async throws -> CommandResult {
            var command = Command(BuiltProgram.path("vault"), arguments: ["policy"] + words)
            command.directory = directory.path
            return try await command.run()
        }
        let text = try await check("check", "a b.yaml")
        #expect(text.status == .exited(1) && text.text.contains("there is no user 'nobody-has-this-name'"))
        #expect(try await check("check", "--without-users", "a b.yaml").status == .exited(0))
        #expect(try await check("test", "--without-users", "a b.yaml").text == "2 tests passed\n")
        let report = try json(await check("check", "-o", "json", "a b.yaml"))
        #expect(report["errors"] == 3 && report["problems"]?[0]?["line"] == 9, "\(report)")
        #expect(report["problems"]?[0]?["severity"] == "error" && report["problems"]?[0]?["path"] == "a b.yaml")
        let good = try json(await check("check", "-o", "json", "--without-users", "a b.yaml"))
        #expect(good["errors"] == 0 && good["rules"] == 1 && good["tests"] == 2 && good["problems"] == [], "\(good)")
        let sarif = try await check("check", "--output", "sarif", "a b.yaml")
        #expect(sarif.status == .exited(1))
        let run = try #require(try json(sarif)["runs"]?[0])
        #expect(try json(sarif)["version"] == "2.1.0" && run["columnKind"] == "unicodeCodePoints")
        let result = try #require(run["results"]?[0])
        let place = result["locations"]?[0]?["physicalLocation"]
        #expect(place?["artifactLocation"]?["uri"] == "a%20b.yaml" && place?["region"]?["startLine"] == 9, "\(result)")
        let rules = try #require(run["tool"]?["driver"]?["rules"]?.array).compactMap { $0["id"]?.string }
        #expect(rules.contains(try #require(result["ruleId"]?.string)) && result["level"] == "error")
        #expect(result["message"]?["text"]?.string?.contains("create the user") == true)
    }
}
