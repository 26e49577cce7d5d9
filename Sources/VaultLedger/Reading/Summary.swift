// SPDX-License-Identifier: Apache-2.0

import Records
internal import VaultModel

/// How many grants and denials there were of one kind.
package struct SummaryCount: Sendable, Hashable {
    /// The name, the id, or the time in microseconds; empty for records that have none.
    package var key: String
    package var grants: UInt64
    package var denials: UInt64
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

/// Counts gathered over the log.
struct SummaryCounts {
    /// By the key as a text.
    private var texts: [String: (grants: UInt64, denials: UInt64)] = [:]

    mutating func add(_ key: String, grants: UInt64, denials: UInt64) {
        texts[key, default: (0, 0)].grants += grants
        texts[key, default: (0, 0)].denials += denials
    }

    mutating func merge(_ other: SummaryCounts) {
        for (key, count) in other.texts { add(key, grants: count.grants, denials: count.denials) }
    }

    /// A record that was read itself.
    mutating func add(_ fields: RecordFields, by key: SummaryKey) {
        switch RecordType(rawValue: fields.type) {
        case .grant: add(key.text(of: fields), grants: 1, denials: 0)
        case .deny: add(key.text(of: fields), grants: 0, denials: 1)
        default: break
        }
    }

    /// The most frequent first; by time, in its order.
    func sorted(by key: SummaryKey) -> [SummaryCount] {
        let counts = texts.map { SummaryCount(key: $0.key, grants: $0.value.grants, denials: $0.value.denials) }
        if case .time = key { return counts.sorted { (Int64($0.key) ?? 0) < (Int64($1.key) ?? 0) } }
        return counts.sorted { a, b in
            let (left, right) = (a.grants + a.denials, b.grants + b.denials)
            return left == right ? a.key < b.key : left > right
        }
    }
}
