// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage
import Testing
import VaultTestKit

/// "At start the database must be at least as large as the largest known checkpoint, with an equal root at that size;
/// otherwise the daemon refuses to grant and says why; recovery starts a new origin."
@Suite struct LogTrustTests {
    private static var options: Daemon.Options {
        var options = StandardVault.options
        options.configuration =
            (options.configuration ?? "") + "audit: { origin: test.example/audit, checkpoint: { every: 300ms } }\n"
        return options
    }

    /// The signed checkpoints of the file beside the database, as origin and size.
    private func checkpoints(_ daemon: Daemon) throws -> [(origin: String, size: Int)] {
        try daemon.directory.read("state/checkpoints").split(separator: "\n\n\n").compactMap { note in
            let lines = note.split(separator: "\n")
            return Int(lines[1]).map { (String(lines[0]), $0) }
        }
    }

    private func open(_ daemon: Daemon) async throws -> CommandResult {
        try await daemon.vault("cat", "files/secret", uid: StandardVault.otherUser)
    }

    /// Copies with owner and mode, as a backup does.
    private func copy(_ daemon: Daemon, _ from: String, to: String) async throws {
        let result = try await Command(
            "cp", "-p", daemon.directory.path(from).string, daemon.directory.path(to).string
        ).run()
        try #require(result.status.isSuccess, "\(result.errorText)")
    }

    @Test("The log is signed a while after it has grown, and at the stop, and no further while nothing happens")
    func cadence() async throws {
        let daemon = try await Daemon.start(Self.options)
        #expect(try FileStatus(ofPath: daemon.state.appending("log.key")).permissions == 0o600)
        try await waitUntil("a checkpoint") { try !checkpoints(daemon).isEmpty }
        let first = try #require(try checkpoints(daemon).last)
        #expect(first.origin == "test.example/audit")
        #expect(try await open(daemon).text == StandardVault.secret)
        try await waitUntil("the next checkpoint") { try checkpoints(daemon).last?.size ?? 0 > first.size }
        // The delivery follows its grant, and is covered too.
        try await waitUntil("the signing to end") {
            let before = try checkpoints(daemon).count
            try await Task.sleep(for: .milliseconds(700))
            return try checkpoints(daemon).count == before
        }
        let quiet = try checkpoints(daemon).count
        try await daemon.terminate()
        let all = try checkpoints(daemon)
        #expect(all.count == quiet + 1)
        #expect(all.map(\.size) == all.map(\.size).sorted())
        let size = try await Command(
            "sqlite3", "-cmd", ".timeout 10000", daemon.state.appending("ledger.db").string,
            "SELECT size, (SELECT max(size) FROM checkpoint) FROM tree"
        ).run().text
        if Command.find("sqlite3") != nil { #expect(size == "\(all[all.count - 1].size)|\(all[all.count - 1].size)\n") }
    }

    @Test("A rolled back log grants nothing and says why; who may look may look, a revocation acts and is kept")
    func rolledBack() async throws {
        let daemon = try await Daemon.start(Self.options)
        #expect(try await open(daemon).text == StandardVault.secret)
        _ = try await daemon.vault("grant", "files/**", "--to", "uid:\(StandardVault.stranger)")
        try await daemon.terminate()
        try await copy(daemon, "state/ledger.db", to: "yesterday.db")
        try await daemon.start()
        #expect(try await open(daemon).text == StandardVault.secret)
        try await daemon.terminate()
        try await copy(daemon, "yesterday.db", to: "state/ledger.db")

        try await daemon.start()
        let refused = try await open(daemon)
        #expect(refused.status == .exited(3), "\(refused.errorText)")
        #expect(refused.errorText.contains("rolled back"), "\(refused.errorText)")
        #expect(refused.errorText.contains("--accept-rollback"), "\(refused.errorText)")
        #expect(try await daemon.vault("status").text.contains("rolled back"))
        #expect(try await daemon.vault("audit", "list").text.contains("grant"))
        let granted = try await daemon.vault("grant", "files/secret", "--to", "uid:4719")
        #expect(granted.status == .exited(3), "\(granted.errorText)")
        let revoked = try await daemon.vault("revoke", "reader-opens-all-but-what-is-hidden")
        #expect(revoked.status.isSuccess, "\(revoked.text)\(revoked.errorText)")
        #expect(try await open(daemon).status == .exited(1))
        try await daemon.terminate()

        // Nothing was added to the database, and the finding is the same.
        try await daemon.start()
        #expect(try await open(daemon).status == .exited(1))
        #expect(try await daemon.vault("status").text.contains("rolled back"))
        try await daemon.terminate()

        try await daemon.start(adding: ["--accept-rollback"])
        #expect(try await open(daemon).status == .exited(1), "the revocation outlives the rollback")
        let stranger = try await daemon.vault("cat", "files/secret", uid: StandardVault.stranger)
        #expect(!stranger.status.isSuccess, "rules made by `vault grant` come back suspended")
        #expect(try checkpoints(daemon).last?.origin == "test.example/audit/2")
        let records = try await daemon.vault("audit", "list", "--output", "jsonl").text
        #expect(records.contains(#""type":"origin.start""#), "\(records)")
        #expect(records.contains("rolled back"))
        #expect(!(try await daemon.vault("status").text.contains("nothing is granted")))
        _ = try await daemon.vault("policy", "resume", "reader-opens-all-but-what-is-hidden")
        #expect(try await open(daemon).text == StandardVault.secret)
        try await daemon.terminate()
        let database = daemon.state.appending("ledger.db").string
        let verified = try await daemon.vault("audit", "verify", "--database", database)
        #expect(verified.status == .exited(0), "\(verified.text)\(verified.errorText)")
        try await daemon.start()
        #expect(try await open(daemon).text == StandardVault.secret)
    }

    @Test(
        "A policy that was altered in the database grants nothing; accepted, all but the owner's rules are suspended",
        .enabled(if: Command.find("sqlite3") != nil, "needs sqlite3"),
        arguments: [
            "INSERT INTO stored_rule VALUES ((SELECT max(revision) FROM policy_revision), 'evil', "
                + "'{ id: evil, permit: [open], capability: [\"**\"], to: { uid: \(StandardVault.stranger) } }', "
                + "'bootstrap', NULL)",
            "UPDATE stored_rule SET document = replace(document, '4799', '\(StandardVault.stranger)')",
            "UPDATE stored_rule SET removed_revision = NULL",
            "DELETE FROM policy_revision WHERE revision = (SELECT max(revision) FROM policy_revision)",
            "UPDATE policy_revision SET sha256 = 'c0ffee'",
            "DELETE FROM policy_revision WHERE revision = (SELECT max(revision) FROM policy_revision); "
                + "UPDATE stored_rule SET document = replace(document, '4799', '\(StandardVault.stranger)')",
            "UPDATE policy_file SET content = replace(content, 'permit', 'permit ')",
        ])
    func alteredPolicy(_ tampering: String) async throws {
        let daemon = try await Daemon.start(Self.options)
        let stranger = StandardVault.stranger
        #expect(try await open(daemon).text == StandardVault.secret)
        for (uid, id) in [("4799", "another"), ("\(stranger)", "over")] {
            let granted = try await daemon.vault("grant", "files/**", "--to", "uid:\(uid)", "--id", id)
            try #require(granted.status.isSuccess, "\(granted.errorText)")
        }
        #expect(try await daemon.vault("revoke", "over").status.isSuccess)
        try await daemon.terminate()
        // As whoever can write to the file does it, who puts back what stands in the way.
        let database = daemon.state.appending("ledger.db").string
        let triggers = try await Command(
            "sqlite3", "-cmd", ".timeout 10000", database, "SELECT sql || ';' FROM sqlite_schema WHERE type = 'trigger'"
        ).run().text
        let names = try await Command(
            "sqlite3", "-cmd", ".timeout 10000", database,
            "SELECT 'DROP TRIGGER ' || name || ';' FROM sqlite_schema WHERE type = 'trigger'"
        ).run().text
        let tampered = try await Command(
            "sqlite3", "-cmd", ".timeout 10000", database, names + tampering + ";" + triggers
        ).run()
        try #require(tampered.status.isSuccess, "\(tampered.errorText)")

        try await daemon.start()
        // Of such a policy nothing is believed: nothing is granted to anybody, and only the owner may look.
        for uid in [nil, StandardVault.reader, stranger] {
            let refused = try await daemon.vault("cat", "files/secret", uid: uid)
            #expect(refused.status == .exited(3), "\(refused.errorText)")
            #expect(refused.errorText.contains("the stored policy was altered"), "\(refused.errorText)")
        }
        #expect(try await daemon.vault("audit", "list", uid: stranger).status == .exited(1))
        #expect(try await daemon.vault("status").text.contains("the stored policy was altered"))
        try await daemon.terminate()

        try await daemon.start(adding: ["--accept-rollback"])
        #expect(!(try await daemon.vault("cat", "files/secret", uid: stranger).status.isSuccess))
        #expect(try await open(daemon).status == .exited(1), "suspended, until somebody has looked")
        let resumed = try await daemon.vault("policy", "resume", "reader-opens-all-but-what-is-hidden")
        #expect(resumed.status.isSuccess, "\(resumed.errorText)")
        #expect(try await open(daemon).text == StandardVault.secret)
        try await daemon.terminate()
        try await daemon.start()
        #expect(try await open(daemon).text == StandardVault.secret)
        #expect(!(try await daemon.vault("cat", "files/secret", uid: stranger).status.isSuccess))
    }

    @Test("A database that was deleted while the daemon did not run is not begun anew in silence")
    func deleted() async throws {
        let daemon = try await Daemon.start(Self.options)
        try await daemon.terminate()
        _ = try await Command("rm", daemon.state.appending("ledger.db").string).run()
        try await daemon.start()
        let refused = try await open(daemon)
        #expect(!refused.status.isSuccess)
        #expect(try await daemon.vault("status").text.contains("the log was deleted"))
        try await daemon.terminate()
        try await daemon.start(adding: ["--accept-rollback"])
        #expect(try await open(daemon).text == StandardVault.secret)
        #expect(try checkpoints(daemon).last?.origin == "test.example/audit/2")
    }

    @Test("A database from before logs were signed begins to be, whatever its clock says, and verifies")
    func unsigned() async throws {
        let daemon = try await Daemon.start(Self.options)
        #expect(try await open(daemon).text == StandardVault.secret)
        try await daemon.terminate()
        // As it was, with a clock that was ahead: the first record of this start tells of that.
        let made = try await Command(
            "sqlite3", "-cmd", ".timeout 10000", daemon.state.appending("ledger.db").string,
            """
            DROP TRIGGER origin_is_never_deleted_from; DROP TRIGGER checkpoint_is_never_deleted_from;
            DELETE FROM origin; DELETE FROM checkpoint;
            CREATE TRIGGER origin_is_never_deleted_from BEFORE DELETE ON origin
            BEGIN
                SELECT RAISE(ABORT, 'the origins of the log are append-only');
            END;
            CREATE TRIGGER checkpoint_is_never_deleted_from BEFORE DELETE ON checkpoint
            BEGIN
                SELECT RAISE(ABORT, 'checkpoints are append-only');
            END;
            UPDATE tree_row SET last_time_usec = 4000000000000000
            """
        ).run()
        guard made.status.isSuccess else { return }
        _ = try await Command("rm", daemon.state.appending("checkpoints").string).run()
        try await daemon.start()
        try await daemon.terminate()
        let verified = try await daemon.vault(
            "audit", "verify", "--database", daemon.state.appending("ledger.db").string)
        #expect(verified.status == .exited(0), "\(verified.text)\(verified.errorText)")
    }

    @Test("Where nothing is wrong there is nothing to accept")
    func nothingToAccept() async throws {
        let daemon = try await Daemon.start(Self.options)
        try await daemon.terminate()
        var command = daemon.command
        command.arguments.append("--accept-rollback")
        let result = try await command.run()
        #expect(result.status == .exited(2))
        #expect(result.errorText.contains("nothing to accept"))
    }

    @Test("A database removed under an idle daemon is noticed within seconds; put back, it is used again")
    func removedUnderneath() async throws {
        let daemon = try await Daemon.start(Self.options)
        #expect(try await open(daemon).text == StandardVault.secret)
        for suffix in ["", "-wal", "-shm"] {
            _ = try await Command(
                "mv", daemon.state.appending("ledger.db\(suffix)").string,
                daemon.directory.path("away.db\(suffix)").string
            ).run()
        }
        try await waitUntil("the daemon to notice", limit: .seconds(8)) {
            daemon.log.contains("was removed")
        }
        let refused = try await open(daemon)
        #expect(refused.status == .exited(3), "\(refused.errorText)")
        #expect(refused.errorText.contains("removed"), "\(refused.errorText)")
        #expect(!directoryEntries(daemon.state).contains("ledger.db"))
        for suffix in ["-shm", "-wal", ""] {
            _ = try await Command(
                "mv", daemon.directory.path("away.db\(suffix)").string,
                daemon.state.appending("ledger.db\(suffix)").string
            ).run()
        }
        try await waitUntil("the daemon to go on", limit: .seconds(20)) {
            try await open(daemon).text == StandardVault.secret
        }
    }

    @Test("Another database put under a running daemon stops it from granting")
    func replacedUnderneath() async throws {
        let daemon = try await Daemon.start(Self.options)
        try await daemon.terminate()
        try await copy(daemon, "state/ledger.db", to: "earlier.db")
        try await daemon.start()
        for _ in 0..<3 { #expect(try await open(daemon).text == StandardVault.secret) }
        // At once, for the daemon: one that sees its files go one by one opens what is there, and may find all of it.
        let pid = try daemon.pid
        #expect(kill(pid, SIGSTOP) == 0)
        for suffix in ["-wal", "-shm"] {
            _ = try await Command("rm", "-f", daemon.state.appending("ledger.db\(suffix)").string).run()
        }
        _ = try await Command(
            "mv", daemon.directory.path("earlier.db").string, daemon.state.appending("ledger.db").string
        ).run()
        #expect(kill(pid, SIGCONT) == 0)
        try await waitUntil("the daemon to notice", limit: .seconds(8)) {
            try await daemon.vault("status").text.contains("the log cannot be written")
        }
        #expect(try await open(daemon).status == .exited(3))
    }
}
