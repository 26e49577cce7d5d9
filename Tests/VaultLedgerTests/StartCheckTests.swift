// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Records
import SystemPackage
import Testing
import TransparencyLog
import VaultLedger
import VaultTestKit

@Suite struct StartCheckTests {
    @Test("The first start makes a key that only its owner may read, and names the log")
    func first() async throws {
        let ledger = try SignedLedger()
        let outcome = try await ledger.outcome(origin: "here.example/audit")
        #expect(outcome.finding == nil)
        #expect(outcome.origin?.name == "here.example/audit")
        #expect(outcome.origin?.key == outcome.signer.key.description)
        #expect(try ledger.text("log.key").hasPrefix("PRIVATE+KEY+here.example/audit+"))
        #expect(try FileStatus(ofPath: ledger.key).permissions == 0o600)
        // A start that ended before the first record finds the same key again.
        #expect(try await ledger.outcome(origin: "here.example/audit").signer.key == outcome.signer.key)
    }

    @Test("A log that is as it was signed keeps its name, whatever the host is called now")
    func intact() async throws {
        let ledger = try await SignedLedger.signed()
        let outcome = try await ledger.outcome(origin: "renamed.example/audit")
        #expect(outcome.finding == nil)
        #expect(outcome.origin == nil)
        #expect(outcome.warning == nil)
        #expect(outcome.signer.key.name == "test.example/audit")
        let newest = try #require(outcome.newest)
        #expect(try Checkpoint(parsing: newest.text).size == 700)
    }

    @Test("A key that others may read is refused, with what to do")
    func openKey() async throws {
        let ledger = try await SignedLedger.signed()
        _ = try await Command("chmod", "644", ledger.key.string).run()
        await #expect(throws: LedgerError.self) { _ = try await ledger.outcome() }
    }

    @Test("Each thing that can be wrong with the database is a finding of its own")
    func findings() async throws {
        let original = try await SignedLedger.signed()

        let cut = try await SignedLedger(copying: original)
        try await cut.cut(to: 500)
        #expect(try await cut.outcome().finding == .rolledBack(size: 500, signed: 700))

        let altered = try await SignedLedger.rebuilt(original, editing: 600)
        #expect(try await altered.outcome().finding == .altered(fits: 500, signed: 700))

        let rewritten = try await SignedLedger.rebuilt(original, editing: 7)
        #expect(try await rewritten.outcome().finding == .replaced(size: 700, signed: 700))

        let replaced = try SignedLedger()
        try await replaced.files.fill(to: 10)
        try replaced.write(try original.text("checkpoints"), to: "checkpoints")
        try replaced.write(try original.text("log.key"), to: "log.key")
        #expect(try await replaced.outcome().finding == .newDatabase(signed: 700))
    }

    @Test("Another log's database, another key, a missing key, a changed checkpoint are told apart")
    func strangers() async throws {
        let original = try await SignedLedger.signed()

        let key = try await SignedLedger(copying: original)
        try key.write("\(try NoteSigner(name: "test.example/audit").text)\n", to: "log.key")
        guard case .otherKey = try await key.outcome().finding else {
            Issue.record("another key was not noticed")
            return
        }

        let missing = try await SignedLedger(copying: original)
        _ = try await Command("rm", missing.key.string).run()
        guard case .keyMissing = try await missing.outcome().finding else {
            Issue.record("a missing key was not noticed")
            return
        }

        let signature = try await SignedLedger(copying: original)
        let text = try signature.text("checkpoints")
        try signature.write(text.replacing("\n700\n", with: "\n701\n"), to: "checkpoints")
        #expect(try await signature.outcome().finding == .badSignature(signed: 701))

        let other = try await SignedLedger(copying: original)
        try other.write(
            try NoteSigner(name: "other.example/audit").checkpoint(over: 3) + "\n\n", to: "checkpoints")
        #expect(
            try await other.outcome().finding
                == .otherLog(found: "test.example/audit", signed: "other.example/audit"))
    }

    @Test("An accepted finding gives the log another name, once")
    func accepted() async throws {
        let ledger = try await SignedLedger.signed()
        try await ledger.cut(to: 500)
        let before = try await SignedLedger(copying: ledger)
        let state = ledger.files.state
        var (writer, restored) = try await ledger.files.open()
        let check = StartCheck(directory: state, origin: "ignored/audit")
        let found = try await ledger.check(restored)
        let accepted = try check.accept(found, &restored)
        let origin = try #require(accepted.origin)
        #expect(origin.name == "test.example/audit/2")
        #expect(origin.number == 2)
        var batch = TestRecords.plain(from: 500, count: 1)
        batch.changes = [.originStarted(origin)]
        let tree = try await writer.commit(batch)
        await writer.close()
        // It ended before the first checkpoint under the new name: those of the old one count no more.
        #expect(try await ledger.outcome().finding == nil)
        let note = try Checkpoint(origin: origin.name, size: tree.size, root: try #require(TreeHash(tree.root)))
            .signed(by: accepted.signer)
        try accepted.file.append(note)
        #expect(try await ledger.outcome().finding == nil)

        // The database from before that is noticed.
        try before.write(try ledger.text("checkpoints"), to: "checkpoints")
        #expect(
            try await before.outcome().finding
                == .earlierOrigin(found: "test.example/audit", signed: "test.example/audit/2"))
        (writer, restored) = try await ledger.files.open()
        #expect(restored.origins.map(\.name) == ["test.example/audit", "test.example/audit/2"])
        await writer.close()
    }

    @Test("A file of checkpoints that was cut or lost is mended from the database")
    func lostFile() async throws {
        let ledger = try await SignedLedger.signed()
        let whole = try ledger.text("checkpoints")
        try ledger.write("", to: "checkpoints")
        let outcome = try await ledger.outcome()
        #expect(outcome.finding == nil)
        #expect(outcome.warning?.contains("700") == true)
        #expect(whole.hasSuffix(try ledger.text("checkpoints")))
        #expect(try await ledger.outcome().warning == nil)
    }

    @Test("A lost file is mended with the current origin's checkpoint, though an earlier origin has a larger one")
    func lostFileOfLaterOrigin() async throws {
        let ledger = try await SignedLedger.signed()
        let whole = try ledger.text("checkpoints")
        try await ledger.cut(to: 500)
        let last = try #require(whole.split(separator: "\n\n\n").last)
        try await ledger.files.tamper("INSERT INTO checkpoint (size, note) VALUES (700, '\(last)\n')")
        var (writer, restored) = try await ledger.files.open()
        let check = StartCheck(directory: ledger.files.state, origin: "ignored/audit")
        let accepted = try check.accept(try await ledger.check(restored), &restored)
        let origin = try #require(accepted.origin)
        var batch = TestRecords.plain(from: 500, count: 1)
        batch.changes = [.originStarted(origin)]
        let tree = try await writer.commit(batch)
        let note = try Checkpoint(origin: origin.name, size: tree.size, root: try #require(TreeHash(tree.root)))
            .signed(by: accepted.signer)
        let stored = StateChange.checkpoint(StoredCheckpoint(size: tree.size, note: note.published))
        _ = try await writer.commit(Batch(firstIndex: tree.size, changes: [stored]))
        await writer.close()

        try ledger.write("", to: "checkpoints")
        let outcome = try await ledger.outcome()
        #expect(outcome.finding == nil)
        #expect(outcome.newest == note)
        #expect(outcome.warning?.contains("501") == true)
        #expect(try ledger.text("checkpoints") == "\(note.published)\n\n")
    }

    @Test("A note that a crash cut short is ignored, and so is every part of it")
    func incompleteNote() async throws {
        let ledger = try await SignedLedger.signed()
        let whole = try ledger.text("checkpoints")
        let two = whole.utf8.count / 3 * 2
        for end in stride(from: two, through: whole.utf8.count, by: 7) {
            try ledger.write(String(decoding: Array(whole.utf8)[..<end], as: UTF8.self), to: "checkpoints")
            let outcome = try await ledger.outcome()
            #expect(outcome.finding == nil, "\(end)")
            // A second start reads what the first one left.
            #expect(try await ledger.outcome().finding == nil, "\(end)")
        }
    }
}

extension NoteSigner {
    /// A published checkpoint of a log that does not matter.
    fileprivate func checkpoint(over size: UInt64) throws -> String {
        try Checkpoint(origin: key.name, size: size, root: .empty).signed(by: self).published
    }
}
