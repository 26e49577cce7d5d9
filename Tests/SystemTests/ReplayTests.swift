// SPDX-License-Identifier: Apache-2.0

import Glibc
import JSONText
import SystemPackage
import Testing
import VaultTestKit

/// "The policy in force, replayed against itself": every decision of a log comes out again as it was, with whatever was
/// counted, granted, suspended and ended in between.
@Suite(.serialized) struct ReplayTests {
    private static let users: [UInt32] = Command.canChangeUser ? [4711, 4713] : [geteuid()]

    private static let policy = """
        vault: 1
        capabilities:
          - { name: a/one, file: { path: "@DIRECTORY@/secret.txt", rights: [read] } }
          - { name: a/shared, file: { path: "@DIRECTORY@/journal.txt", rights: [read, write] }, delivery: shared }
          - { name: a/each, file: { path: "@DIRECTORY@/journal.txt", rights: [read, write] }, open: each-grant }
          - { name: a/gone, file: { path: "@DIRECTORY@/missing.txt" }, open: each-grant }
          - { name: b/pipe, pipe: {} }
          - { name: d/scarce, file: { path: "@DIRECTORY@/secret.txt", rights: [read] } }
        rules:
          - { id: few, permit: [open], capability: a/one, to: { gid: [USERS] }, uses: { per-principal: 6 } }
          - { id: more, permit: [open], capability: [a/one, a/each], to: { gid: [USERS] }, uses: 25, reason: required }
          - { id: paced, permit: [open], capability: "a/*", to: { gid: [USERS] }, rights: [read], rate: { in-all: [3/2s, 60/day], per-principal: [2/1s] } }
          - { id: once, permit: [open], capability: d/scarce, to: { gid: [USERS] }, uses: 1 }
          - { id: held, permit: [open], capability: [a/each, b/*], to: { gid: [USERS] }, outstanding: 2, lease: 1s }
          - { id: no-writing, forbid: [open], capability: a/each, to: { gid: [USERS] }, rights: [write] }
          - { id: passed-in, permit: [deposit, open, remove], capability: e/*, to: { gid: [USERS] }, deposits: 2 }
          - { id: night, forbid: [open], capability: a/shared, to: { uid: 1 } }
          - { id: not-in-units, forbid: [open], capability: "**", to: { unit: nothing.service } }
          - { id: not-logged-in, forbid: [open], capability: a/gone, to: { loginuid: 12345 } }

        """

    private static func named(_ policy: String) -> String {
        policy.split(separator: "USERS", omittingEmptySubsequences: false)
            .joined(separator: users.map(String.init).joined(separator: ", "))
    }

    private static func start() async throws -> Daemon {
        var options = StandardVault.options
        options.policies = ["replay.yaml": named(policy)]
        return try await Daemon.start(options)
    }

    /// One random step. Refusals and failures are what is wanted, too.
    private static func step(_ daemon: Daemon, _ random: inout SeededGenerator) async throws {
        let names = ["a/one", "a/shared", "a/each", "a/gone", "b/pipe", "b/none", "c/other"]
        let user = Self.users.randomElement(using: &random).flatMap { Command.canChangeUser ? $0 : nil }
        switch Int.random(in: 0..<20, using: &random) {
        case 0..<12:
            // Who reads an end of a pipe waits for somebody who writes.
            let name = names.filter { $0 != "b/pipe" }.randomElement(using: &random) ?? "a/one"
            var words = ["cat", name]
            if Bool.random(using: &random) { words += ["--reason", "why not"] }
            _ = try await daemon.vaultCommand(words, uid: user).run()
        case 12..<15:
            // Several at once, all or none, by somebody who keeps what he gets for a while.
            let asked = (0..<Int.random(in: 1...4, using: &random)).compactMap { _ in
                names.randomElement(using: &random)
            }
            let words =
                ["exec"] + asked.enumerated().flatMap { ["--fd", "\($0.offset + 10)=\($0.element)"] } + ["--", "true"]
            _ = try await daemon.vaultCommand(words, uid: user).run()
        case 15: _ = try await daemon.vault("revoke", ["few", "paced", "held"].randomElement(using: &random) ?? "few")
        case 16:
            for rule in ["few", "paced", "held"] { _ = try await daemon.vault("policy", "resume", rule) }
        case 17:
            let id = "granted-\(Int.random(in: 0..<3, using: &random))"
            _ = try await daemon.vault("revoke", id)
            _ = try await daemon.vault(
                "grant", "a/one", "--to", "gid:\(Self.users[0])", "--id", id, "--uses", "2")
        case 18:
            _ = try await daemon.vault("list", "--reason", "none")
            _ = try await daemon.vaultCommand(["rules"], uid: user).run()
            if Bool.random(using: &random) { usleep(700_000) }
        default:
            if Bool.random(using: &random) { try await daemon.terminate() } else { try await daemon.crash() }
            try await daemon.start()
        }
    }

    @Test(
        "A policy replayed over the log that it made comes out as it was, and each record is explained as it was decided"
    )
    func noDifference() async throws {
        var random = Seed().generator
        let daemon = try await Self.start()
        // Whatever chance brings, and however slow the machine is: a limit that is used up, and somebody whom nothing permits.
        let user = Self.users.first.flatMap { Command.canChangeUser ? $0 : nil }
        for name in ["d/scarce", "d/scarce", "c/other"] {
            _ = try await daemon.vaultCommand(["cat", name], uid: user).run()
        }
        for name in ["e/1", "e/2", "e/3", "e/1"] {
            _ = try await daemon.vaultCommand(["put", name, "--replace"], uid: user).run()
        }
        for words in [
            ["take", "e/1", "--", "true"], ["put", "e/3"], ["remove", "e/2"], ["put", "f/1"], ["cat", "e/3"],
        ] {
            _ = try await daemon.vaultCommand(words, uid: user).run()
        }
        for _ in 0..<Soak.count(90, full: 1500) { try await Self.step(daemon, &random) }
        let replayed = try await daemon.vault("policy", "replay", daemon.policies.string)
        let list = try await daemon.vault("audit", "list", "--output", "jsonl")
        let records = try list.text.split(separator: "\n").map { try JSONValue(parsing: String($0)) }
        let decisions = records.filter { ["grant", "deny", "deposit"].contains($0["type"]?.string) }
        #expect(decisions.contains { $0["type"]?.string == "deposit" })
        let removals = records.count { $0["type"]?.string == "remove" && $0["why"]?.string == "asked" }
        #expect(removals > 0)
        #expect(
            replayed.text == "\(decisions.count + removals) requests decided again, 0 come out otherwise\n",
            "\(replayed.text)\(replayed.errorText)")
        let denials = Set(decisions.compactMap { $0["why"]?.string })
        #expect(denials.contains("used-up") && denials.contains("no-permit"), "\(denials)")
        for record in decisions.shuffled(using: &random).prefix(20) {
            let index = try #require(record["index"]?.integer)
            let explained = try await daemon.vault("policy", "explain", "\(index)", "--output", "json")
            let reply = try JSONValue(parsing: explained.text)
            #expect(
                reply["decision"] == reply["recorded"] && reply["recorded"] == record["decision"], "\(record)\n\(reply)"
            )
            #expect(explained.status == .exited(record["decision"]?.string == "permit" ? 0 : 1))
        }
    }

    @Test("A denial by a used-up limit is explained as one, and another limit would have permitted it")
    func usedUp() async throws {
        let daemon = try await Self.start()
        let user = Self.users.first.flatMap { Command.canChangeUser ? $0 : nil }
        for _ in 0..<3 { _ = try await daemon.vaultCommand(["cat", "a/shared"], uid: user).run() }
        for _ in 0..<9 { _ = try await daemon.vaultCommand(["cat", "a/one"], uid: user).run() }
        let list = try await daemon.vault("audit", "list", "--type", "deny", "--output", "jsonl")
        let denials = try list.text.split(separator: "\n").map { try JSONValue(parsing: String($0)) }
        let denial = try #require(denials.last { $0["capability"]?["name"]?.string == "a/one" })
        let index = try #require(denial["index"]?.integer)
        let explained = try await daemon.vault("policy", "explain", "\(index)")
        #expect(
            explained.status == .exited(1) && explained.text.hasPrefix("deny"),
            "\(explained.text)\(explained.errorText)")
        #expect(explained.text.contains("fewer than 6 per principal"), "\(explained.text)")
        let wider = Self.policy.split(separator: "per-principal: 6", omittingEmptySubsequences: false)
            .joined(separator: "per-principal: 60")
        try daemon.writePolicy(Self.named(wider), to: "replay.yaml")
        let replayed = try await daemon.vault("policy", "replay", daemon.policies.string, "--output", "jsonl")
        let changed = try replayed.text.split(separator: "\n").map { try JSONValue(parsing: String($0)) }
        let change = try #require(
            changed.first { $0["record"]?.integer == index }, "\(replayed.text)\(replayed.errorText)")
        #expect(change["before"]?.string == "deny" && change["after"]?.string == "permit")
        #expect(change["rules"]?.array?.first?.string == "few")
    }
}
