// SPDX-License-Identifier: Apache-2.0

import Records

/// Goes over the log in one direction and collects what a filter lets through, over several transactions.
///
/// What is indexed is looked up in the index; the newest records, which are not yet, are read themselves, and so is
/// everything where there is no index. What the index finds is read and judged once more.
struct EntryScan {
    private let size: UInt64
    private let limit: Int
    private let reverse: Bool
    private let filter: EntryFilter
    /// What has not been looked at yet.
    private var rest: Range<UInt64>
    private var entries: [Entry] = []
    /// How many records have been read.
    private(set) var looked = 0

    /// - Parameter prunedBefore: no text before this is told, also where it has not been deleted yet.
    init(size: UInt64, prunedBefore: UInt64, from: UInt64?, limit: Int, reverse: Bool, filter: EntryFilter) {
        self.size = size
        self.limit = limit
        self.reverse = reverse
        self.filter = filter
        if reverse {
            rest = 0..<min(from.map { $0 == .max ? $0 : $0 + 1 } ?? size, size)
        } else {
            rest = min(from ?? 0, size)..<size
        }
        rest = rest.clamped(to: min(prunedBefore, size)..<size)
    }

    var isComplete: Bool { rest.isEmpty || entries.count >= limit }

    var page: EntryPage {
        let next = rest.isEmpty ? nil : reverse ? rest.upperBound - 1 : rest.lowerBound
        return EntryPage(entries: entries, next: next, size: size)
    }

    /// Goes on for as long as one transaction may last, and for at most so many records.
    mutating func run(_ rows: LeafRows, index: IndexView?, atMost count: Int) throws {
        var budget = ReadBudget(rows: count)
        // A filter without parts needs no index, and each of its records is read in any case.
        var index = filter.isEmpty ? nil : index
        var indexFilter: IndexFilter?
        while !isComplete && !budget.isSpent {
            let position = reverse ? rest.upperBound - 1 : rest.lowerBound
            guard let view = index, position < view.size else {
                let unindexed = index.map { $0.size..<size } ?? 0..<size
                try read(rest.clamped(to: unindexed), rows, &budget)
                continue
            }
            do {
                let compiled = try indexFilter ?? IndexFilter.compile(filter, in: view)
                indexFilter = compiled
                try lookUp(IndexView.segment(of: position), in: view, compiled, rows, &budget)
            } catch is IndexError {
                // The index is disposable, and the log is not: what it cannot tell is read.
                index = nil
            }
        }
    }

    /// Reads a range that begins where the rest does.
    private mutating func read(_ range: Range<UInt64>, _ rows: LeafRows, _ budget: inout ReadBudget) throws {
        try rows.scan(range, reverse: reverse) { index, leaf in
            judge(index, leaf)
            pass(reverse ? index..<rest.upperBound : rest.lowerBound..<index + 1)
            return budget.spend() && entries.count < limit
        }
        // No row was left: where some are missing, they are none of this reader's business.
        if !budget.isSpent && entries.count < limit { pass(range) }
    }

    /// Looks up what of the rest lies in one segment.
    private mutating func lookUp(
        _ segment: UInt64, in view: IndexView, _ filter: IndexFilter, _ rows: LeafRows, _ budget: inout ReadBudget
    ) throws {
        if filter.isImpossible {
            pass(rest.clamped(to: 0..<view.size))
            return
        }
        let whole = IndexView.range(of: segment)
        let range = rest.clamped(to: whole)
        let inQuestion = Int(range.lowerBound - whole.lowerBound)..<Int(range.upperBound - whole.lowerBound)
        let found = try view.positions(in: segment, .range(inQuestion), passing: filter).all
        for position in reverse ? found.reversed() : found {
            let index = whole.lowerBound + UInt64(position)
            try rows.each(in: index..<index + 1) { judge($0, $1) }
            pass(reverse ? index..<rest.upperBound : rest.lowerBound..<index + 1)
            if !budget.spend() || entries.count >= limit { return }
        }
        pass(range)
        budget.checkTime()
    }

    private mutating func judge(_ index: UInt64, _ leaf: UnsafeRawBufferPointer) {
        looked += 1
        if filter.isEmpty || filter.matches(RecordFields(leaf)) {
            entries.append(Entry(index: index, text: Array(leaf)))
        }
    }

    /// Takes away from the rest what has been looked at, at the end that comes first.
    private mutating func pass(_ range: Range<UInt64>) {
        if reverse {
            rest = rest.lowerBound..<min(rest.upperBound, max(range.lowerBound, rest.lowerBound))
        } else {
            rest = max(rest.lowerBound, min(range.upperBound, rest.upperBound))..<rest.upperBound
        }
    }
}
