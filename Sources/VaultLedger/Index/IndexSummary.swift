// SPDX-License-Identifier: Apache-2.0

import Records
internal import VaultModel

/// Counts over the columns of the index, segment by segment, the last first.
struct IndexSummary {
    private let view: IndexView
    private let key: SummaryKey
    private let filter: IndexFilter
    /// The numbers of the types that are counted.
    private let grant: UInt64?
    private let deny: UInt64?
    private var counts = SegmentCounts()
    /// Of records that do not have the first field, by the second.
    private var fallback = SegmentCounts()
    private var missing: MissingGrants

    /// - Parameter missing: what the records behind these call missing.
    init(_ view: IndexView, by key: SummaryKey, filter: EntryFilter, missing: MissingGrants) throws(IndexError) {
        self.view = view
        self.key = key
        self.missing = missing
        self.filter = try IndexFilter.compile(filter, in: view)
        let terms = TermLookup(database: view.database)
        do {
            grant = try terms.numbers(of: [RecordType.grant.rawValue], in: .type).first
            deny = try terms.numbers(of: [RecordType.deny.rawValue], in: .type).first
        } catch { throw IndexError() }
    }

    /// The column that is counted by, and the one for records that have nothing in it.
    private var fields: (first: IndexField, second: IndexField?) {
        switch key {
        case .capability: (.capability, nil)
        case .user: (.user, .uid)
        case .uid: (.uid, nil)
        case .rule: (.charged, .rules)
        case .exe: (.exe, nil)
        case .unit: (.unit, nil)
        case .time: (.time, nil)
        }
    }

    mutating func add(_ segment: UInt64) throws {
        if filter.isImpossible { return }
        let range = IndexView.range(of: segment)
        missing.add(try view.missing(in: segment))
        let lost = missing.take(in: range).map { Int($0 - range.lowerBound) }
        try count(.range(0..<range.count), in: segment, .grant, .denial)
        if !lost.isEmpty { try count(.list(lost), in: segment, .missing, nil) }
    }

    /// Counts what of these positions passes the filter: each grant as one thing, and each denial as another.
    private mutating func count(
        _ positions: IndexPositions, in segment: UInt64, _ grants: Tally.Kind, _ denials: Tally.Kind?
    ) throws {
        let positions = try view.positions(in: segment, positions, passing: filter)
        if positions.isEmpty { return }
        let (grant, deny) = (grant ?? .max, deny ?? .max)
        try view.with(.type, of: segment) { types in
            if let type = types.constant, type != grant, type != deny { return }
            func tally(_ keys: IndexColumn, _ second: IndexColumn?) {
                let absent = fields.first.isTerm ? IndexField.absentTerm : .max
                keys.visit(positions) { position, value in
                    let type = types[position]
                    guard let kind = type == grant ? grants : type == deny ? denials : nil else { return }
                    if let second, value == absent {
                        fallback.add(second[position], kind)
                    } else {
                        counts.add(rounded(value), kind)
                    }
                }
            }
            try view.with(fields.first, of: segment) { keys in
                guard let second = fields.second else { return tally(keys, nil) }
                try view.with(second, of: segment) { tally(keys, $0) }
            }
        }
    }

    private func rounded(_ value: UInt64) -> UInt64 {
        guard case .time(let step) = key else { return value }
        return UInt64(bitPattern: SummaryKey.round(Int64(bitPattern: value), step))
    }

    /// Adds what was counted, with the texts of the keys, and hands on what is still missing.
    func write(to result: inout SummaryCounts) throws(IndexError) {
        do {
            try write(counts, of: fields.first, to: &result)
            if let second = fields.second { try write(fallback, of: second, to: &result) }
        } catch { throw IndexError() }
        result.missing = missing
    }

    private func write(_ counts: SegmentCounts, of field: IndexField, to result: inout SummaryCounts) throws {
        let terms = TermLookup(database: view.database)
        try counts.visit { try result.add(text(of: $0, in: field, terms), $1) }
    }

    private func text(of value: UInt64, in field: IndexField, _ terms: TermLookup) throws -> String {
        if field == .time { return "\(Int64(bitPattern: value))" }
        if field.isTerm {
            if value == IndexField.absentTerm { return "" }
            guard let text = try terms.text(of: value) else { throw IndexError() }
            return text
        }
        return value == IndexField.absent ? "" : "\(value)"
    }
}

/// Counts gathered over the columns of the index, by the numbers that stand in them.
struct SegmentCounts {
    /// Numbers of terms are small: they index this.
    private var small: [Tally] = []
    private var large: [UInt64: Tally] = [:]
    private static let smallLimit: UInt64 = 1 << 20

    mutating func add(_ key: UInt64, _ kind: Tally.Kind) {
        if key < Self.smallLimit {
            if Int(key) >= small.count {
                small.append(contentsOf: repeatElement(Tally(), count: Int(key) + 1 - small.count))
            }
            small[Int(key)].add(kind)
        } else {
            large[key, default: Tally()].add(kind)
        }
    }

    func visit(_ body: (UInt64, Tally) throws -> Void) rethrows {
        for (key, tally) in small.enumerated() where tally != Tally() { try body(UInt64(key), tally) }
        for (key, tally) in large { try body(key, tally) }
    }
}
