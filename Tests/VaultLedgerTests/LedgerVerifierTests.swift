// SPDX-License-Identifier: Apache-2.0

import Records
import Synchronization
import SystemPackage
import Testing
import VaultLedger
import VaultTestKit

@Suite struct LedgerVerifierTests {
    @Test("A ledger as it was written is intact", arguments: [0, 1, 255, 256, 257, 65_537])
    func intact(size: Int) async throws {
        let files = try OpenedLedger()
        let tree = try await files.fill(to: size, rows: 5000)
        let report = try await files.verify(threads: 3)
        #expect(report == VerificationReport(size: tree.size, root: tree.root, damage: []))
        #expect(report.isIntact)
    }

    @Test("A ledger that is being written verifies up to the size it had")
    func whileWriting() async throws {
        let files = try OpenedLedger()
        let (ledger, _) = try await files.open()
        _ = try await ledger.commit(TestRecords.plain(from: 0, count: 3000))
        async let report = files.verify()
        for index in 0..<20 {
            _ = try await ledger.commit(TestRecords.plain(from: UInt64(3000 + index * 100), count: 100))
        }
        let found = try await report
        #expect(found.damage == [])
        #expect(found.size >= 3000)
        #expect(found.root == TreeState.ofPlain(Int(found.size)).root)
        await ledger.close()
    }

    /// Kinds of damage, done to a ledger of 3,000 records, and what is to be said of each.
    static let kinds: [(edit: String, damage: [Damage])] = [
        ("UPDATE log SET leaf = replace(leaf, 'start', 'storp') WHERE idx = 1000", [.leafEdited(index: 1000)]),
        ("UPDATE log SET leaf = leaf || ' ' WHERE idx = 1000", [.leafEdited(index: 1000)]),
        (
            "UPDATE log SET leaf = leaf || ' ' WHERE idx IN (0, 255, 2000)",
            [.leafEdited(index: 0), .leafEdited(index: 2000)]
        ),
        ("UPDATE log SET leaf = leaf || ' ' WHERE idx = 2999", [.leafOrRootEdited(2816..<3000)]),
        ("DELETE FROM log WHERE idx = 1234", [.rowMissing(index: 1234)]),
        ("DELETE FROM log WHERE idx IN (5, 70, 2990)", [5, 70, 2990].map { .rowMissing(index: $0) }),
        ("DELETE FROM log WHERE idx BETWEEN 600 AND 899", [.rowsMissing(600..<900)]),
        (
            "DELETE FROM log WHERE idx = 500; UPDATE log SET leaf = leaf || ' ' WHERE idx = 300",
            [.leafEdited(index: 300), .rowMissing(index: 500)]
        ),
        (
            "DELETE FROM log WHERE idx = 300; UPDATE log SET leaf = leaf || ' ' WHERE idx = 500",
            [.rowMissing(index: 300), .leafEdited(index: 500)]
        ),
        (
            "UPDATE tree SET size = \(Int64.max)",
            [
                .tileMissing(level: 0, index: 11, firstRecord: 2816),
                .tailCut(index: 3000, size: UInt64(Int64.max)),
            ]
        ),
        ("DELETE FROM log WHERE idx >= 2500", [.tailCut(index: 2500, size: 3000)]),
        ("INSERT INTO log VALUES (3000, '{}')", [.rowAdded(index: 3000)]),
        ("INSERT INTO log VALUES (-1, '{}')", [.rowAdded(index: -1)]),
        (
            """
            UPDATE log SET idx = -5 WHERE idx = 100; UPDATE log SET idx = 100 WHERE idx = 200;
            UPDATE log SET idx = 200 WHERE idx = -5
            """,
            [.rowMoved(index: 100, says: 200), .leafEdited(index: 100), .rowMoved(index: 200, says: 100)]
        ),
        (
            "UPDATE tile SET hashes = randomblob(8192) WHERE level = 0 AND idx = 2",
            [.tileEdited(level: 0, index: 2, firstRecord: 512)]
        ),
        ("DELETE FROM tile WHERE level = 0 AND idx = 9", [.tileMissing(level: 0, index: 9, firstRecord: 2304)]),
        ("INSERT INTO tile VALUES (0, 11, zeroblob(8192))", [.tileAdded(level: 0, index: 11)]),
        ("INSERT INTO tile VALUES (2, 0, zeroblob(8192))", [.tileAdded(level: 2, index: 0)]),
        ("INSERT INTO tile VALUES (0, -1, zeroblob(8192))", [.tileAdded(level: 0, index: -1)]),
        ("INSERT INTO tile VALUES (-1, 0, zeroblob(8192))", [.tileAdded(level: -1, index: 0)]),
        ("INSERT INTO tile VALUES (7, 3, zeroblob(8192))", [.tileAdded(level: 7, index: 3)]),
        ("UPDATE tree SET root = zeroblob(32)", [.leafOrRootEdited(2816..<3000)]),
    ]

    /// The same where there is a tile of the second level.
    static let upperKinds: [(edit: String, damage: [Damage])] = [
        (
            "UPDATE tile SET hashes = CAST(substr(hashes, 1, 8160) || zeroblob(32) AS BLOB) WHERE level = 1",
            [.tileEdited(level: 1, index: 0, firstRecord: 255 * 256)]
        ),
        ("DELETE FROM tile WHERE level = 1", [.tileMissing(level: 1, index: 0, firstRecord: 0)]),
        (
            """
            UPDATE log SET leaf = leaf || ' ' WHERE idx = 700;
            UPDATE tile SET hashes = randomblob(8192) WHERE level = 0 AND idx = 2
            """,
            [.leafEdited(index: 512), .tileEdited(level: 0, index: 2, firstRecord: 512)]
        ),
        (
            """
            UPDATE tree SET root = zeroblob(32);
            UPDATE tile SET hashes = randomblob(8192) WHERE level = 0 AND idx = 2
            """,
            [.tileEdited(level: 0, index: 2, firstRecord: 512)]
        ),
    ]

    @Test("Each kind of damage has its own words and names the first bad index")
    func damage() async throws {
        for (size, kinds) in [(3000, Self.kinds), (65_600, Self.upperKinds)] {
            let original = try OpenedLedger()
            try await original.fill(to: size, rows: 5000)
            for (edit, damage) in kinds {
                let copy = try await original.copy()
                try await copy.tamperPastTriggers(edit)
                let report = try await copy.verify()
                #expect(report.damage == damage, "\(edit)")
            }
            #expect(try await original.verify().damage == [])
        }
    }

    @Test("An edited root is told from an edited record where the tiles reach to the end")
    func editedRoot() async throws {
        let files = try OpenedLedger()
        let tree = try await files.fill(to: 512)
        try await files.tamperPastTriggers("UPDATE tree SET root = zeroblob(32)")
        let report = try await files.verify()
        #expect(report.damage == [.rootEdited(size: 512)])
        #expect(report.root == tree.root)
    }

    @Test("A daemon refuses a database whose only records have an index below 0, and does not break off")
    func negativeIndex() async throws {
        for size in [0, 3] {
            let files = try OpenedLedger()
            try await files.fill(to: size)
            try await files.tamperPastTriggers("DELETE FROM log; INSERT INTO log VALUES (-5, '{}')")
            #expect(await files.openingError()?.kind == .damaged)
            #expect(try await files.verify().damage.contains(.rowAdded(index: -5)))
        }
    }

    @Test("A dropped or weakened trigger is found, and so is anything added")
    func schema() async throws {
        let files = try OpenedLedger()
        try await files.fill(to: 3)
        try await files.tamper(
            """
            DROP TRIGGER log_is_never_updated;
            DROP TRIGGER log_is_never_deleted_from;
            CREATE TRIGGER log_is_never_deleted_from BEFORE DELETE ON log_batch BEGIN SELECT 1; END;
            CREATE INDEX extra ON log_batch (count)
            """)
        #expect(
            try await files.verify().damage == [
                .schemaAdded(name: "index extra"), .schemaChanged(name: "trigger log_is_never_deleted_from"),
                .schemaMissing(name: "trigger log_is_never_updated"),
            ])
    }

    @Test("A page of noise is told as what cannot be read")
    func unreadable() async throws {
        let files = try OpenedLedger()
        try await files.fill(to: 20_000)
        let path = files.database
        try await onThread {
            let file = try FileDescriptor.open(path, .readWrite)
            var page = [UInt8](repeating: 0, count: 8192)
            var offset: Int64 = 8192 * 40
            // Behind the first pages of all tables. A leaf of a table begins with 13; what lies between is a tile.
            repeat {
                offset += 8192
                _ = try page.withUnsafeMutableBytes { try file.read(fromAbsoluteOffset: offset, into: $0) }
            } while page[0] != 13
            try file.writeAll(toAbsoluteOffset: offset, [UInt8](repeating: 0xA5, count: 8192))
            try file.close()
        }
        let damage = try await files.verify().damage
        #expect(damage.contains { if case .unreadable = $0 { true } else { false } }, "\(damage)")
    }

    @Test("Progress ends with all of the records")
    func progress() async throws {
        let files = try OpenedLedger()
        try await files.fill(to: 20_000, rows: 5000)
        let state = files.state
        let seen = Mutex<[UInt64]>([])
        _ = try await onThread {
            try LedgerVerifier(directory: state).verify(threads: 2) { done, all in
                seen.withLock { $0.append(all == 20_000 ? done : 0) }
            }
        }
        #expect(seen.withLock { $0.max() } == 20_000)
        #expect(seen.withLock { $0.count } == 3)
    }

    @Test("Every damage says which record it is about")
    func words() {
        let all: [Damage] = [
            .leafEdited(index: 7), .leafOrRootEdited(7..<9), .rowMissing(index: 7), .rowsMissing(7..<9),
            .tailCut(index: 7, size: 9),
            .rowAdded(index: 7), .rowMoved(index: 7, says: 8), .tileEdited(level: 0, index: 0, firstRecord: 7),
            .tileMissing(level: 0, index: 0, firstRecord: 7), .rootEdited(size: 7),
            .unreadable(index: 7, message: "m"), .batch(.count(first: 7, says: 3, has: 2)),
            .batch(.overlaps(first: 7, end: 9)), .batch(.crossesTile(first: 7, says: 300)),
        ]
        for damage in all {
            #expect(damage.firstIndex == 7)
            #expect("\(damage)".contains("7"))
        }
        #expect(Set(all.map { "\($0)" }).count == all.count)
    }
}
