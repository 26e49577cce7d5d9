// SPDX-License-Identifier: Apache-2.0

import Records

extension LedgerReader {
    /// Counts the grants and denials that match, by what `key` says; the most frequent first, by time in its order.
    package func summary(by key: SummaryKey, filter: EntryFilter = EntryFilter()) async throws(LedgerError)
        -> [SummaryCount]
    {
        let size = try await tree().size
        var counts = SummaryCounts()
        var next: UInt64 = 0
        while next < size {
            let start = next
            try read { rows, index in
                // The hash of a request is good for finding, and not for counting.
                if let index, filter.request == nil, start < min(index.size, size),
                    let (found, end) = try? Self.count(index, from: start, to: size, by: key, filter)
                {
                    counts.merge(found)
                    next = end
                } else {
                    next = try Self.count(rows, from: start, to: size, by: key, filter, &counts)
                }
            }
            await Task.yield()
        }
        return counts.sorted(by: key)
    }

    /// Counts whole segments for as long as a transaction may last.
    private static func count(
        _ index: IndexView, from start: UInt64, to size: UInt64, by key: SummaryKey, _ filter: EntryFilter
    ) throws -> (SummaryCounts, end: UInt64) {
        guard start.isMultiple(of: IndexSchema.segmentSize) else { throw IndexError() }
        var summary = try IndexSummary(index, by: key, filter: filter)
        var budget = ReadBudget()
        var segment = IndexView.segment(of: start)
        while IndexView.range(of: segment).upperBound <= min(index.size, size), !budget.isSpent {
            try summary.add(segment)
            segment += 1
            budget.checkTime()
        }
        let end = IndexView.range(of: segment).lowerBound
        guard end > start else { throw IndexError() }
        var counts = SummaryCounts()
        try summary.write(to: &counts)
        return (counts, end)
    }

    /// Reads records themselves, to the end of a segment at most.
    private static func count(
        _ rows: LeafRows, from start: UInt64, to size: UInt64, by key: SummaryKey, _ filter: EntryFilter,
        _ counts: inout SummaryCounts
    ) throws -> UInt64 {
        let end = min(size, IndexView.range(of: IndexView.segment(of: start)).upperBound)
        try rows.each(in: start..<end) { _, leaf in
            let fields = RecordFields(leaf)
            if filter.matches(fields) { counts.add(fields, by: key) }
        }
        return end
    }
}
