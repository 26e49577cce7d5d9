// SPDX-License-Identifier: Apache-2.0

import Records
internal import VaultModel

/// How many grants and denials there were of one kind.
package struct SummaryCount: Sendable, Hashable {
    /// The name, the id, or the time in microseconds; empty for records that have none.
    package var key: String
    package var grants: UInt64
    package var denials: UInt64
    /// Those of the grants whose descriptors have not arrived, as their clients say.
    package var missing: UInt64 = 0
}

/// What a summary counts by.
package enum SummaryKey: Sendable, Hashable {
    case capability
    /// The name as it was at the time, else the uid.
    case user
    case uid
    /// The rule that was charged; for a denial the rules that forbade it.
    case rule
    case exe
    case unit
    /// The time, rounded down to a multiple of so many microseconds.
    case time(everyUSec: Int64)

    /// The key of a record that was read itself.
    func text(of fields: RecordFields) -> String {
        switch self {
        case .capability: fields.capability ?? ""
        case .user: fields.user ?? fields.uid.map { "\($0)" } ?? ""
        case .uid: fields.uid.map { "\($0)" } ?? ""
        case .rule: fields.charged ?? fields.rules.joined(separator: "\n")
        case .exe: fields.exe ?? ""
        case .unit: fields.unit ?? ""
        case .time(let step): "\(Self.round(fields.timeUSec, step))"
        }
    }

    static func round(_ time: Int64, _ step: Int64) -> Int64 {
        let rest = time % step
        return rest < 0 ? (time - rest).saturatingSubtracting(step) : time - rest
    }
}

/// The numbers of a ``SummaryCount``.
struct Tally: Equatable {
    enum Kind {
        case grant
        case denial
        case missing
    }

    var grants: UInt64 = 0
    var denials: UInt64 = 0
    var missing: UInt64 = 0

    mutating func add(_ kind: Kind) {
        switch kind {
        case .grant: grants += 1
        case .denial: denials += 1
        case .missing: missing += 1
        }
    }

    static func += (a: inout Tally, b: Tally) {
        a.grants += b.grants
        a.denials += b.denials
        a.missing += b.missing
    }
}

/// The grants that are called missing, while the log is gone through from its end: the record that says so comes first.
struct MissingGrants {
    private var grants: Set<UInt64> = []

    mutating func add(_ told: [UInt64]) { grants.formUnion(told) }

    /// Whether this record, which is gone through now, is one of them.
    mutating func take(_ index: UInt64) -> Bool { grants.remove(index) != nil }

    /// Those of the records that are gone through now.
    mutating func take(in range: Range<UInt64>) -> [UInt64] {
        let found = grants.filter { range.contains($0) }
        grants.subtract(found)
        return found.sorted()
    }
}

/// Counts gathered over the log, from its end.
struct SummaryCounts {
    /// By the key as a text.
    private var texts: [String: Tally] = [:]
    var missing = MissingGrants()

    mutating func add(_ key: String, _ tally: Tally) { texts[key, default: Tally()] += tally }

    /// Adds what was counted from where this has come to.
    mutating func append(_ other: SummaryCounts) {
        for (key, tally) in other.texts { add(key, tally) }
        missing = other.missing
    }

    /// A record that was read itself.
    mutating func add(_ index: UInt64, _ fields: RecordFields, by key: SummaryKey, _ filter: EntryFilter) {
        missing.add(fields.missing)
        let isMissing = missing.take(index)
        guard filter.matches(fields) else { return }
        switch RecordType(rawValue: fields.type) {
        case .grant: add(key.text(of: fields), Tally(grants: 1, missing: isMissing ? 1 : 0))
        case .deny: add(key.text(of: fields), Tally(denials: 1))
        default: break
        }
    }

    /// The most frequent first; by time, in its order.
    func sorted(by key: SummaryKey) -> [SummaryCount] {
        let counts = texts.map {
            SummaryCount(key: $0.key, grants: $0.value.grants, denials: $0.value.denials, missing: $0.value.missing)
        }
        if case .time = key { return counts.sorted { (Int64($0.key) ?? 0) < (Int64($1.key) ?? 0) } }
        return counts.sorted { a, b in
            let (left, right) = (a.grants + a.denials, b.grants + b.denials)
            return left == right ? a.key < b.key : left > right
        }
    }
}
