// SPDX-License-Identifier: Apache-2.0

import Glibc
import JSONText
import SystemPackage
import Testing
import VaultTestKit

/// What a reload looks at again: the ids of names, the tables of time zones.
@Suite(.serialized, .enabled(if: Command.canChangeUser, "needs root and setpriv: it is about other users"))
struct ReloadTests {
    private static let old: UInt32 = 5001
    private static let new: UInt32 = 5003
    private static let user = "vaulttestalice"

    private static let policy = """
        vault: 1
        capabilities:
          - { name: files/a, file: { path: "@DIRECTORY@/secret.txt" } }
          - { name: files/b, file: { path: "@DIRECTORY@/secret.txt" } }
          - { name: files/c, file: { path: "@DIRECTORY@/secret.txt" } }
        rules:
          - { id: alice-opens, permit: [open], capability: files/a, to: { user: \(user) } }
          - { id: all-open, permit: [open], capability: files/b, to: anyone }
          - { id: not-alice, forbid: [open], capability: files/b, to: { user: \(user) } }

        """

    /// A daemon that has a file of its own in the place of one of the system.
    private static func daemon(_ policy: String, with text: String, at path: String) async throws -> Daemon {
        var options = StandardVault.options
        options.policies = ["p.yaml": policy]
        options.prefix = [
            "unshare", "--mount", "sh", "-c", "mount --bind @DIRECTORY@/private \(path) && exec \"$@\"", "sh",
        ]
        let daemon = try await Daemon(options)
        try set(text, in: daemon)
        try await daemon.start()
        return daemon
    }

    /// Written in place: the file that is mounted changes.
    private static func set(_ text: String, in daemon: Daemon) throws {
        try daemon.directory.write(text, to: "private", mode: 0o644)
    }

    private static func users(_ uid: UInt32?) throws -> String {
        let users = try WholeFile.text("/etc/passwd")
        return users + (uid.map { "\(user):x:\($0):\($0)::/:/bin/sh\n" } ?? "")
    }

    private static func mayOpen(_ daemon: Daemon, _ name: String, uid: UInt32) async throws -> Bool {
        try await daemon.vault("cat", name, uid: uid).status == .exited(0)
    }

    private static func newestRecord(
        _ daemon: Daemon, type: String = "policy.apply", uid: UInt32? = nil
    ) async throws -> JSONValue {
        let list = try await daemon.vault("audit", "list", "--type", type, "-n", "50", "--output", "jsonl")
        let records = try list.text.split(separator: "\n").map { try JSONValue(parsing: String($0)) }
        let found = records.filter { record in uid.map { record["peer"]?["uid"]?.integer == Int64($0) } ?? true }
        return try #require(found.max { ($0["index"]?.integer ?? 0) < ($1["index"]?.integer ?? 0) })
    }

    @Test("A user who has another id is looked up again at a reload: what was hers is not the old id's any more")
    func renumbered() async throws {
        let daemon = try await Self.daemon(Self.policy, with: try Self.users(Self.old), at: "/etc/passwd")
        let granted = try await daemon.vault("grant", "files/c", "--to", "user:\(Self.user)", "--id", "by-hand")
        #expect(granted.status == .exited(0), "\(granted.errorText)")
        #expect(try await Self.mayOpen(daemon, "files/a", uid: Self.old))
        #expect(try await Self.mayOpen(daemon, "files/b", uid: Self.new))

        try Self.set(try Self.users(Self.new), in: daemon)
        let dry = try await daemon.vault("reload", "--dry-run")
        #expect(dry.text.contains("rule.resolve"), "\(dry.text)\(dry.errorText)")
        #expect(try await Self.mayOpen(daemon, "files/a", uid: Self.old), "a dry run changes nothing")
        let reload = try await daemon.vault("reload", "--reason", "renumbered")
        #expect(reload.status == .exited(0), "\(reload.errorText)")
        #expect(reload.text.contains("user \(Self.user)=\(Self.new)"), "\(reload.text)")
        for name in ["files/a", "files/c"] {
            #expect(try await !Self.mayOpen(daemon, name, uid: Self.old))
            #expect(try await Self.mayOpen(daemon, name, uid: Self.new))
        }
        #expect(try await Self.mayOpen(daemon, "files/b", uid: Self.old))
        #expect(try await !Self.mayOpen(daemon, "files/b", uid: Self.new), "the forbid is about her new id")
        let denied = try await Self.newestRecord(daemon, type: "deny", uid: Self.old)
        #expect(denied["peer"]?["user"] == nil, "the old id is nobody's, and records say so: \(denied)")
        let record = try await Self.newestRecord(daemon)
        #expect(record["resolved"] == [.string("user \(Self.user)=\(Self.new)")], "\(record)")
        #expect(record["reason"] == "renumbered" && record["peer"]?["uid"]?.integer == 0)

        let again = try await daemon.vault("reload")
        #expect(again.text.hasPrefix("no difference: revision "), "\(again.text)")
        // It survives a crash, and a signal does the same.
        try await daemon.crash()
        try await daemon.start()
        #expect(try await !Self.mayOpen(daemon, "files/b", uid: Self.new))
        try Self.set(try Self.users(Self.old), in: daemon)
        try daemon.signal(SIGHUP)
        try await waitUntil("the signal to be obeyed") { try await Self.mayOpen(daemon, "files/a", uid: Self.old) }
        #expect(try await !Self.mayOpen(daemon, "files/a", uid: Self.new))
    }

    @Test(
        "The rules of an earlier revision are shown by the names of then, and the system is not asked",
        .enabled(if: Injection.isPossible, "needs root and strace"))
    func rulesOfThePast() async throws {
        let daemon = try await Self.daemon(Self.policy, with: try Self.users(Self.old), at: "/etc/passwd")
        let then = try await daemon.vault("policy", "show").text
        let revision = try #require(try await Self.newestRecord(daemon)["policy"]?["revision"]?.integer)
        try Self.set(try Self.users(nil), in: daemon)
        let granted = try await daemon.vault("grant", "files/c", "--to", "uid:\(Self.new)", "--id", "later")
        #expect(granted.status == .exited(0), "\(granted.errorText)")

        let file = daemon.directory.path("opened")
        let pid = try daemon.pid
        let watching = try await onThread { try Injection(watching: "openat", of: pid, into: file) }
        let past = try await daemon.vault("policy", "show", "--revision", "\(revision)")
        #expect(past.text == then, "\(past.errorText)")
        #expect(try !WholeFile.text(file).contains("/etc/passwd"))
        // What is in force is looked up again.
        #expect(try await daemon.vault("reload").status == .exited(0))
        try await onThread { try watching.end() }
        #expect(try WholeFile.text(file).contains("/etc/passwd"))
        let none = try await daemon.vault("policy", "show", "--revision", "99")
        #expect(none.status == .exited(1) && none.errorText.contains("revision 99"), "\(none.errorText)")
    }

    @Test("A user who is gone keeps the stored id, and status, reload, apply and the log say so")
    func gone() async throws {
        let daemon = try await Self.daemon(Self.policy, with: try Self.users(Self.old), at: "/etc/passwd")
        try Self.set(try Self.users(nil), in: daemon)
        let said = "there is no user '\(Self.user)' any more: the rule 'alice-opens' goes on with uid \(Self.old)"
        let reload = try await daemon.vault("reload")
        #expect(reload.status == .exited(0))
        #expect(reload.errorText.contains("p.yaml:7:5: warning: \(said)"), "\(reload.errorText)")
        #expect(try await Self.mayOpen(daemon, "files/a", uid: Self.old))
        #expect(try await daemon.vault("status").text.contains(said))
        let apply = try await daemon.vault("policy", "apply", daemon.policies.string)
        #expect(apply.status == .exited(0) && apply.errorText.contains(said), "\(apply.errorText)")
        let check = try await daemon.vault("policy", "check", daemon.policies.string)
        #expect(check.status == .exited(1) && check.text.contains("there is no user '\(Self.user)'"))
        try await daemon.crash()
        try await daemon.start()
        #expect(daemon.log.contains(said), "\(daemon.log)")
        #expect(try await Self.mayOpen(daemon, "files/a", uid: Self.old))
        // A rule that is written now is about nobody.
        let grant = try await daemon.vault("grant", "files/c", "--to", "user:\(Self.user)")
        #expect(grant.status == .exited(1) && grant.errorText.contains("there is no user"), "\(grant.errorText)")
        try Self.set(try Self.users(Self.old), in: daemon)
        #expect(try await daemon.vault("reload").errorText.isEmpty)
        #expect(try await !daemon.vault("status").text.contains(said))
    }

    @Test("A name that no rule uses any more is forgotten: it is not found by its old id when it comes back")
    func forgotten() async throws {
        let daemon = try await Self.daemon(Self.policy, with: try Self.users(Self.old), at: "/etc/passwd")
        let without = Self.policy.split(separator: "rules:")[0]
        try daemon.writePolicy(String(without), to: "p.yaml")
        #expect(try await daemon.vault("reload").status == .exited(0))
        try Self.set(try Self.users(nil), in: daemon)
        try await daemon.crash()
        try await daemon.start()
        try daemon.writePolicy(Self.policy, to: "p.yaml")
        let reload = try await daemon.vault("reload")
        #expect(reload.status == .exited(1), "\(reload.text)")
        #expect(reload.errorText.contains("there is no user '\(Self.user)'"), "\(reload.errorText)")
    }

    private static let zone = "/usr/share/zoneinfo/Etc/UCT"

    @Test(
        "The table of a time zone is read again at a reload",
        .enabled(if: access(zone, R_OK) == 0, "the machine has no tz database"))
    func zones() async throws {
        // An hour that is now in UTC, and is not nine hours east of it.
        let hour = time(nil) / 3600 % 24
        let hours = "\(Self.two(hour)):00-\(Self.two(hour + 1)):00 Etc/UCT"
        let policy = """
            vault: 1
            capabilities: [{ name: files/a, file: { path: "@DIRECTORY@/secret.txt" } }]
            rules: [{ id: now, permit: [open], capability: files/a, to: { uid: \(Self.old) }, hours: "\(hours)" }]

            """
        let daemon = try await Self.daemon(policy, with: Self.table(name: "UTC", offset: 0), at: Self.zone)
        try #require(time(nil) / 3600 % 24 == hour, "the hour has just passed; run this again")
        #expect(try await Self.mayOpen(daemon, "files/a", uid: Self.old))
        try Self.set(Self.table(name: "EST", offset: 0x7F00), in: daemon)
        let reload = try await daemon.vault("reload")
        #expect(reload.text.contains("rule.resolve") && reload.text.contains("zone Etc/UCT="), "\(reload.text)")
        #expect(try await !Self.mayOpen(daemon, "files/a", uid: Self.old))
        #expect(try await daemon.vault("reload").text.hasPrefix("no difference"))
    }

    private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }

    /// A file of the tz database (RFC 9636, version 1) with one offset for all time. All its bytes are ASCII where it is
    /// written as text.
    private static func table(name: String, offset: Int32) -> String {
        func number(_ value: Int32) -> [UInt8] { withUnsafeBytes(of: value.bigEndian) { Array($0) } }
        var bytes = Array("TZif".utf8) + [UInt8](repeating: 0, count: 16)
        for count: Int32 in [0, 0, 0, 0, 1, Int32(name.utf8.count) + 1] { bytes += number(count) }
        bytes += number(offset) + [0, 0] + Array(name.utf8) + [0]
        return String(decoding: bytes, as: UTF8.self)
    }
}
