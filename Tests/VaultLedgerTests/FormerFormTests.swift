// SPDX-License-Identifier: Apache-2.0

import Records
import SystemPackage
import Testing
import TransparencyLog
import VaultLedger
import VaultTestKit

/// "State directories of earlier versions are kept": what they hold is read as it is, taken over at the next start, and
/// verified by the same checkpoints.
@Suite(.serialized) struct FormerFormTests {
    /// What readers see of a log.
    private struct Seen: Equatable {
        var tree: TreeState
        var lines: [[UInt8]] = []
        var found: [UInt64] = []
        var newest: [UInt64] = []
        var counts: [SummaryCount] = []
        var proof: TreeHash?

        init(_ files: OpenedLedger, to end: UInt64) async throws {
            let reader = LedgerReader(directory: files.state)
            tree = TreeState(size: end, root: try #require(try await reader.root(at: end)).bytes)
            var next: UInt64 = 0
            while next < end {
                let part = try await reader.export(
                    next..<end, prunedBefore: 0, byteLimit: 10_000, tileLimit: 1, as: PlainPart.self)
                lines += part.0.entries.map(\.text)
                next = part.next
            }
            var filter = EntryFilter()
            filter.type = ["start"]
            found = try await reader.entries(limit: 900, filter: filter).entries.map(\.index)
            newest = try await reader.entries(from: end - 1, limit: 300, reverse: true).entries.map(\.index)
            counts = try await reader.summary(by: .capability)
            proof = try await reader.leafHash(end / 2)
        }
    }

    /// A log that was signed over 300 and over 900 records.
    private static func original() async throws -> SignedLedger {
        let ledger = try SignedLedger()
        try await ledger.grow(to: 300)
        let (open, restored) = try await ledger.files.open()
        _ = try await open.commit(TestRecords.plain(from: restored.size, count: 350))
        await open.close()
        try await ledger.grow(to: 900)
        return ledger
    }

    @Test("What an earlier version wrote is read as it is, then taken over, and the same checkpoints fit")
    func takenOver() async throws {
        let original = try await Self.original()
        let before = try await Seen(original.files, to: 900)
        let signed = try await original.files.verify()
        #expect(signed.damage == [] && signed.checkpoints >= 2 && signed.signed == 900)
        #expect(before.lines.count == 900 && before.found.count == 900)
        let former = try await original.files.asOf(schema: 3)
        #expect(try await former.schema() == 3)
        #expect(try await Seen(former, to: 900) == before)
        let untouched = try await former.verify()
        #expect(untouched.damage == [] && untouched.checkpoints == signed.checkpoints && untouched.signed == 900)
        #expect(try await former.viewedLeaves() == before.lines)

        let (ledger, restored) = try await former.open()
        #expect(restored.size == 900 && restored.root == before.tree.root)
        #expect(restored.origins.map(\.name) == ["test.example/audit"])
        for count in [1, 3, 200] {
            let size = try await ledger.makeReader().tree().size
            _ = try await ledger.commit(TestRecords.plain(from: size, count: count))
        }
        await ledger.close()
        let current = try await original.files.schema()
        #expect(try await former.schema() == current && current > 3)
        #expect(try await Seen(former, to: 900) == before)
        let taken = try await former.verify()
        #expect(
            taken.damage == [] && taken.checkpoints == signed.checkpoints && taken.signed == 900 && taken.size == 1104)
        #expect(try await former.viewedLeaves().count == 1104)
        #expect(try await former.viewedLeaves().prefix(900) == before.lines[...])
    }

    @Test("A log of the first version is taken over too")
    func first() async throws {
        let files = try OpenedLedger()
        let tree = try await files.fill(to: 700)
        let former = try await files.asOf(schema: 1)
        #expect(try await former.verify().damage == [])
        let (ledger, restored) = try await former.open()
        #expect(TreeState(size: restored.size, root: restored.root) == tree)
        await ledger.close()
        #expect(try await former.verify().damage == [])
        #expect(try await former.fill(to: 1300) == TreeState.ofPlain(1300))
        #expect(try await former.verify().damage == [])
    }

    @Test("Whenever the first start of this version is killed, the next one goes on")
    func killed() async throws {
        let files = try OpenedLedger()
        try await files.fill(to: 600, rows: 200)
        var generator = Seed().generator
        for _ in 0..<Soak.count(4, full: 300) {
            let former = try await files.asOf(schema: Int.random(in: 2...3, using: &generator))
            for _ in 0..<3 {
                let time = Duration.milliseconds(Int.random(in: 0...30, using: &generator))
                try await Exerciser.startedAndKilled(former.state, after: time)
                #expect(try await former.verify().damage == [])
            }
            let (ledger, restored) = try await former.open()
            #expect(restored.size >= 600)
            await ledger.close()
            #expect(try await former.verify().damage == [])
            #expect(try await former.leaves().prefix(600) == (0..<600).map { TestRecords.plain($0) }[...])
        }
    }

    @Test("Damage to what an earlier version wrote is found, before it is taken over and afterwards")
    func damaged() async throws {
        let files = try OpenedLedger()
        try await files.fill(to: 1000)
        let former = try await files.asOf(schema: 3)
        try await former.tamper(
            """
            DROP TRIGGER log_is_never_updated;
            UPDATE log SET leaf = leaf || ' ' WHERE idx = 300;
            CREATE TRIGGER log_is_never_updated BEFORE UPDATE ON log
            BEGIN
                SELECT RAISE(ABORT, 'the log is append-only');
            END;
            """)
        #expect(try await former.verify().damage == [.leafEdited(index: 300)])
        try await former.fill(to: 1300)
        #expect(try await former.verify().damage == [.leafEdited(index: 300)])
        try await former.tamper(
            """
            DROP TRIGGER log_row_is_never_inserted_into;
            INSERT INTO log_row VALUES (1200, '{}');
            CREATE TRIGGER log_row_is_never_inserted_into BEFORE INSERT ON log_row
            BEGIN
                SELECT RAISE(ABORT, 'the log is written in batches');
            END;
            """)
        #expect(try await former.verify().damage == [.leafEdited(index: 300), .rowAdded(index: 1200)])
    }

    @Test("What an earlier version wrote is pruned with what came later, from the front")
    func pruned() async throws {
        let files = try OpenedLedger()
        try await files.fill(to: 1000)
        let former = try await files.asOf(schema: 3)
        try await former.fill(to: 2000)
        let (ledger, restored) = try await former.open()
        var size = restored.size
        for before: UInt64 in [512, 1536] {
            let record = TestRecords.text(
                size, .prune(peer: TestRecords.peer, from: 0, before: before, signed: before, archiveSHA256: nil))
            size = try await ledger.commit(
                Batch(
                    firstIndex: size, leaves: [record], changes: [.pruned(before: before, record: size)],
                    lastTimeUSec: 1)
            ).size
            await ledger.prune()
            #expect(try await ledger.makeReader().entries(limit: 1).entries.first?.index == before)
        }
        await ledger.close()
        let report = try await former.verify()
        #expect(report.damage == [] && report.prunedBefore == 1536)
    }
}
