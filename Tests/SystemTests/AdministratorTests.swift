// SPDX-License-Identifier: Apache-2.0

import JSONText
import SystemPackage
import Testing
import VaultTestKit

/// "An administrator's questions, each one command with a test that runs it."
@Suite(.enabled(if: Command.canChangeUser, "needs root and setpriv: the questions are about other users"))
struct AdministratorTests {
    private static let permitted: UInt32 = 4711
    private static let stranger: UInt32 = 4712

    private static let capabilities = """
        vault: 1
        capabilities:
          - { name: logs/web, file: { path: "@DIRECTORY@/web.log", rights: [read] } }
          - { name: logs/mail, file: { path: "@DIRECTORY@/mail.log", rights: [read] } }

        """

    private static func rules(_ more: String = "") -> String {
        """
        vault: 1
        rules:
          - id: reader-reads-logs
            permit: [open]
            capability: logs/*
            to: { uid: \(permitted) }
            uses: 100
          - id: nobody-reads-mail
            forbid: [open]
            capability: logs/mail
            to: { uid: \(stranger) }
        \(more)
        """
    }

    private static let lenient = """
          - { id: stranger-reads-too, permit: [open], capability: logs/web, to: { uid: \(stranger) } }
        """

    private func daemon() async throws -> Daemon {
        var options = StandardVault.options
        options.policies = ["capabilities.yaml": Self.capabilities, "rules.yaml": Self.rules()]
        options.files = ["web.log": "GET /\n", "mail.log": "EHLO\n"]
        return try await Daemon.start(options)
    }

    /// One command, its exit code 0, its output in lines of JSON.
    private func ask(_ daemon: Daemon, _ arguments: String...) async throws -> [JSONValue] {
        let result = try await daemon.vaultCommand(arguments + ["--output", "jsonl"]).run()
        guard result.status.isSuccess else {
            throw DaemonFailure(what: "\(arguments): \(result.text)\(result.errorText)", log: daemon.log)
        }
        return try result.text.split(separator: "\n").map { try JSONValue(parsing: Array($0.utf8)) }
    }

    /// The number that a denial told its caller.
    private func deniedRecord(_ daemon: Daemon, _ name: String) async throws -> String {
        let denied = try await daemon.vault("cat", name, uid: Self.stranger)
        #expect(denied.status == .exited(1))
        let match = try #require(denied.errorText.firstMatch(of: /record ([0-9]+)/), "\(denied.errorText)")
        return String(match.1)
    }

    @Test("Why was this denied?")
    func whyDenied() async throws {
        let daemon = try await daemon()
        let record = try await deniedRecord(daemon, "logs/web")
        let answer = try await daemon.vault("policy", "explain", record)
        #expect(answer.text.contains("reader-reads-logs"), "\(answer.text)\(answer.errorText)")
        #expect(answer.text.contains("\(Self.permitted)"), "what was wanted")
        #expect(answer.text.contains("\(Self.stranger)"), "what was found")
        let forbidden = try await deniedRecord(daemon, "logs/mail")
        let because = try await daemon.vault("policy", "explain", forbidden)
        #expect(because.text.contains("nobody-reads-mail"), "\(because.text)")
    }

    @Test("Who can read this?")
    func whoCan() async throws {
        let daemon = try await daemon()
        let answers = try await ask(daemon, "policy", "who-can", "logs/web")
        let reader = try #require(answers.first { $0["rule"] == "reader-reads-logs" }, "\(answers)")
        #expect(reader["subject"]?["uid"] == .integer(Int64(Self.permitted)))
        #expect(reader["conditions"]?.text.contains("100") == true, "the uses that are left are a condition")
        #expect(!answers.contains { $0["subject"]?["uid"] == .integer(Int64(Self.stranger)) })
    }

    @Test("What may this user do?")
    func whatCan() async throws {
        let daemon = try await daemon()
        let answers = try await ask(daemon, "policy", "what-can", "--uid", "\(Self.permitted)")
        let names = answers.compactMap { $0["name"]?.string }
        #expect(names.contains("logs/web") && names.contains("logs/mail"), "\(answers)")
        #expect(try await ask(daemon, "policy", "what-can", "--uid", "\(Self.stranger)").isEmpty)
    }

    @Test("What would this change do to last week's requests?")
    func replay() async throws {
        let daemon = try await daemon()
        let record = try await deniedRecord(daemon, "logs/web")
        #expect(try await daemon.vault("cat", "logs/web", uid: Self.permitted).status == .exited(0))
        let changed = try TemporaryDirectory(mode: 0o755)
        try changed.write(
            Self.capabilities.replacing("@DIRECTORY@", with: daemon.directory.path.string), to: "capabilities.yaml")
        try changed.write(Self.rules(Self.lenient), to: "rules.yaml")
        let answer = try await daemon.vault("policy", "replay", changed.path.string, "--since", "7d ago")
        #expect(answer.status == .exited(0), "\(answer.errorText)")
        let line = try #require(answer.text.split(separator: "\n").first { $0.contains(record) }, "\(answer.text)")
        #expect(line.contains("stranger-reads-too"))
        #expect(!answer.text.contains("reader-reads-logs"), "what stays as it was is not listed")
        #expect(try await daemon.vault("cat", "logs/web", uid: Self.stranger).status == .exited(1), "nothing changed")
    }

    @Test("Who changed the rule and when?")
    func whoChanged() async throws {
        let daemon = try await daemon()
        let granted = try await daemon.vault(
            "grant", "logs/web", "--to", "uid:\(Self.stranger)", "--expires", "1h", "--reason", "ticket 1234")
        #expect(granted.status == .exited(0), "\(granted.errorText)")
        let newest = try #require(try await ask(daemon, "policy", "history").first)
        #expect(newest["reason"] == "ticket 1234", "\(newest.text)")
        #expect(newest["uid"] == 0)
        #expect((newest["timeUSec"]?.integer ?? 0) > 0)
        let record = try #require(newest["record"]?.integer)
        let shown = try await daemon.vault("audit", "show", "\(record)", "--output", "jsonl")
        #expect(shown.text.contains("ticket 1234") && shown.text.contains("rule.add"), "\(shown.text)")
    }

    @Test("Put back yesterday's policy")
    func putBack() async throws {
        let daemon = try await daemon()
        let before = try #require(try await ask(daemon, "policy", "history").first?["revision"]?.integer)
        try daemon.writePolicy(Self.rules(Self.lenient), to: "rules.yaml")
        #expect(try await daemon.vault("reload").status == .exited(0))
        #expect(try await daemon.vault("cat", "logs/web", uid: Self.stranger).status == .exited(0), "\(daemon.log)")
        let difference = try await daemon.vault("policy", "diff", "--revision", "\(before)")
        #expect(difference.text.contains("stranger-reads-too"), "\(difference.text)")
        let applied = try await daemon.vault(
            "policy", "apply", "--revision", "\(before)", "--reason", "as it was yesterday")
        #expect(applied.status == .exited(0), "\(applied.errorText)")
        #expect(try await daemon.vault("cat", "logs/web", uid: Self.stranger).status == .exited(1))
        #expect(try await daemon.vault("cat", "logs/web", uid: Self.permitted).status == .exited(0))
        #expect(try await ask(daemon, "policy", "history").first?["reason"] == "as it was yesterday")
    }

    @Test("Ten different mistakes yield ten messages, each with its place and what to do, in one run")
    func tenMistakes() async throws {
        let directory = try TemporaryDirectory(mode: 0o755)
        let file = try directory.write(
            """
            vault: 1
            capabilities:
              - { name: logs//web, file: { path: /var/log/web, rights: [read] } }
              - { name: logs/web, file: { path: relative.log, rights: [read] } }
              - { name: logs/mail, file: { path: /var/log/mail, rights: [look] } }
              - { name: logs/cron, file: { path: /var/log/cron }, fiel: no }
            rules:
              - { id: one, permit: [opne], capability: logs/*, to: { uid: 1 } }
              - { id: two, permit: [open], capability: logs/*, to: { exe: /usr/bin/cat } }
              - { id: three, permit: [open], capability: logs/*, to: { user: nobody-of-that-name } }
              - { id: four, permit: [open], capability: logs/*, to: { uid: 1 }, lease: soon }
              - { id: three, permit: [open], capability: logs/*, to: { uid: 1 }, rate: 5 }
              - { id: five, permit: [open], capability: logs/*, to: { uid: 1 }, not-after: yesterday }
            """, to: "mistakes.yaml", mode: 0o644)
        let program = try await Programs.directory().appending("vault")
        let checked = try await Command(program, arguments: ["policy", "check", file.string]).run()
        let text = checked.text + checked.errorText
        #expect(checked.status == .exited(1))
        let places = text.matches(of: /mistakes\.yaml:([0-9]+):([0-9]+):/).map { "\($0.1):\($0.2)" }
        #expect(places.count == 10, "\(text)")
        #expect(Set(places).count == 10, "each has a place of its own: \(places)")
        let lines = text.split(separator: "\n")
        for (number, line) in lines.enumerated() where line.contains("mistakes.yaml:") {
            // The line of the file, a caret below the place, and what to do.
            let following = lines[(number + 1)...].prefix(3)
            #expect(following.contains { $0.allSatisfy { " ^".contains($0) } }, "\(line)")
            #expect(following.last?.hasPrefix("  ") == true && following.last?.contains("mistakes.yaml") == false)
        }
    }
}
