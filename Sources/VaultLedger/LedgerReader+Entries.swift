// SPDX-License-Identifier: Apache-2.0

extension LedgerReader {
    /// At most `limit` entries that match, beginning with the one at `from`; nil stands for the first, in reverse the last.
    ///
    /// - Parameter scanLimit: how many records are looked at before the page is given out as it is, with a `next` to go on
    ///   from, so that a rare match does not keep the caller waiting.
    package func entries(
        from: UInt64? = nil, limit: Int, reverse: Bool = false, filter: EntryFilter = EntryFilter(),
        scanLimit: Int = 100_000
    ) async throws(LedgerError) -> EntryPage {
        let size = try await tree().size
        var scan = EntryScan(size: size, from: from, limit: limit, reverse: reverse, filter: filter)
        while !scan.isComplete && scan.looked < scanLimit {
            let rest = scanLimit - scan.looked
            try connection.read { try scan.run(LeafRows($0), atMost: rest) }
            // Other queries have their turn between two transactions.
            await Task.yield()
        }
        return scan.page
    }

    /// A record together with those of its request, and the delivery, revocation, release, expiry and exit that are about its
    /// grants, in the order of their indices. Empty where there is no such record.
    ///
    /// Looks at the records around it, as many as one scan may.
    package func related(to index: UInt64) async throws(LedgerError) -> [Entry] {
        guard let record = try await record(index) else { return [] }
        let size = try await tree().size
        var search = RelatedRecords(record)
        let before = index - min(index, RelatedRecords.reach)..<index
        let after = index + 1..<min(size, index + 1 + RelatedRecords.reach)
        for (range, reverse) in [(before, true), (after, false)] {
            var rest = range
            while !rest.isEmpty {
                try connection.read { database in
                    var budget = ReadBudget()
                    try LeafRows(database).scan(rest, reverse: reverse) { index, leaf in
                        search.look(at: index, leaf)
                        rest = reverse ? rest.lowerBound..<index : index + 1..<rest.upperBound
                        return budget.spend()
                    }
                    if !budget.isSpent { rest = rest.lowerBound..<rest.lowerBound }
                }
                await Task.yield()
            }
        }
        return search.found.sorted { $0.index < $1.index }
    }
}
