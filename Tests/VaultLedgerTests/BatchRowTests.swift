// SPDX-License-Identifier: Apache-2.0

import GRDB
import Records
import SystemPackage
import Testing
import VaultLedger
import VaultTestKit

/// "A row for each commit": what is in it, how it is read, and what is said of one that is not as it was.
@Suite struct BatchRowTests {
    private struct StoredRow: Equatable {
        var first: Int64
        var count: Int64
        var bytes: Int
        var endsCommit: Bool
    }

    private func storedRows(_ files: OpenedLedger) async throws -> [StoredRow] {
        let path = files.database.string
        return try await onThread {
            let queue = try DatabaseQueue(path: path)
            defer { try? queue.close() }
            let sql = """
                SELECT first, count, length(CAST(leaves AS BLOB)), root NOT NULL FROM log_batch ORDER BY first
                """
            return try queue.read { try Row.fetchAll($0, sql: sql) }.map {
                StoredRow(first: $0[0], count: $0[1], bytes: $0[2], endsCommit: $0[3])
            }
        }
    }

    @Test("A commit is a row, but for what lies in two tiles or would be too large, and its last row has the root")
    func layout() async throws {
        let files = try OpenedLedger()
        let (ledger, _) = try await files.open(LedgerOptions(keepsIndex: false))
        var size: UInt64 = 0
        for count in [1, 2, 40, 400] {
            size = try await ledger.commit(TestRecords.grants(from: size, count: count)).size
        }
        let large = (size..<size + 9).map { number in
            Array(#"{"v":1,"index":\#(number),"x":"\#(String(repeating: "x", count: 16_000))"}"#.utf8)
        }
        size = try await ledger.commit(Batch(firstIndex: size, leaves: large, lastTimeUSec: 1)).size
        await ledger.close()
        let rows = try await storedRows(files)
        var next: Int64 = 0
        for row in rows {
            #expect(row.first == next)
            next += row.count
            #expect(row.first / 256 == (next - 1) / 256)
            #expect(row.bytes <= 64 << 10)
            #expect(row.bytes <= 2000 || row.bytes >= 11 << 10 || row.count == 1, "\(row)")
        }
        #expect(next == Int64(size))
        #expect(rows.filter(\.endsCommit).map { $0.first + $0.count } == [1, 3, 43, 443, 452])
        #expect(rows.count < 30)
        #expect(try await files.verify().damage == [])
    }

    @Test("The view gives every record with its exact bytes, and its leaves hash to the root")
    func view() async throws {
        let files = try OpenedLedger()
        let texts = [
            #"{"v":1,"index":0,"t":"a\u00e9 é \"x\" \/ \\ \u0000 😀 ],[ },{"}"#,
            #"{"v":1.50,"e":1e5,"n":-0,"b":[true,null,{}]}"#,
            #"{"v":12345678901234567890123,"o":{"a":[[],[1,2]]},"\n":"\n"}"#, "{}", "[]",
        ]
        let (ledger, _) = try await files.open()
        let tree = try await ledger.commit(
            Batch(firstIndex: 0, leaves: texts.map { Array($0.utf8) }, lastTimeUSec: 1))
        for index in 0..<UInt64(texts.count) {
            #expect(try await ledger.makeReader().record(index)?.text == Array(texts[Int(index)].utf8))
        }
        await ledger.close()
        #expect(try await files.viewedLeaves() == texts.map { Array($0.utf8) })
        let report = try await files.verify()
        #expect(report.damage == [] && report.root == tree.root)
    }

    @Test("Any range is read in either direction, from rows of any length")
    func ranges() async throws {
        var generator = Seed().generator
        let files = try OpenedLedger()
        let (ledger, _) = try await files.open(LedgerOptions(keepsIndex: false))
        var size: UInt64 = 0
        while size < 1500 {
            let count = [1, 1, 2, 5, 30, 300].randomElement(using: &generator) ?? 1
            size = try await ledger.commit(TestRecords.plain(from: size, count: count)).size
        }
        let reader = ledger.makeReader()
        for _ in 0..<200 {
            let from = UInt64.random(in: 0..<size, using: &generator)
            let limit = Int.random(in: 1...300, using: &generator)
            let forward = try await reader.entries(from: from, limit: limit).entries
            #expect(forward.map(\.index) == Array(from..<min(size, from + UInt64(limit))))
            let back = try await reader.entries(from: from, limit: limit, reverse: true).entries
            #expect(back.map(\.index) == (0...from).reversed().prefix(limit).map { $0 })
            for entry in forward + back where entry.text != TestRecords.plain(entry.index) {
                Issue.record("record \(entry.index) is another")
            }
        }
        await ledger.close()
    }

    /// Kinds of damage to rows of 40 records each, and the words for them.
    static let kinds: [(edit: String, damage: [Damage])] = [
        (
            "UPDATE log_batch SET leaves = substr(leaves, 1, instr(leaves, char(10)) - 1) WHERE first = 40",
            [.batch(.count(first: 40, says: 40, has: 1)), .rowsMissing(41..<80)]
        ),
        (
            "UPDATE log_batch SET leaves = leaves || char(10) || '{}' WHERE first = 40",
            [.batch(.count(first: 40, says: 40, has: 41))]
        ),
        (
            "UPDATE log_batch SET count = 39 WHERE first = 40",
            [.batch(.count(first: 40, says: 39, has: 40)), .rowMissing(index: 79)]
        ),
        (
            "UPDATE log_batch SET count = -1 WHERE first = 40",
            [.batch(.count(first: 40, says: -1, has: 40)), .rowsMissing(40..<80)]
        ),
        ("DELETE FROM log_batch WHERE first = 40", [.rowsMissing(40..<80)]),
        ("DELETE FROM log_batch WHERE first >= 320", [.tailCut(index: 320, size: 400)]),
        (
            "UPDATE log_batch SET root = zeroblob(32) WHERE first = 360; DELETE FROM tree_row",
            [.leafOrRootEdited(256..<400)]
        ),
        (
            "INSERT INTO log_batch (first, count, leaves) VALUES (400, 2, '{}' || char(10) || '{}')",
            [.rowAdded(index: 400), .rowAdded(index: 401)]
        ),
    ]

    @Test("A row that is cut, too long, or not what it says is named, and what it lacks is missing")
    func damage() async throws {
        let original = try OpenedLedger()
        try await original.fill(to: 400, rows: 40, keepsIndex: false)
        for (edit, damage) in Self.kinds {
            let copy = try await original.copy()
            try await copy.tamper(Self.withoutTriggers(edit))
            let found = try await copy.verify().damage.filter { if case .schemaMissing = $0 { false } else { true } }
            #expect(found == damage, "\(edit)")
        }
    }

    @Test("Rows that overlap, or go beyond their tile, are named")
    func overlaps() async throws {
        let original = try OpenedLedger()
        try await original.fill(to: 400, rows: 40, keepsIndex: false)
        let overlapping = try await original.copy()
        try await overlapping.tamper(Self.withoutTriggers("UPDATE log_batch SET first = 70 WHERE first = 80"))
        let damage = try await overlapping.verify().damage
        #expect(damage.contains(.batch(.overlaps(first: 70, end: 80))), "\(damage)")
        let crossing = try await original.copy()
        try await crossing.tamper(
            Self.withoutTriggers(
                """
                UPDATE log_batch SET count = count + 24, leaves = leaves || char(10)
                    || (SELECT leaves FROM log_batch AS next WHERE next.first = 256) WHERE first = 240;
                DELETE FROM log_batch WHERE first = 256
                """))
        let found = try await crossing.verify().damage
        #expect(found.contains(.batch(.crossesTile(first: 240, says: 40))), "\(found)")
        #expect(found.contains(.rowsMissing(256..<280)), "\(found)")
        // A reader says so too, and does not give what is not there.
        let reader = LedgerReader(directory: overlapping.state)
        await #expect(throws: LedgerError.self) { try await reader.entries(from: 60, limit: 50) }
    }

    private static func withoutTriggers(_ sql: String) -> String {
        "DROP TRIGGER log_is_never_updated; DROP TRIGGER log_is_never_deleted_from; \(sql)"
    }

    @Test("A log that was closed knows its size apart from its records; one that was not goes by the last commit")
    func storedTree() async throws {
        let files = try OpenedLedger()
        try await files.fill(to: 300, rows: 100)
        let closed = try await files.copy()
        try await closed.tamper(Self.withoutTriggers("DELETE FROM log_batch WHERE first >= 256"))
        #expect(await closed.openingError()?.kind == .damaged)
        let killed = try OpenedLedger()
        let size = try await Exerciser.killed(killed.state, rows: 7, after: .milliseconds(100))
        #expect(try await killed.verify().size >= size)
        #expect(try await killed.verify().damage == [])
    }
}
