// SPDX-License-Identifier: Apache-2.0

import Glibc
import JSONText
import SystemPackage
import Testing
import VaultTestKit

/// "Counters commit with the grant's record and survive kill -9: never one use more than allowed, under 64 concurrent
/// clients."
@Suite(.serialized, .enabled(if: Programs.python != nil, "needs python3")) struct LimitTests {
    private static let uses = 120
    private static let usesOfEach = 30
    private static let perSecond = 5
    private static let perHour = 40
    private static let outstanding = 3

    private static func options(users: [UInt32]) -> Daemon.Options {
        let uids = users.map(String.init).joined(separator: ", ")
        func capability(_ name: String) -> String {
            #"  - { name: limited/\#(name), file: { path: "@DIRECTORY@/secret.txt", rights: [read] } }"# + "\n"
        }
        func rule(_ name: String, _ conditions: String) -> String {
            "  - { id: \(name), permit: [open], capability: limited/\(name), to: { uid: [\(uids)] }, \(conditions) }\n"
        }
        var options = StandardVault.options
        options.policies = [
            "limits.yaml": "vault: 1\ncapabilities:\n" + ["uses", "each", "rate", "out"].map(capability).joined()
                + "rules:\n" + rule("uses", "uses: \(uses)")
                + rule("each", "uses: { per-principal: \(usesOfEach) }")
                + rule("rate", "rate: [\(perSecond)/s, \(perHour)/h]") + rule("out", "outstanding: \(outstanding)")
        ]
        return options
    }

    /// Runs the clients while the daemon is killed and started; the lines that they printed, by uid.
    private static func storm(
        _ daemon: Daemon, users: [UInt32], seconds: Int, seed: Seed
    ) async throws -> [(uid: UInt32, words: [Substring])] {
        let python = try #require(Programs.python)
        let text = try WholeFile.text(Programs.checkout.appending("Tests/SystemTests/Scripts/limits_client.py"))
        let script = try daemon.directory.write(text, to: "limits_client.py", mode: 0o644).string
        return try await withThrowingTaskGroup { group in
            for (index, uid) in users.enumerated() {
                let arguments = [
                    script, daemon.socket.string, "\(64 / users.count)", "\(seconds)",
                    "\(seed.value &+ UInt64(index) << 32)",
                ]
                var command = daemon.client(python, arguments, uid: uid == geteuid() ? nil : uid)
                command.timeLimit = .seconds(seconds + 60)
                let client = command
                group.addTask { (uid, try await client.run()) }
            }
            var generator = seed.generator
            let end = ContinuousClock.now.advanced(by: .seconds(seconds))
            while ContinuousClock.now < end {
                try await Task.sleep(for: .milliseconds(Int.random(in: 100...1200, using: &generator)))
                try await daemon.crash()
                try await daemon.start()
            }
            var lines: [(UInt32, [Substring])] = []
            for try await (uid, result) in group {
                try #require(result.status == .exited(0), "\(seed): \(result.errorText)")
                lines += result.text.split(separator: "\n").map { (uid, $0.split(separator: " ")) }
            }
            return lines
        }
    }

    private static func grants(_ rule: String, _ daemon: Daemon) async throws -> [JSONValue] {
        let result = try await daemon.vault(
            "audit", "list", "--type", "grant", "--rule", rule, "--output", "jsonl", "-n", "100000")
        try #require(result.status == .exited(0), "\(result.errorText)")
        return try result.text.split(separator: "\n").map { try JSONValue(parsing: String($0)) }
    }

    @Test("64 clients and a daemon that is killed at random: never one grant more than a rule allows")
    func storm() async throws {
        let users = Command.canChangeUser ? [4711, 4712] : [geteuid()]
        let seed = Seed()
        let daemon = try await Daemon.start(Self.options(users: users))
        if !Command.canChangeUser { _ = try await daemon.vault("revoke", "owner-uses-everything") }
        let lines = try await Self.storm(
            daemon, users: users, seconds: Soak.count(6, full: 60), seed: seed)
        #expect(lines.count > 200, "\(seed): the clients got little")
        func received(_ name: String, _ uid: UInt32? = nil) -> Int {
            lines.filter { $0.words[0] == name && (uid == nil || $0.uid == uid) }.count
        }

        let uses = try await Self.grants("uses", daemon)
        #expect(uses.count <= Self.uses, "\(seed)")
        #expect(received("limited/uses") <= uses.count, "\(seed)")
        let rules = try await daemon.vault("rules", "limited/uses", "--output", "jsonl")
        let left = try rules.text.split(separator: "\n").map { try JSONValue(parsing: String($0)) }
            .first { $0["id"]?.string == "uses" }?["usesLeft"]?.integer
        #expect(left == Int64(Self.uses - uses.count), "\(seed): the counter is that of the records")

        let each = try await Self.grants("each", daemon)
        for uid in users {
            let own = each.filter { $0["peer"]?["uid"]?.integer == Int64(uid) }
            #expect(own.count <= Self.usesOfEach, "\(seed)")
            #expect(received("limited/each", uid) <= own.count, "\(seed)")
        }

        let times = try await Self.grants("rate", daemon).compactMap { $0["timeUSec"]?.integer }.sorted()
        #expect(times.count <= Self.perHour, "\(seed)")
        for (index, time) in times.enumerated() where index >= Self.perSecond {
            #expect(time - times[index - Self.perSecond] >= 1_000_000, "\(seed)")
        }
        Self.expectNoOverlap(lines.map(\.words), seed)
    }

    /// What was held at one time was never more than is allowed.
    private static func expectNoOverlap(_ lines: [[Substring]], _ seed: Seed) {
        var changes: [(time: Int, change: Int)] = []
        for words in lines where words[0] == "out" {
            guard words.count == 4, let from = Int(words[2]), let until = Int(words[3]) else { continue }
            changes += [(from, 1), (until, -1)]
        }
        changes.sort { ($0.time, $0.change) < ($1.time, $1.change) }
        var held = 0
        var most = 0
        for change in changes {
            held += change.change
            most = max(most, held)
        }
        #expect(most <= outstanding, "\(seed): \(most) were out at a time")
        #expect(most > 1, "\(seed): the clients hold some at the same time")
        #expect(changes.count > 40, "\(seed): \(changes.count / 2) were out in all")
    }

    @Test("A rule that demands a reason denies without one, and the reason is in the record")
    func reason() async throws {
        var options = StandardVault.options
        options.policies["reason.yaml"] = """
            vault: 1
            rules:
              - id: with-reason
                permit: [open]
                capability: hidden/secret
                to: { uid: \(StandardVault.reader) }
                reason: required

            """
        let daemon = try await Daemon.start(options)
        if !Command.canChangeUser { _ = try await daemon.vault("revoke", "owner-uses-everything") }
        let denied = try await daemon.vault("cat", "hidden/secret", uid: StandardVault.otherUser)
        #expect(denied.status == .exited(1))
        let cat = ["cat", "hidden/secret", "--reason", "an audit"]
        let permitted = try await daemon.vaultCommand(cat, uid: StandardVault.otherUser).run()
        #expect(permitted.text == StandardVault.secret, "\(permitted.errorText)")
        #expect(try await Self.grants("with-reason", daemon).first?["reason"]?.string == "an audit")
    }
}
