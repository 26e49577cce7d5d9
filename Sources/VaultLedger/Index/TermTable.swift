// SPDX-License-Identifier: Apache-2.0

import GRDB

/// Gives texts their numbers, in the index that is being written.
struct TermTable {
    /// Clients can ask for any number of names; no more of them than this are kept in memory.
    private static let cacheLimit = 50_000

    private var known: [Term: UInt64] = [:]

    private struct Term: Hashable {
        var field: IndexField
        var value: String
    }

    mutating func number(of value: String, in field: IndexField, _ database: Database) throws -> UInt64 {
        let term = Term(field: field, value: value)
        if let number = known[term] { return number }
        let number = try stored(term, database) ?? insert(term, database)
        if known.count >= Self.cacheLimit { known.removeAll(keepingCapacity: true) }
        known[term] = number
        return number
    }

    /// Forgets what a transaction that was rolled back had given out.
    mutating func forget() {
        known.removeAll()
    }

    private func stored(_ term: Term, _ database: Database) throws -> UInt64? {
        try Int64.fetchOne(
            database.cachedStatement(sql: "SELECT id FROM term WHERE field = ? AND value = ?"),
            arguments: [term.field.rawValue, term.value]
        ).map { UInt64(bitPattern: $0) }
    }

    private func insert(_ term: Term, _ database: Database) throws -> UInt64 {
        try database.cachedStatement(sql: "INSERT INTO term (field, value) VALUES (?, ?)")
            .execute(arguments: [term.field.rawValue, term.value])
        return UInt64(bitPattern: database.lastInsertedRowID)
    }
}
