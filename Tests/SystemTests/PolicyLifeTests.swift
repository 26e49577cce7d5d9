// SPDX-License-Identifier: Apache-2.0

import Glibc
import JSONText
import SystemPackage
import Testing
import VaultTestKit

/// The life of rules: suspended ones, what nobody may do to the policy, recovery, and what still permits.
@Suite(.serialized, .enabled(if: Command.canChangeUser, "needs root and setpriv: it is about other users"))
struct PolicyLifeTests {
    private static let reader = StandardVault.reader
    private static let rule = "reader-opens-all-but-what-is-hidden"

    private static func mayOpen(_ daemon: Daemon) async throws -> Bool {
        try await daemon.vault("cat", "files/secret", uid: reader).status == .exited(0)
    }

    private static func restart(_ daemon: Daemon) async throws {
        try await daemon.crash()
        try await daemon.start()
    }

    private static let more = """
        vault: 1
        rules:
          - { id: stranger-lists, permit: [list], capability: files/*, to: { uid: 4712 } }

        """

    @Test(
        "A rule of a file that was revoked stays suspended over reload, apply, restart and crash, until it is resumed")
    func suspension() async throws {
        let daemon = try await StandardVault.start()
        #expect(try await Self.mayOpen(daemon))
        let revoked = try await daemon.vault("revoke", Self.rule, "--reason", "a leak")
        #expect(revoked.status == .exited(0), "\(revoked.errorText)")
        #expect(try await !Self.mayOpen(daemon))
        #expect(try await daemon.vault("status").text.contains("the rule \(Self.rule) is suspended"))

        try daemon.writePolicy(Self.more, to: "more.yaml")
        #expect(try await daemon.vault("reload").status == .exited(0))
        #expect(try await !Self.mayOpen(daemon))
        #expect(try await daemon.vault("policy", "apply", daemon.policies.string).status == .exited(0))
        #expect(try await !Self.mayOpen(daemon))
        try await Self.restart(daemon)
        #expect(try await !Self.mayOpen(daemon))
        try await daemon.terminate()
        try await daemon.start()
        #expect(try await !Self.mayOpen(daemon))

        #expect(try await daemon.vault("policy", "resume", Self.rule).status == .exited(0))
        #expect(try await Self.mayOpen(daemon))
        try await Self.restart(daemon)
        #expect(try await Self.mayOpen(daemon))
    }

    @Test("A suspension ends when its rule is in no file any more, and is not there when the rule comes back")
    func suspensionOfAGoneRule() async throws {
        let daemon = try await StandardVault.start()
        #expect(try await daemon.vault("revoke", Self.rule).status == .exited(0))
        let without = StandardVault.policy.split(separator: "rules:")[0]
        try daemon.writePolicy(String(without), to: "standard.yaml")
        #expect(try await daemon.vault("reload").status == .exited(0))
        try daemon.writePolicy(StandardVault.policy, to: "standard.yaml")
        #expect(try await daemon.vault("reload").status == .exited(0))
        #expect(try await Self.mayOpen(daemon))
        try await Self.restart(daemon)
        #expect(try await Self.mayOpen(daemon))
        let history = try await daemon.vault("policy", "history", "--output", "jsonl")
        let newest = try JSONValue(parsing: String(try #require(history.text.split(separator: "\n").first)))
        #expect(newest["uid"]?.integer == 0, "who reloaded is known: \(newest)")
    }

    @Test("No policy is accepted under which nobody may administer, in whatever way it comes")
    func nobodyMayAdminister() async throws {
        let daemon = try await StandardVault.start()
        let forbid = """
            vault: 1
            rules:
              - { id: locked, forbid: [admin], to: anyone }

            """
        try daemon.writePolicy(forbid, to: "locked.yaml")
        let file = daemon.policies.appending("locked.yaml").string
        let attempts = [
            ["revoke", "owner-administers"], ["reload"], ["policy", "apply", daemon.policies.string],
            ["grant", "--action", "admin", "--to", "anyone", "--forbid"], ["policy", "apply", file],
        ]
        for attempt in attempts {
            let result = try await daemon.vaultCommand(attempt).run()
            #expect(result.status != .exited(0), "\(attempt): \(result.text)")
            #expect(result.errorText.contains("nobody could administer"), "\(attempt): \(result.errorText)")
        }
        // It may administer, and hears that the directory was refused.
        #expect(try await daemon.vault("status").status == .exited(5))
        // Nor at a start: what is stored stays in force, and the log says why.
        try await Self.restart(daemon)
        #expect(try await daemon.vault("status").status == .exited(5))
        #expect(try await Self.mayOpen(daemon))
        #expect(daemon.log.contains("nobody could administer"), "\(daemon.log)")
    }

    @Test("--recover-admin puts the owner's rules back, sets aside what forbids, and is recorded")
    func recovery() async throws {
        var options = StandardVault.options
        options.arguments = ["--recover-admin"]
        let recovering = try await Daemon(options)
        let daemon = recovering
        try await daemon.start()
        // Another administrator, who then takes it away from the owner.
        for rule in [
            ["grant", "--action", "admin", "--action", "audit", "--to", "uid:\(Self.reader)"],
            ["grant", "--action", "admin", "--to", "uid:0", "--forbid"],
        ] {
            let result = try await daemon.vaultCommand(rule).run()
            try #require(result.status == .exited(0), "\(rule): \(result.errorText)")
        }
        #expect(try await daemon.vault("revoke", "owner-administers", uid: Self.reader).status == .exited(0))
        #expect(try await daemon.vault("status").status == .exited(1), "root may not administer")
        try await Self.restart(daemon)
        let status = try await daemon.vault("status")
        #expect(status.status == .exited(0), "\(status.errorText)")
        let list = try await daemon.vault("audit", "list", "--type", "admin.recover", "--output", "jsonl")
        #expect(list.text.split(separator: "\n").count == 1, "\(list.text)\(list.errorText)")
    }

    @Test("A revocation names what still permits some of it to the same user")
    func stillPermitted() async throws {
        let daemon = try await StandardVault.start()
        let granted = try await daemon.vault("grant", "files/secret", "--to", "uid:\(Self.reader)", "--id", "once-more")
        try #require(granted.status == .exited(0), "\(granted.errorText)")
        let byRule = try await daemon.vault("revoke", "once-more")
        #expect(byRule.status == .exited(0))
        #expect(
            byRule.text.contains("still permitted by \(Self.rule) (\(daemon.policies)/standard.yaml:"),
            "\(byRule.text)\(byRule.errorText)")
        let byName = try await daemon.vault("revoke", "files/secret", "--from", "uid:\(Self.reader)")
        #expect(byName.status == .exited(1))
        #expect(byName.errorText.contains(Self.rule), "\(byName.errorText)")
        let all = try await daemon.vault("revoke", Self.rule)
        #expect(all.status == .exited(0), "\(all.errorText)")
    }

    @Test("A bad file changes nothing, and a connection that is open obeys a good one at once")
    func reloadIsAtomic() async throws {
        let daemon = try await StandardVault.start()
        let revision = try await Self.revision(daemon)
        try daemon.writePolicy("vault: 1\nrules:\n  - { id: x, permit: [open], capability: '**' }\n", to: "bad.yaml")
        let refused = try await daemon.vault("reload")
        #expect(refused.status == .exited(1))
        #expect(refused.errorText.contains("bad.yaml:3:"), "\(refused.errorText)")
        #expect(try await Self.revision(daemon) == revision)

        let connection = try RawConnection(to: daemon.socket)
        #expect(try connection.call(RawConnection.open("files/secret"))?.error == nil)
        let forbid = "vault: 1\nrules:\n  - { id: no, forbid: [open], capability: files/secret, to: { uid: 0 } }\n"
        try daemon.writePolicy(forbid, to: "bad.yaml")
        #expect(try await daemon.vault("reload").status == .exited(0))
        #expect(try connection.call(RawConnection.open("files/secret"))?.error == "io.vaultd.Broker.Denied")
    }

    private static func revision(_ daemon: Daemon) async throws -> Int64? {
        try JSONValue(parsing: try await daemon.vault("status", "--output", "json").text)["policy"]?["revision"]?
            .integer
    }
}
