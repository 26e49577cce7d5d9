// SPDX-License-Identifier: Apache-2.0

import GRDB
internal import TransparencyLog
internal import VaultModel

/// Looks for records and tiles where none can be. Asks for those alone: reading all rows to find them takes as long as
/// hashing them.
struct ExtentVerifier {
    let database: Database
    let size: UInt64

    /// The most that is reported of each kind.
    private static let most = 100
    /// A log of 2⁶³ records has full tiles on these levels.
    private static let levels: Range<Int64> = 0..<7

    func damage() throws -> [Damage] {
        var damage = try records().prefix(Self.most).map { Damage.rowAdded(index: $0) }
        damage += try tiles("level < ?", [Self.levels.lowerBound])
        for level in Self.levels {
            let count = Int64(size >> (8 * UInt64(level + 1)))
            damage += try tiles("level = ? AND idx < 0", [level])
            damage += try tiles("level = ? AND idx >= ?", [level, count])
        }
        damage += try tiles("level >= ?", [Self.levels.upperBound])
        return damage
    }

    /// Records with an index below 0, or beyond the log, and single ones where batches have begun.
    private func records() throws -> [Int64] {
        let form = try LogForm(database)
        let end = Int64(clamping: min(try form.firstInBatch(database) ?? .max, size))
        // Two searches: with OR, SQLite would scan.
        let found = try Int64.fetchAll(
            database,
            sql: """
                SELECT idx FROM \(form.rowTable) WHERE idx < 0 UNION ALL SELECT idx FROM \(form.rowTable) WHERE idx >= ?
                ORDER BY idx LIMIT \(Self.most)
                """,
            arguments: [end])
        return try (found + (form.hasBatches ? batches() : [])).sorted()
    }

    private func batches() throws -> [Int64] {
        let end = Int64(clamping: size)
        let rows = try Row.fetchAll(
            database,
            sql: """
                SELECT first, count FROM log_batch WHERE first < 0
                UNION ALL SELECT first, count FROM log_batch WHERE first >= ?
                UNION ALL SELECT * FROM (
                    SELECT first, count FROM log_batch WHERE first >= 0 AND first < ? ORDER BY first DESC LIMIT 1
                )
                ORDER BY first LIMIT \(Self.most)
                """,
            arguments: [end, end])
        return try rows.flatMap { row in
            let first: Int64 = try row.stored(0)
            // A row without records is one too many all the same.
            let count = min(max(try row.stored(1, as: Int64.self), 1), Int64(Tile.width))
            return (0..<count).map { first.saturatingAdding($0) }.filter { $0 < 0 || $0 >= end }
        }
    }

    private func tiles(_ condition: String, _ values: [Int64]) throws -> [Damage] {
        try Row.fetchAll(
            database,
            sql: "SELECT level, idx FROM tile WHERE \(condition) ORDER BY level, idx LIMIT \(Self.most)",
            arguments: StatementArguments(values)
        ).map { .tileAdded(level: try $0.stored(0), index: try $0.stored(1)) }
    }
}
