// SPDX-License-Identifier: Apache-2.0

import Glibc
import JSONText
import SystemPackage
import Testing
import VaultTestKit

/// "Time limits run on the boot clock within a boot; a wall clock that goes backwards fails closed and is recorded."
///
/// The clock of the machine is left alone: the ledger is made to have a later time than it, or to be of another boot.
@Suite(.serialized, .enabled(if: Programs.python != nil, "needs python3 with sqlite3, to change a ledger"))
struct ClockTests {
    private static let policy = """
        vault: 1
        capabilities:
          - { name: files/anchored, file: { path: "@DIRECTORY@/secret.txt", rights: [read] } }
          - { name: files/hours, file: { path: "@DIRECTORY@/secret.txt", rights: [read] } }
          - { name: files/plain, file: { path: "@DIRECTORY@/secret.txt", rights: [read] } }
          - { name: files/forbidden, file: { path: "@DIRECTORY@/secret.txt", rights: [read] } }
        rules:
          - id: anchored
            permit: [open]
            capability: files/anchored
            to: { uid: \(geteuid()) }
            not-after: 2262-01-01T00:00:00Z
          - id: hours
            permit: [open]
            capability: files/hours
            to: { uid: \(geteuid()) }
            hours: "00:00-24:00 UTC"
          - id: plain
            permit: [open]
            capability: [files/plain, files/forbidden]
            to: { uid: \(geteuid()) }
          - id: forbidden
            forbid: [open]
            capability: files/forbidden
            to: { uid: \(geteuid()) }
            not-after: 2001-01-01T00:00:00Z

        """

    private static func start() async throws -> Daemon {
        var options = Daemon.Options()
        options.policies = ["times.yaml": policy]
        options.files = ["secret.txt": StandardVault.secret]
        let daemon = try await Daemon.start(options)
        // The owner's rule has no times: without it these rules decide.
        let result = try await daemon.vault("revoke", "owner-uses-everything")
        try #require(result.status == .exited(0), "\(result.errorText)")
        return daemon
    }

    /// Runs SQL on the ledger of a daemon that does not run.
    private static func change(_ daemon: Daemon, _ sql: String) async throws {
        let script = """
            import sqlite3, sys
            with sqlite3.connect(sys.argv[1]) as ledger: ledger.executescript(sys.argv[2])
            """
        let python = try #require(Programs.python)
        let database = daemon.state.appending("ledger.db").string
        let result = try await Command(python, arguments: ["-c", script, database, sql]).run()
        try #require(result.status == .exited(0), "\(result.errorText)")
    }

    /// As after a time at which the clock was a day ahead.
    private static let dayAhead = "UPDATE tree_row SET last_time_usec = last_time_usec + 86400000000;"
    private static let otherBoot =
        "UPDATE policy_revision SET anchor_boot_id = 'another' WHERE anchor_boot_id NOT NULL;"

    private static func opens(_ daemon: Daemon) async throws -> [String] {
        var opened: [String] = []
        for name in ["anchored", "hours", "plain", "forbidden"] {
            if try await daemon.vault("cat", "files/\(name)").status == .exited(0) { opened.append(name) }
        }
        return opened
    }

    private static func count(_ type: String, in daemon: Daemon) async throws -> Int {
        let result = try await daemon.vault("audit", "list", "--type", type, "--output", "jsonl")
        return result.text.split(separator: "\n").count
    }

    @Test(
        "A wall clock behind the newest record: the hours of a permit do not hold, times of this boot run on its clock")
    func sameBoot() async throws {
        let daemon = try await Self.start()
        #expect(try await Self.opens(daemon) == ["anchored", "hours", "plain", "forbidden"])
        let refused = try await daemon.vault("audit", "accept-clock")
        #expect(refused.status == .exited(1) && refused.errorText.contains("not behind"), "\(refused.errorText)")
        try await daemon.terminate()
        try await Self.change(daemon, Self.dayAhead)
        try await daemon.start()

        #expect(try await Self.opens(daemon) == ["anchored", "plain", "forbidden"])
        #expect(try await Self.count("clock.step", in: daemon) == 1)
        let status = try await daemon.vault("status")
        #expect(status.text.contains("behind the newest record"), "\(status.text)")
        #expect(status.text.contains("Try: set the clock (date, timedatectl)"), "\(status.text)")
        // It is no better after another start.
        try await daemon.crash()
        try await daemon.start()
        #expect(try await Self.opens(daemon) == ["anchored", "plain", "forbidden"])

        let accepted = try await daemon.vault("audit", "accept-clock", "--reason", "it was ahead")
        #expect(accepted.status == .exited(0), "\(accepted.errorText)")
        #expect(try await Self.opens(daemon) == ["anchored", "hours", "plain", "forbidden"])
        #expect(try await Self.count("clock.accept", in: daemon) == 1)
        #expect(try await !daemon.vault("status").text.contains("behind the newest record"))
        try await daemon.crash()
        try await daemon.start()
        #expect(try await Self.opens(daemon) == ["anchored", "hours", "plain", "forbidden"])
    }

    @Test("After a reboot the times of rules go by the wall clock, and fail closed while that is behind")
    func otherBoot() async throws {
        let daemon = try await Self.start()
        try await daemon.terminate()
        try await Self.change(daemon, Self.otherBoot)
        try await daemon.start()
        #expect(try await Self.opens(daemon) == ["anchored", "hours", "plain", "forbidden"])
        try await daemon.terminate()
        try await Self.change(daemon, Self.dayAhead)
        try await daemon.start()
        #expect(try await Self.opens(daemon) == ["plain"], "unknown is safe both ways")
        _ = try await daemon.vault("audit", "accept-clock")
        #expect(try await Self.opens(daemon) == ["anchored", "hours", "plain", "forbidden"])
    }

    @Test("A rule that is applied while the clock is behind is not tied to the wrong time")
    func appliedMeanwhile() async throws {
        let daemon = try await Self.start()
        try await daemon.terminate()
        try await Self.change(daemon, Self.dayAhead)
        try await daemon.start()
        let granted = try await daemon.vault(
            "grant", "files/hours", "--to", "uid:\(geteuid())", "--expires", "1h")
        #expect(granted.status == .exited(0), "\(granted.errorText)")
        #expect(try await Self.opens(daemon) == ["anchored", "plain", "forbidden"])
        _ = try await daemon.vault("audit", "accept-clock")
        #expect(try await Self.opens(daemon) == ["anchored", "hours", "plain", "forbidden"])
    }

    @Test("A recorded decision is explained by the time at which it was made, and a question by the time it asks about")
    func explained() async throws {
        let daemon = try await Self.start()
        let granted = try await daemon.vault(
            "grant", "files/forbidden", "--to", "uid:4712", "--expires", "1h")
        #expect(granted.status == .exited(0), "\(granted.errorText)")
        let subject = ["--uid", "4712", "--name", "files/forbidden"]
        let now = try await daemon.vaultCommand(["policy", "explain"] + subject).run()
        #expect(now.text.hasPrefix("permit"), "\(now.text)\(now.errorText)")
        let later = try await daemon.vaultCommand(
            ["policy", "explain", "--at", "2200-01-01T00:00:00Z"] + subject
        ).run()
        #expect(later.text.hasPrefix("deny"), "\(later.text)\(later.errorText)")
    }
}
