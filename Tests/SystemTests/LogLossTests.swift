// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage
import Testing
import VaultTestKit

/// A log whose files somebody cuts, removes or takes back: nothing is granted on it, and what was said before can be checked.
@Suite struct LogLossTests {
    /// No checkpoint but those that a test asks for, and the first and the last.
    private static var options: Daemon.Options {
        var options = StandardVault.options
        options.configuration =
            (options.configuration ?? "") + "audit: { origin: test.example/audit, checkpoint: { every: 1h } }\n"
        return options
    }

    private func open(_ daemon: Daemon) async throws -> CommandResult {
        try await daemon.vault("cat", "files/secret", uid: StandardVault.otherUser)
    }

    private func remove(_ daemon: Daemon, _ names: String...) {
        for name in names { _ = unlink(daemon.state.appending(name).string) }
    }

    private func cut(_ daemon: Daemon, _ name: String) {
        #expect(truncate(daemon.state.appending(name).string, 0) == 0)
    }

    /// The sizes that checkpoints in the file cover.
    private func signed(_ daemon: Daemon) throws -> [Int] {
        try daemon.directory.read("state/checkpoints").split(separator: "\n\n\n").compactMap {
            Int($0.split(separator: "\n")[1])
        }
    }

    @Test("A write-ahead log that is cut under the daemon stops grants, and a start after a crash has a finding")
    func cutUnderneath() async throws {
        let daemon = try await Daemon.start(Self.options)
        for _ in 0..<5 { #expect(try await open(daemon).text == StandardVault.secret) }
        cut(daemon, "ledger.db-wal")
        let refused = try await open(daemon)
        #expect(refused.status == .exited(3), "\(refused.text)\(refused.errorText)")
        // By the look at the file before the commit, or by what was found when it was opened again.
        let words = ["write-ahead log", "fewer than the"]
        #expect(words.contains { refused.errorText.contains($0) }, "\(refused.errorText)")
        let status = try await daemon.vault("status", "--output", "json").text
        #expect(status.contains("\"finding\""), "\(status)")
        #expect(status.contains("\"remedy\""))
        // What was committed is signed: five grants at least.
        let known = try #require(try signed(daemon).last)
        #expect(known >= 6)
        try await daemon.crash()
        try await daemon.start()
        #expect(!(try await open(daemon).status.isSuccess))
        // How much is left depends on what had been moved into the database.
        let after = try await daemon.vault("status").text
        #expect(after.hasPrefix("nothing is granted: ") && after.contains("signed over \(known)"), "\(after)")
    }

    @Test("An idle daemon notices within seconds that its log was cut")
    func cutWhileIdle() async throws {
        let daemon = try await Daemon.start(Self.options)
        #expect(try await open(daemon).text == StandardVault.secret)
        cut(daemon, "ledger.db-wal")
        try await waitUntil("the daemon to notice", limit: .seconds(10)) {
            try await daemon.vault("status").text.contains("nothing is granted until it can")
        }
    }

    @Test("A write-ahead log that is removed under the daemon costs nothing")
    func removedUnderneath() async throws {
        let daemon = try await Daemon.start(Self.options)
        for _ in 0..<3 { #expect(try await open(daemon).text == StandardVault.secret) }
        remove(daemon, "ledger.db-wal")
        try await waitUntil("the daemon to go on", limit: .seconds(20)) {
            try await open(daemon).text == StandardVault.secret
        }
        try await daemon.crash()
        try await daemon.start()
        #expect(try await open(daemon).text == StandardVault.secret)
        let verified = try await daemon.vault(
            "audit", "verify", "--database", daemon.state.appending("ledger.db").string)
        #expect(verified.status.isSuccess, "\(verified.text)\(verified.errorText)")
        let grants = try await daemon.vault("audit", "list", "--type", "grant", "--output", "jsonl").text
        #expect(grants.split(separator: "\n").count == 5)
    }

    @Test("A database that is overwritten with an older copy is noticed, and what was committed is made whole")
    func takenBack() async throws {
        let daemon = try await Daemon.start(Self.options)
        try await daemon.terminate()
        let database = daemon.state.appending("ledger.db").string
        let copy = daemon.directory.path("earlier.db").string
        #expect(try await Command("cp", "-p", database, copy).run().status.isSuccess)
        for isLast in [false, true] {
            try await daemon.start()
            for _ in 0..<3 { #expect(try await open(daemon).text == StandardVault.secret) }
            if !isLast { try await daemon.terminate() }
        }
        #expect(try await Command("sh", "-c", "cat \(copy) > \(database)").run().status.isSuccess)
        try await waitUntil("the daemon to notice", limit: .seconds(10)) {
            // "was written to by another program", or "was cut short" where it had grown since.
            daemon.log.contains("while it was open")
        }
        // The log is small: what changed since the copy is in the write-ahead log as it was committed.
        try await waitUntil("the daemon to go on", limit: .seconds(20)) {
            try await open(daemon).text == StandardVault.secret
        }
        try await daemon.terminate()
        let verified = try await daemon.vault("audit", "verify", "--database", database)
        #expect(verified.status.isSuccess, "\(verified.text)\(verified.errorText)")
    }

    @Test("A database that is lost before the first periodic checkpoint is a finding, after a stop and after a crash")
    func lostEarly() async throws {
        for crashes in [true, false] {
            let daemon = try await Daemon.start(Self.options)
            // Whoever is served is served by a log that is signed.
            #expect(try !signed(daemon).isEmpty)
            #expect(!directoryEntries(daemon.state).contains("log.beginning"))
            #expect(try await open(daemon).text == StandardVault.secret)
            if crashes { try await daemon.crash() } else { try await daemon.terminate() }
            remove(daemon, "ledger.db", "ledger.db-wal", "ledger.db-shm")
            try await daemon.start()
            #expect(!(try await open(daemon).status.isSuccess))
            #expect(try await daemon.vault("status").text.contains("the log was deleted"))
            try await daemon.terminate()
            // Without the file of checkpoints too, the key tells.
            remove(daemon, "ledger.db", "ledger.db-wal", "ledger.db-shm", "checkpoints", "revoked")
            try await daemon.start()
            #expect(!(try await open(daemon).status.isSuccess))
            let status = try await daemon.vault("status").text
            #expect(status.contains("the log was lost") && status.contains("log.key"), "\(status)")
            try await daemon.terminate()
            try await daemon.start(adding: ["--accept-rollback"])
            #expect(try await open(daemon).text == StandardVault.secret)
            try await daemon.terminate()
            try await daemon.start()
            #expect(try await open(daemon).text == StandardVault.secret)
        }
    }

    @Test("A write-ahead log that is cut while the daemon is down is a finding where it held what was signed")
    func cutWhileDown() async throws {
        let daemon = try await Daemon.start(Self.options)
        for _ in 0..<3 { #expect(try await open(daemon).text == StandardVault.secret) }
        #expect(try await daemon.vault("audit", "checkpoint").status.isSuccess)
        try await daemon.crash()
        cut(daemon, "ledger.db-wal")
        try await daemon.start()
        #expect(!(try await open(daemon).status.isSuccess))
        #expect(try await daemon.vault("status").text.hasPrefix("nothing is granted: "))
    }

    @Test("A first start that is killed anywhere is followed by one that serves")
    func killedFirstStart() async throws {
        for pause in stride(from: 5, to: 200, by: 15) {
            let daemon = try await Daemon(Self.options)
            var command = daemon.command
            command.timeLimit = .milliseconds(pause)
            await #expect(throws: WaitTimeout.self, "killed after \(pause) ms") { _ = try await command.run() }
            try await daemon.start()
            #expect(try await open(daemon).text == StandardVault.secret, "killed after \(pause) ms\n\(daemon.log)")
        }
    }

    @Test(
        "A reader that makes the write-ahead log grow is named by status and log, and ends without a trace",
        .enabled(if: Command.find("sqlite3") != nil, "needs sqlite3, which reads"))
    func growth() async throws {
        let daemon = try await Daemon.start(Self.options)
        let usual = try await daemon.vault("status", "--output", "json").text
        #expect(usual.contains("\"newestCheckpointUSec\""), "\(usual)")
        let script = "(echo 'BEGIN; SELECT count(*) FROM log;'; exec sleep 600) | exec sqlite3 -readonly \"$0\""
        let reading = Task { [path = daemon.state.appending("ledger.db").string] in
            _ = try? await Command("sh", arguments: ["-c", "echo $$; \(script)", path]).run()
        }
        defer { reading.cancel() }
        let names = [String](repeating: "files/secret", count: 250)
        var rounds = 0
        // By what is written, not by time: a slow machine needs as much of it as a fast one.
        let wal = daemon.state.appending("ledger.db-wal")
        while !daemon.log.contains("write-ahead log has grown") {
            let result = try await daemon.vaultCommand(["cat"] + names, uid: StandardVault.otherUser).run()
            try #require(result.status.isSuccess, "\(result.errorText)")
            rounds += 1
            let size = try FileStatus(ofPath: wal).size
            try #require(size < 64 << 20 && rounds < 2000, "\(size) bytes after \(rounds) rounds, and not a word")
        }
        let status = try await daemon.vault("status").text
        #expect(status.contains("it is read in one transaction by sqlite3 (pid "), "\(status)")
        #expect(status.contains("write ahead log bytes"), "\(status)")
        let word = try #require(status.split(separator: "(pid ").dropFirst().first?.prefix { $0.isNumber })
        #expect(kill(try #require(Int32(word)), SIGKILL) == 0)
        try await waitUntil("the file to be small", limit: .seconds(20)) {
            daemon.log.contains("write-ahead log is small again")
        }
        #expect(try await daemon.vault("status").text.hasPrefix("no problems"))
    }
}
