// SPDX-License-Identifier: Apache-2.0

/// Goes over the log in one direction and collects what a filter lets through, over several transactions.
struct EntryScan {
    private let size: UInt64
    private let limit: Int
    private let reverse: Bool
    private let filter: EntryFilter
    /// What has not been looked at yet.
    private var rest: Range<UInt64>
    private var entries: [Entry] = []
    /// How many records have been looked at.
    private(set) var looked = 0

    init(size: UInt64, from: UInt64?, limit: Int, reverse: Bool, filter: EntryFilter) {
        self.size = size
        self.limit = limit
        self.reverse = reverse
        self.filter = filter
        if reverse {
            rest = 0..<min(from.map { $0 == .max ? $0 : $0 + 1 } ?? size, size)
        } else {
            rest = min(from ?? 0, size)..<size
        }
    }

    var isComplete: Bool { rest.isEmpty || entries.count >= limit }

    var page: EntryPage {
        let next = rest.isEmpty ? nil : reverse ? rest.upperBound - 1 : rest.lowerBound
        return EntryPage(entries: entries, next: next, size: size)
    }

    /// Goes on for as long as one transaction may last, and for at most so many records.
    mutating func run(_ rows: LeafRows, atMost count: Int) throws {
        var budget = ReadBudget(rows: count)
        try rows.scan(rest, reverse: reverse) { index, leaf in
            looked += 1
            rest = reverse ? rest.lowerBound..<index : index + 1..<rest.upperBound
            if filter.isEmpty || filter.matches(RecordFields(leaf)) {
                entries.append(Entry(index: index, text: Array(leaf)))
            }
            return budget.spend() && entries.count < limit
        }
        // No row was left: where some are missing, they are none of this reader's business.
        if !budget.isSpent && entries.count < limit { rest = rest.lowerBound..<rest.lowerBound }
    }
}
