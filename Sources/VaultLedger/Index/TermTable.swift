// SPDX-License-Identifier: Apache-2.0

import GRDB
internal import JSONText
internal import VaultModel

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
        let number = try TermLookup(database: database).numbers(of: [value], in: field).first ?? insert(term, database)
        if known.count >= Self.cacheLimit { known.removeAll(keepingCapacity: true) }
        known[term] = number
        return number
    }

    /// Forgets what a transaction that was rolled back had given out.
    mutating func forget() {
        known.removeAll()
    }

    private func insert(_ term: Term, _ database: Database) throws -> UInt64 {
        try database.cachedStatement(sql: "INSERT INTO term (field, value) VALUES (?, ?)")
            .execute(arguments: [term.field.rawValue, term.value])
        return UInt64(bitPattern: database.lastInsertedRowID)
    }
}

/// Finds the numbers of texts.
struct TermLookup {
    let database: Database

    func numbers(of values: [String], in field: IndexField) throws -> [UInt64] {
        try values.compactMap { value in
            try Int64.fetchOne(
                database.cachedStatement(sql: "SELECT id FROM term WHERE field = ? AND value = ?"),
                arguments: [field.rawValue, value]
            ).map { UInt64(bitPattern: $0) }
        }
    }

    /// The numbers of the names that a pattern matches.
    func numbers(matching patterns: [NamePattern]) throws -> Set<UInt64> {
        var numbers: Set<UInt64> = []
        for pattern in patterns {
            // Only names that begin as the pattern does are looked at.
            let prefix = String(pattern.text.unicodeScalars.prefix { $0 != "*" })
            let rows = try Row.fetchCursor(
                database, sql: "SELECT id, value FROM term WHERE field = ? AND value >= ? AND value < ?",
                arguments: [IndexField.capability.rawValue, Self.lowerBound(of: prefix), prefix + "\u{10FFFF}"])
            while let row = try rows.next() {
                if let name = try? CapabilityName(row.stored(1)), pattern.matches(name) {
                    numbers.insert(try row.storedIndex(0))
                }
            }
        }
        return numbers
    }

    /// `logs/**` also matches `logs`, which is less than the prefix.
    private static func lowerBound(of prefix: String) -> String {
        prefix.hasSuffix("/") ? String(prefix.dropLast()) : prefix
    }

    /// The numbers of the lists of rules that have one of these among them.
    func numbers(ofListsWith rules: [String]) throws -> Set<UInt64> {
        var numbers: Set<UInt64> = []
        let rows = try Row.fetchCursor(
            database, sql: "SELECT id, value FROM term WHERE field = ?", arguments: [IndexField.rules.rawValue])
        while let row = try rows.next() {
            let list = try row.stored(1, as: String.self).split(at: "\n")
            if list.contains(where: { rules.contains(String($0)) }) { numbers.insert(try row.storedIndex(0)) }
        }
        return numbers
    }

    func text(of number: UInt64) throws -> String? {
        try String.fetchOne(
            database.cachedStatement(sql: "SELECT value FROM term WHERE id = ?"), arguments: [Int64(bitPattern: number)]
        )
    }
}
