// SPDX-License-Identifier: Apache-2.0

import GRDB
internal import TransparencyLog

/// Looks for records and tiles where none can be.
struct ExtentVerifier {
    let database: Database
    let size: UInt64

    func damage() throws -> [Damage] {
        let rows = try Int64.fetchAll(
            database, sql: "SELECT idx FROM log WHERE idx < 0 OR idx >= ? ORDER BY idx LIMIT 100",
            arguments: [Int64(size)])
        let tiles = try Row.fetchAll(database, sql: "SELECT level, idx FROM tile ORDER BY level, idx DESC")
        var damage = rows.map { Damage.rowAdded(index: $0) }
        var seen: Int64?
        for row in tiles {
            let level: Int64 = row[0]
            let index: Int64 = row[1]
            // Each level is read from its end; what is within the log ends the search in it.
            if seen == level { continue }
            let count = level >= 0 && level < 7 ? size >> (8 * UInt64(level + 1)) : 0
            if index >= 0, UInt64(index) < count {
                seen = level
            } else {
                damage.append(.tileAdded(level: Int(level), index: UInt64(clamping: index)))
            }
        }
        return damage
    }
}
