// SPDX-License-Identifier: Apache-2.0

import Records
internal import VaultModel

/// Counts over the columns of the index, segment by segment.
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

    init(_ view: IndexView, by key: SummaryKey, filter: EntryFilter) throws(IndexError) {
        self.view = view
        self.key = key
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
        let all = 0..<Int(IndexSchema.segmentSize)
        let positions = try view.positions(in: segment, .range(all), passing: filter)
        if positions.isEmpty { return }
        let (grant, deny) = (grant ?? .max, deny ?? .max)
        try view.with(.type, of: segment) { types in
            if let type = types.constant, type != grant, type != deny { return }
            try view.with(fields.first, of: segment) { keys in
                guard let second = fields.second else {
                    count(positions, types, keys, nil, grant, deny)
                    return
                }
                try view.with(second, of: segment) { count(positions, types, keys, $0, grant, deny) }
            }
        }
    }

    private mutating func count(
        _ positions: IndexPositions, _ types: IndexColumn, _ keys: IndexColumn, _ second: IndexColumn?,
        _ grant: UInt64, _ deny: UInt64
    ) {
        let absent = fields.first.isTerm ? IndexField.absentTerm : .max
        keys.visit(positions) { position, value in
            let type = types[position]
            guard type == grant || type == deny else { return }
            if let second, value == absent {
                fallback.add(second[position], isGrant: type == grant)
            } else {
                counts.add(rounded(value), isGrant: type == grant)
            }
        }
    }

    private func rounded(_ value: UInt64) -> UInt64 {
        guard case .time(let step) = key else { return value }
        return UInt64(bitPattern: SummaryKey.round(Int64(bitPattern: value), step))
    }

    /// Adds what was counted, with the texts of the keys.
    func write(to result: inout SummaryCounts) throws(IndexError) {
        do {
            try write(counts, of: fields.first, to: &result)
            if let second = fields.second { try write(fallback, of: second, to: &result) }
        } catch { throw IndexError() }
    }

    private func write(_ counts: SegmentCounts, of field: IndexField, to result: inout SummaryCounts) throws {
        let terms = TermLookup(database: view.database)
        try counts.visit { value, grants, denials in
            result.add(try text(of: value, in: field, terms), grants: grants, denials: denials)
        }
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
    private var small: [(grants: UInt64, denials: UInt64)] = []
    private var large: [UInt64: (grants: UInt64, denials: UInt64)] = [:]
    private static let smallLimit: UInt64 = 1 << 20

    mutating func add(_ key: UInt64, isGrant: Bool, count: UInt64 = 1) {
        if key < Self.smallLimit {
            if Int(key) >= small.count {
                small.append(contentsOf: repeatElement((grants: 0, denials: 0), count: Int(key) + 1 - small.count))
            }
            if isGrant { small[Int(key)].grants += count } else { small[Int(key)].denials += count }
        } else if isGrant {
            large[key, default: (0, 0)].grants += count
        } else {
            large[key, default: (0, 0)].denials += count
        }
    }

    func visit(_ body: (UInt64, UInt64, UInt64) throws -> Void) rethrows {
        for (key, count) in small.enumerated() where count.grants + count.denials > 0 {
            try body(UInt64(key), count.grants, count.denials)
        }
        for (key, count) in large { try body(key, count.grants, count.denials) }
    }
}
