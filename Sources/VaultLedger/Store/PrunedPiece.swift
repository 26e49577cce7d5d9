// SPDX-License-Identifier: Apache-2.0

import GRDB

/// The first of the texts that were pruned and are still there, as many as are deleted at once.
struct PrunedPiece {
    private let table: String
    private let key: String
    private let range: Range<UInt64>

    /// Nil where there are none.
    ///
    /// - Parameter limit: how many records, but for the last row.
    init?(from database: Database, atMost limit: UInt64) throws {
        let form = try LogForm(database)
        let before = try StateTables(database: database).prunedBefore()
        guard let first = try form.firstRecord(database), first < before else { return nil }
        let batched = try form.firstInBatch(database) ?? .max
        let end = min(first + limit, before)
        if first < batched {
            table = form.rowTable
            key = "idx"
            range = first..<min(end, batched)
        } else {
            table = "log_batch"
            key = "first"
            let sql = "SELECT min(first) FROM log_batch WHERE first >= ?"
            let next = try Int64.fetchOne(database.cachedStatement(sql: sql), arguments: [Int64(end)])
            range = first..<min(next.map { UInt64($0) } ?? before, before)
        }
    }

    func delete(from database: Database) throws {
        try database.cachedStatement(sql: "DELETE FROM \(table) WHERE \(key) >= ? AND \(key) < ?")
            .execute(arguments: [Int64(range.lowerBound), Int64(range.upperBound)])
    }
}
