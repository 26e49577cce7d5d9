// SPDX-License-Identifier: Apache-2.0

import GRDB
internal import VaultModel

/// In which tables a database has its records.
///
/// One of this version has `log_batch`, and before that what an earlier version wrote, in `log_row`, which is empty in a log
/// that this version began. A copy that no daemon of this version has opened has the table `log`, and a row for each.
struct LogForm {
    /// The first step of the schema with batches.
    private static let firstWithBatches = 4

    let hasBatches: Bool

    init(_ database: Database) throws {
        let version = try Int.fetchOne(database.cachedStatement(sql: "PRAGMA user_version")) ?? 0
        hasBatches = version >= Self.firstWithBatches
    }

    /// The table with a row for each record.
    var rowTable: String { hasBatches ? "log_row" : "log" }
    /// The table with the state as of a commit that brought no record, or of any commit.
    var treeTable: String { hasBatches ? "tree_row" : "tree" }

    /// The record that the first batch begins with; nil where there is none. Rows of single records end there.
    func firstInBatch(_ database: Database) throws -> UInt64? {
        guard hasBatches else { return nil }
        let sql = "SELECT min(first) FROM log_batch WHERE first >= 0"
        return try Int64.fetchOne(database.cachedStatement(sql: sql)).map { UInt64($0) }
    }

    /// The first record that has a text; nil where there is none.
    func firstRecord(_ database: Database) throws -> UInt64? {
        let sql = "SELECT min(idx) FROM \(rowTable) WHERE idx >= 0"
        let row = try Int64.fetchOne(database.cachedStatement(sql: sql)).map { UInt64($0) }
        guard let first = try firstInBatch(database) else { return row }
        return min(row ?? .max, first)
    }

    /// The index of the last record, as the keys have it: anybody can have written them. Nil where there is none.
    func lastRecord(_ database: Database) throws -> Int64? {
        if hasBatches {
            let sql = "SELECT first, count FROM log_batch ORDER BY first DESC LIMIT 1"
            if let row = try Row.fetchOne(database.cachedStatement(sql: sql)) {
                let first: Int64 = try row.stored(0)
                let count: Int64 = try row.stored(1)
                return first.saturatingAdding(max(count, 1) - 1)
            }
        }
        return try Int64.fetchOne(database.cachedStatement(sql: "SELECT max(idx) FROM \(rowTable)"))
    }
}
