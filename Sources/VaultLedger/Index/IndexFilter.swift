// SPDX-License-Identifier: Apache-2.0

import GRDB
import Records
internal import VaultModel

/// A filter in the terms of the index: which values each column may have.
///
/// Lets through every record that the filter does, and hardly another: whoever reads the record looks again.
struct IndexFilter {
    /// One part of the filter; a record passes if any of its columns has one of the values.
    struct Part {
        var columns: [(field: IndexField, values: Set<UInt64>)]
        /// The other way round: a record passes if its only column has none of the values.
        var excludes = false

        /// Whether no record at all can pass.
        var isImpossible: Bool { !excludes && columns.allSatisfy(\.values.isEmpty) }
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
        if !filter.notType.isEmpty {
            let types = Set(try terms.numbers(of: filter.notType, in: .type))
            parts.append(Part(columns: [(.type, types)], excludes: true))
        }
        if let decision = filter.decision { add(.decision, [IndexField.decision(decision)]) }
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
