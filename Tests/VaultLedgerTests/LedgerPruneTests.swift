// SPDX-License-Identifier: Apache-2.0

import Dispatch
import GRDB
import Records
import Synchronization
import SystemPackage
import Testing
import TransparencyLog
import VaultLedger
import VaultModel
import VaultTestKit

/// "Removes leaf texts up to a checkpoint, keeps all hashes, records itself; proofs of what remains, and verification,
/// still work."
@Suite struct LedgerPruneTests {
    private static func record(_ index: UInt64, before: UInt64) -> [UInt8] {
        TestRecords.text(
            index, .prune(peer: TestRecords.peer, from: 0, before: before, signed: before, archiveSHA256: nil))
    }

    /// A ledger of so many records and one more, which prunes those before.
    private func pruned(_ size: Int, before: UInt64, deletes: Bool = true) async throws -> OpenedLedger {
        let files = try OpenedLedger()
        try await files.fill(to: size, rows: 5000)
        let (ledger, _) = try await files.open()
        let index = UInt64(size)
        _ = try await ledger.commit(
            Batch(
                firstIndex: index, leaves: [Self.record(index, before: before)],
                changes: [.pruned(before: before, record: index)], lastTimeUSec: 1))
        if deletes { await ledger.prune() }
        await ledger.close()
        return files
    }

    private func count(_ files: OpenedLedger) async throws -> Int {
        let path = files.database.string
        return try await onThread {
            let queue = try DatabaseQueue(path: path)
            defer { try? queue.close() }
            return try queue.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM log") } ?? -1
        }
    }

    @Test("The texts are gone, the hashes prove all of it, and the ledger goes on", arguments: [3000, 66_000])
    func pruned(size: Int) async throws {
        let before = UInt64(size / 2 / 256 * 256)
        let files = try await pruned(size, before: before)
        #expect(try await count(files) == size + 1 - Int(before))
        let report = try await files.verify()
        #expect(report.damage == [])
        #expect(report.prunedBefore == before)

        let (ledger, restored) = try await files.open()
        #expect(restored.prunedBefore == before)
        let tree = try await ledger.commit(TestRecords.plain(from: restored.size, count: 300))
        let root = try #require(TreeHash(tree.root))
        let reader = ledger.makeReader()
        for index in [0, before - 1, before, UInt64(size - 1)] {
            let proof = try #require(try await reader.inclusionProof(of: index, in: tree.size))
            #expect(proof.proves(.leaf(TestRecords.plain(index)), in: root))
            #expect(try await reader.leafHash(index) == .leaf(TestRecords.plain(index)))
        }
        #expect(try await reader.consistencyProof(from: 100, to: tree.size) != nil)
        #expect(try await reader.entries(limit: 1).entries.first?.index == before)
        #expect(try await reader.record(0) == nil)
        await ledger.close()
        #expect(try await files.verify().damage == [])
    }

    @Test("What was pruned is told no more, while its texts are still being deleted", arguments: [false, true])
    func untold(reverse: Bool) async throws {
        let files = try await pruned(3000, before: 1024, deletes: false)
        let reader = LedgerReader(directory: files.state)
        var told: [UInt64] = []
        var from: UInt64? = reverse ? nil : 100
        repeat {
            let page = try await reader.entries(from: from, limit: 500, reverse: reverse, prunedBefore: 1024)
            told += page.entries.map(\.index)
            from = page.next
        } while from != nil
        #expect(told.sorted() == Array(1024...3000))
        let gone = try await reader.entries(from: 1023, limit: 1, reverse: true, prunedBefore: 1024)
        #expect(gone.entries.isEmpty && gone.next == nil)
        #expect(try await reader.entries(limit: 1).entries.first?.index == 0)
    }

    @Test("The log as it is exported hashes to the root, by tiles where texts are gone")
    func exported() async throws {
        let files = try await pruned(3000, before: 1024)
        let reader = LedgerReader(directory: files.state)
        let tree = try await reader.tree()
        var next: UInt64 = 0
        var hashed = MerkleTree()
        while next < tree.size {
            let (part, end) = try await reader.export(
                next..<tree.size, prunedBefore: 1024, byteLimit: 5000, tileLimit: 3, as: PlainPart.self)
            #expect(end > next)
            for tile in part.tiles {
                #expect(tile.index * 256 == hashed.size)
                for hash in try #require(Tile.hashes(in: tile.bytes)) { hashed.append(hash) }
            }
            for entry in part.entries {
                #expect(entry.index == hashed.size)
                hashed.append(.leaf(entry.text))
            }
            next = end
        }
        #expect(hashed.root.bytes == tree.root)
    }

    @Test("Nothing but what a record has given away can be deleted, and that record cannot be taken back")
    func triggers() async throws {
        let files = try await pruned(3000, before: 1024)
        for edit in [
            "DELETE FROM log_batch WHERE first = 1024",
            "DELETE FROM log_batch WHERE first = (SELECT max(first) FROM log_batch)", "DELETE FROM prune",
            "UPDATE prune SET before = 2048", "INSERT INTO prune VALUES (1000, 3000)",
            "UPDATE log_batch SET leaves = '' WHERE first = 1024",
        ] {
            await #expect(throws: (any Error).self, "\(edit)") { try await files.tamper(edit) }
        }
    }

    @Test("A prune row without its record, and damage to what is left of pruned records, are found")
    func damage() async throws {
        let original = try await pruned(3000, before: 1024)
        let made = try await original.copy()
        try await made.tamper("INSERT INTO prune VALUES (2048, 7000); DELETE FROM log_batch WHERE first < 2048")
        #expect(
            try await made.verify().damage == [
                .rowsMissing(1024..<2048), .projectionEdited(table: "prune", record: 7000),
            ])

        let tile = try await original.copy()
        try await tile.tamperPastTriggers("UPDATE tile SET hashes = randomblob(8192) WHERE level = 0 AND idx = 2")
        #expect(try await tile.verify().damage == [.prunedTileOrRootEdited(before: 1024)])

        let upper = try await pruned(66_000, before: 1024)
        try await upper.tamperPastTriggers("UPDATE tile SET hashes = randomblob(8192) WHERE level = 0 AND idx = 2")
        #expect(try await upper.verify().damage.contains(.tileEdited(level: 0, index: 2, firstRecord: 512)))

        let missing = try await original.copy()
        try await missing.tamperPastTriggers("DELETE FROM tile WHERE level = 0 AND idx = 1")
        #expect(try await missing.verify().damage == [.tileMissing(level: 0, index: 1, firstRecord: 256)])

        let kept = try await original.copy()
        try await kept.tamperPastTriggers("UPDATE log SET leaf = leaf || ' ' WHERE idx = 1500")
        #expect(try await kept.verify().damage == [.leafEdited(index: 1500)])
    }

    @Test(
        "A made-up prune row vouches for no deletion: not by a record that it prunes itself, nor by one of another kind",
        arguments: [0, 768, 1023, 2000])
    func forged(record: Int) async throws {
        let files = try OpenedLedger()
        try await files.fill(to: 3000)
        let forgery = """
            INSERT INTO prune VALUES (1024, \(record)); DELETE FROM log_batch WHERE first >= 768 AND first < 1024
            """
        if record < 1024 {
            await #expect(throws: (any Error).self) { try await files.tamper(forgery) }
        }
        try await files.tamper("PRAGMA ignore_check_constraints = ON; \(forgery)")
        let damage: Set<Damage> = [
            .rowsMissing(768..<1024), .projectionEdited(table: "prune", record: UInt64(record)),
        ]
        #expect(Set(try await files.verify().damage) == damage)
    }

    @Test("Texts are pruned from the front: one that is missing behind others was deleted")
    func prefix() async throws {
        let original = try await pruned(3000, before: 1024, deletes: false)
        // As after a crash.
        let interrupted = try await original.copy()
        try await interrupted.tamper("DELETE FROM log_batch WHERE first < 512")
        #expect(try await interrupted.verify().damage == [])
        let middle = try await original.copy()
        try await middle.tamper("DELETE FROM log_batch WHERE first >= 256 AND first < 768")
        #expect(try await middle.verify().damage == [.rowsMissing(256..<768)])
        // The record that vouches for it was made of another.
        let other = try await pruned(3500, before: 256)
        try await other.tamperPastTriggers(
            """
            INSERT INTO prune VALUES (1024, 2000);
            UPDATE log SET leaf = replace((SELECT leaf FROM log WHERE idx = 3500), ':256', ':1024') WHERE idx = 2000;
            DELETE FROM log WHERE idx < 1024
            """)
        let damage = try await other.verify().damage
        #expect(damage.contains(.leafEdited(index: 2000)))
        #expect(damage.contains(.rowsMissing(256..<1024)))
    }

    @Test("What a running daemon prunes while it is verified is no damage")
    func whileVerifying() async throws {
        let files = try OpenedLedger()
        try await files.fill(to: 20_000, rows: 5000)
        let (ledger, _) = try await files.open()
        let state = files.state
        let isPruned = Atomic(false)
        let report = try await onThread {
            try LedgerVerifier(directory: state).verify { _, _ in
                guard !isPruned.exchange(true, ordering: .relaxed) else { return }
                // On a thread that may block, when the first of three parts was hashed.
                let done = DispatchSemaphore(value: 0)
                Task {
                    _ = try await ledger.commit(
                        Batch(
                            firstIndex: 20_000, leaves: [Self.record(20_000, before: 17_920)],
                            changes: [.pruned(before: 17_920, record: 20_000)], lastTimeUSec: 1))
                    await ledger.prune()
                    done.signal()
                }
                done.wait()
            }
        }
        await ledger.close()
        let wasPruned = isPruned.load(ordering: .relaxed)
        #expect(wasPruned)
        #expect(report.damage == [])
        #expect(report.root == TreeState.ofPlain(20_000).root)
        #expect(report.prunedBefore == 17_920)
    }

    @Test(
        "A query index answers about what is left: one that was there, was behind, or is made anew",
        arguments: [IndexBefore.complete, .behind, .deleted])
    func index(_ indexBefore: IndexBefore) async throws {
        let files = try OpenedLedger()
        let (ledger, _) = try await files.open()
        var size: UInt64 = 0
        while size < 9000 {
            size = try await ledger.commit(TestRecords.grants(from: size, count: 1000)).size
            if size == 4000, indexBefore == .behind { try await indexed(files, ledger, to: 3840) }
        }
        if indexBefore == .complete { try await indexed(files, ledger, to: 7680) }
        // In two steps, neither of which ends with a row of the index.
        for before: UInt64 in [1024, 5120] {
            _ = try await ledger.commit(
                Batch(
                    firstIndex: size, leaves: [Self.record(size, before: before)],
                    changes: [.pruned(before: before, record: size)], lastTimeUSec: 1))
            size += 1
            await ledger.prune()
            try await indexed(files, ledger, to: 7680, prunedBefore: before)
        }
        await ledger.close()
        if indexBefore == .deleted { _ = try await Command("sh", "-c", "rm \(files.state)/index.db*").run() }
        let (again, _) = try await files.open()
        try await indexed(files, again, to: 7680, prunedBefore: 5120)
        var filter = EntryFilter()
        filter.uid = [1000]
        let page = try await again.makeReader().entries(limit: 3, filter: filter)
        #expect(page.entries.map(\.index) == [5120, 5121, 5122])
        #expect(try await again.makeReader().summary(by: .uid).first?.grants == 9000 - 5120)
        #expect(try await again.makeReader().summary(by: .capability).map(\.grants).reduce(0, +) == 9000 - 5120)
        await again.close()
    }

    enum IndexBefore { case complete, behind, deleted }

    /// Waits until the index has so much, and nothing of what was pruned.
    private func indexed(_ files: OpenedLedger, _ ledger: Ledger, to size: UInt64, prunedBefore: UInt64 = 0)
        async throws
    {
        let indexer = try #require(ledger.indexer)
        let path = files.state.appending("index.db").string
        try await waitUntil("the index to catch up") {
            try await indexer.catchUp()
            return try await onThread {
                let queue = try DatabaseQueue(path: path)
                defer { try? queue.close() }
                let row = try queue.read { try Row.fetchOne($0, sql: "SELECT size, pruned_before FROM source") }
                return row == ["size": Int64(size), "pruned_before": Int64(prunedBefore)]
            }
        }
    }

    @Test("No byte of what was pruned is left in the database or the index, and other records are found by their names")
    func namesArePruned() async throws {
        let files = try OpenedLedger()
        let (ledger, _) = try await files.open()
        var size: UInt64 = 0
        while size < 8000 {
            let names = (0..<999).map { size < 5000 ? "left/\($0 % 9)" : "kept/\($0 % 9)" } + ["both"]
            size = try await ledger.commit(TestRecords.grants(from: size, names: names)).size
        }
        try await indexed(files, ledger, to: 7680)
        let index = files.state.appending("index.db").string
        func holds(_ files: String, _ text: String) async throws -> Bool {
            try await Command("sh", "-c", "cat \(files) | grep -qa '\(text)'").run().status.isSuccess
        }
        #expect(try await holds(index + "*", "left/"))
        _ = try await ledger.commit(
            Batch(
                firstIndex: size, leaves: [Self.record(size, before: 5120)],
                changes: [.pruned(before: 5120, record: size)], lastTimeUSec: 1))
        await ledger.prune()
        try await indexed(files, ledger, to: 7680, prunedBefore: 5120)
        #expect(try await !holds(index + "*", "left/"))
        #expect(try await !holds(files.database.string, "left/"))
        #expect(try await holds(files.database.string, "kept/"))
        for name in ["kept/3", "both"] {
            var filter = EntryFilter()
            filter.capability = [try NamePattern(name)]
            #expect(try await !ledger.makeReader().entries(limit: 3, filter: filter).entries.isEmpty, "\(name)")
        }
        await ledger.close()
    }
}
