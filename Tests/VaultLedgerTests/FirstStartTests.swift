// SPDX-License-Identifier: Apache-2.0

import Glibc
import SystemPackage
import Testing
import TransparencyLog
import VaultTestKit

@testable import VaultLedger

/// A log that begins is told from one that was lost, whatever a crash left of a first start.
@Suite struct FirstStartTests {
    private func remove(_ ledger: SignedLedger, _ names: String...) {
        for name in names { _ = unlink(ledger.files.state.appending(name).string) }
    }

    @Test("A first start that ends anywhere before its first record begins again, with the key that it made")
    func interrupted() async throws {
        let ledger = try SignedLedger()
        let first = try await ledger.outcome()
        #expect(first.finding == nil)
        #expect(directoryEntries(ledger.files.state).contains("log.beginning"))
        for lost in [[], ["ledger.db"], ["checkpoints"], ["ledger.db", "checkpoints"]] {
            for name in lost { remove(ledger, name) }
            let again = try await ledger.outcome()
            #expect(again.finding == nil, "\(lost)")
            #expect(again.origin?.key == first.signer.key.description, "\(lost)")
        }
        remove(ledger, "log.key")
        #expect(try await ledger.outcome().finding == nil)
    }

    @Test("A first start that ends behind its first record goes on with that record")
    func behindFirstRecord() async throws {
        let ledger = try SignedLedger()
        let (writer, restored) = try await ledger.files.open()
        let checked = try await ledger.check(restored)
        var batch = TestRecords.plain(from: 0, count: 1)
        batch.changes = [.originStarted(try #require(checked.origin))]
        _ = try await writer.commit(batch)
        await writer.close()
        let outcome = try await ledger.outcome()
        #expect(outcome.finding == nil)
        #expect(outcome.origin == nil)
        #expect(outcome.newest == nil)
        // Nobody was served from it, so without it there is nothing that was lost.
        remove(ledger, "ledger.db")
        #expect(try await ledger.outcome().finding == nil)
    }

    @Test("A log that has begun and has no records any more was lost, as long as anything else is left of it")
    func lost() async throws {
        for left in [["log.key"], ["checkpoints"], ["revoked"], ["log.key", "revoked"]] {
            let ledger = try SignedLedger()
            try await ledger.grow(to: 3)
            let (writer, _) = try await ledger.files.open()
            try await writer.begun()
            await writer.close()
            #expect(!directoryEntries(ledger.files.state).contains("log.beginning"))
            try ledger.write("", to: "revoked")
            try ledger.write("", to: "checkpoints")
            for name in ["log.key", "checkpoints", "revoked"] where !left.contains(name) { remove(ledger, name) }
            remove(ledger, "ledger.db", "ledger.db-wal", "ledger.db-shm")
            #expect(try await ledger.outcome().finding == .lost(traces: left), "\(left)")
            // The file of checkpoints is there by now.
            guard case .lost = try await ledger.outcome().finding else {
                Issue.record("\(left): the second start took it for a new log")
                continue
            }
            // Nothing is signed with another key before somebody says so.
            #expect(directoryEntries(ledger.files.state).contains("log.key") == left.contains("log.key"))
        }
    }

    @Test("Without any file the log is new, and so is one whose files were all taken away")
    func new() async throws {
        let ledger = try SignedLedger()
        try await ledger.grow(to: 3)
        remove(ledger, "log.beginning", "log.key", "checkpoints", "ledger.db", "ledger.db-wal", "ledger.db-shm")
        #expect(try await ledger.outcome().finding == nil)
    }

    @Test("An accepted loss goes on under another name, with the key that is there or with a new one")
    func accepted() async throws {
        for keepsKey in [true, false] {
            let ledger = try SignedLedger()
            try await ledger.grow(to: 3)
            let key = try ledger.text("log.key")
            let (old, _) = try await ledger.files.open()
            try await old.begun()
            await old.close()
            try ledger.write("", to: "checkpoints")
            remove(ledger, "ledger.db")
            if !keepsKey { remove(ledger, "log.key") }
            var (writer, restored) = try await ledger.files.open()
            let check = StartCheck(directory: ledger.files.state, origin: "test.example/audit")
            let accepted = try check.accept(try await ledger.check(restored), &restored)
            #expect(accepted.origin?.name == "test.example/audit/2")
            var batch = TestRecords.plain(from: 0, count: 1)
            batch.changes = [.originStarted(try #require(accepted.origin))]
            _ = try await writer.commit(batch)
            await writer.close()
            #expect(try await ledger.outcome().finding == nil)
            #expect(try (ledger.text("log.key") == key) == keepsKey)
        }
    }

    @Test("A WAL whose database is gone is kept under another name, and not deleted as SQLite does")
    func orphanedLog() async throws {
        let files = try OpenedLedger()
        _ = try await Exerciser.killed(files.state, rows: 3, after: .milliseconds(200))
        let size = files.walSize
        try #require(size > 0)
        #expect(unlink(files.database.string) == 0)
        let (ledger, restored) = try await files.open()
        #expect(restored.size == 0)
        await ledger.close()
        var status = stat()
        #expect(stat(files.state.appending("ledger.db-wal.1").string, &status) == 0 && Int(status.st_size) == size)
    }

    @Test("A relative name that SQLite would take for a URI, and one with odd bytes, are names of directories")
    func oddNames() async throws {
        let directory = try TemporaryDirectory()
        for name in ["file:x?mode=memory", "per%63ent #1", "sp ace'\"\n\u{e9}", ":memory:"] {
            let state = directory.path(name)
            try await onThread { _ = try Ledger.open(directory: state).0 }
            #expect(directoryEntries(state).contains("ledger.db"), "\(name)")
        }
        #expect(StateDirectory("file:x").database.string == "./file:x/ledger.db")
    }
}
