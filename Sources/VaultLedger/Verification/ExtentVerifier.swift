// SPDX-License-Identifier: Apache-2.0

import GRDB
internal import TransparencyLog

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
        // Two searches: with OR, SQLite would scan.
        let records = try Int64.fetchAll(
            database,
            sql: """
                SELECT idx FROM log WHERE idx < 0 UNION ALL SELECT idx FROM log WHERE idx >= ?
                ORDER BY idx LIMIT \(Self.most)
                """,
            arguments: [Int64(size)])
        var damage = records.map { Damage.rowAdded(index: $0) }
        damage += try tiles("level < ?", [Self.levels.lowerBound])
        for level in Self.levels {
            let count = Int64(size >> (8 * UInt64(level + 1)))
            damage += try tiles("level = ? AND idx < 0", [level])
            damage += try tiles("level = ? AND idx >= ?", [level, count])
        }
        damage += try tiles("level >= ?", [Self.levels.upperBound])
        return damage
    }

    private func tiles(_ condition: String, _ values: [Int64]) throws -> [Damage] {
        try Row.fetchAll(
            database,
            sql: "SELECT level, idx FROM tile WHERE \(condition) ORDER BY level, idx LIMIT \(Self.most)",
            arguments: StatementArguments(values)
        ).map { .tileAdded(level: try $0.stored(0), index: try $0.stored(1)) }
    }
}
