// SPDX-License-Identifier: Apache-2.0

import GRDB
internal import VaultModel

/// A filter in the terms of the index: which values each column may have.
///
/// Lets through every record that the filter does, and hardly another: whoever reads the record looks again.
struct IndexFilter {
    /// One part of the filter; a record passes if any of its columns has one of the values.
    struct Part {
        var columns: [(field: IndexField, values: Set<UInt64>)]

        /// Whether no record at all can pass.
        var isImpossible: Bool { columns.allSatisfy(\.values.isEmpty) }
    }

    private(set) var parts: [Part] = []
    /// Half-open, like the filter's.
    private(set) var times: (since: Int64, until: Int64)?

    var isImpossible: Bool { parts.contains(where: \.isImpossible) }

    /// The filter in the terms of an index.
    static func compile(_ filter: EntryFilter, in view: IndexView) throws(IndexError) -> IndexFilter {
        do { return try IndexFilter(filter, in: view.database) } catch { throw IndexError() }
    }

    private init(_ filter: EntryFilter, in database: Database) throws {
        let terms = TermLookup(database: database)
        if filter.sinceUSec != nil || filter.untilUSec != nil {
            times = (filter.sinceUSec ?? .min, filter.untilUSec ?? .max)
        }
        add(.grant, filter.grant)
        add(.uid, filter.uid.map { UInt64($0) })
        add(.loginuid, filter.loginuid.map { UInt64($0) })
        add(.pid, filter.pid.map { UInt64(UInt32(bitPattern: $0)) })
        add(.exe, try terms.numbers(of: filter.exe, in: .exe), wanted: filter.exe)
        add(.unit, try terms.numbers(of: filter.unit, in: .unit), wanted: filter.unit)
        add(.type, try terms.numbers(of: filter.type, in: .type), wanted: filter.type)
        if let decision = filter.decision { add(.decision, [IndexField.Decision.value(of: decision)]) }
        if let request = filter.request { add(.request, [RequestHash.value(of: request)]) }
        if !filter.capability.isEmpty {
            parts.append(Part(columns: [(.capability, try terms.numbers(matching: filter.capability))]))
        }
        if !filter.rule.isEmpty {
            parts.append(
                Part(columns: [
                    (.charged, Set(try terms.numbers(of: filter.rule, in: .charged))),
                    (.rules, try terms.numbers(ofListsWith: filter.rule)),
                ]))
        }
    }

    private mutating func add(_ field: IndexField, _ values: [UInt64]) {
        if !values.isEmpty { parts.append(Part(columns: [(field, Set(values))])) }
    }

    /// The same for texts, where a part stands even if the log has none of them.
    private mutating func add(_ field: IndexField, _ values: [UInt64], wanted: [String]) {
        if !wanted.isEmpty { parts.append(Part(columns: [(field, Set(values))])) }
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
            let prefix = String(pattern.text.prefix { $0 != "*" })
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
            let list = try row.stored(1, as: String.self).split(separator: "\n")
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
