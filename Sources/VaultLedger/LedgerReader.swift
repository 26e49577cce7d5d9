// SPDX-License-Identifier: Apache-2.0

import Descriptors
import GRDB
import Records
package import SystemPackage
internal import VaultModel

/// Reads the ledger beside the writer, over a read-only connection on a thread of its own.
///
/// Transactions end after 100 ms or 10,000 rows, so that the WAL can be reset (Decisions: a reader's turn is short). Works
/// while the log cannot be written.
package actor LedgerReader {
    private let executor: ThreadExecutor
    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    let connection: ReadConnection
    private let index: IndexConnection

    init(registry: ReaderRegistry, index path: FilePath) {
        executor = ThreadExecutor(name: "ledger reader")
        connection = registry.makeConnection()
        index = IndexConnection(path)
    }

    /// A reader for a process that does not write, such as one that verifies.
    package init(directory: FilePath) {
        let files = StateDirectory(directory)
        self.init(registry: ReaderRegistry(database: files.database), index: files.index)
    }

    /// Runs `body` on the log and, where there is one, on its index, within one short transaction.
    func read<Result>(_ body: (LeafRows, IndexView?) throws -> Result) throws(LedgerError) -> Result {
        try connection.read { database in
            try index.read(database) { try body(LeafRows(database), $0) }
        }
    }

    /// The size and root as of the last commit.
    package func tree() async throws(LedgerError) -> TreeState {
        try connection.read { database in
            let tree = try StateTables(database: database).tree()
            return TreeState(size: tree.size, root: tree.root)
        }
    }

    /// Every revision of the policy, newest first, without the files.
    package func revisions() async throws(LedgerError) -> [PolicyRevision] {
        try connection.read { try PolicyTables(database: $0).revisions() }
    }

    /// The policy as of a revision; nil where there was none of that number.
    package func policy(revision: Int) async throws(LedgerError) -> StoredPolicy? {
        try connection.read { try PolicyTables(database: $0).policy(revision: revision) }
    }

    /// The ids of all rules that were removed or suspended at a later revision than this one, whatever became of them since.
    package func rulesTakenAway(after revision: Int) async throws(LedgerError) -> Set<String> {
        try connection.read { try PolicyTables(database: $0).rulesTakenAway(after: revision) }
    }

    /// One record; nil where there is none at this index.
    package func record(_ index: UInt64) async throws(LedgerError) -> Entry? {
        try connection.read { try LeafRows($0).leaf(index).map { Entry(index: index, text: $0) } }
    }

    /// At most `limit` entries that match, beginning with the one at `from`; nil stands for the first, in reverse the last.
    ///
    /// - Parameters:
    ///   - scanLimit: how many records are read before the page is given out as it is, with a `next` to go on from, so that a
    ///     rare match among records that are not indexed does not keep the caller waiting.
    ///   - prunedBefore: no record before this is given out, also where its text has not been deleted yet.
    package func entries(
        from: UInt64? = nil, limit: Int, reverse: Bool = false, filter: EntryFilter = EntryFilter(),
        scanLimit: Int = 100_000, prunedBefore: UInt64 = 0
    ) async throws(LedgerError) -> EntryPage {
        let size = try await tree().size
        var scan = EntryScan(
            size: size, prunedBefore: prunedBefore, from: from, limit: limit, reverse: reverse, filter: filter)
        while !scan.isComplete && scan.looked < scanLimit {
            let rest = scanLimit - scan.looked
            try read { rows, index in try scan.run(rows, index: index, atMost: rest) }
            // Other queries have their turn between two transactions.
            await Task.yield()
        }
        return scan.page
    }

    /// A record together with those of its request, the deliveries of its grants, and what else says that it is about
    /// one of them (release, expiry, exit) or revokes its rule, in the order of their indices. Empty where there is no such record.
    package func related(to index: UInt64) async throws(LedgerError) -> [Entry] {
        guard let record = try await record(index) else { return [] }
        var search = RelatedRecords(record)
        if let grant = search.grantOfRecord, let entry = try await self.record(grant) { search.addGrant(entry) }
        if let request = search.request {
            var filter = EntryFilter()
            filter.request = request
            let page = try await entries(limit: RelatedRecords.limit, filter: filter, scanLimit: .max)
            for entry in page.entries { search.add(entry) }
        }
        guard let first = search.grants.min() else { return search.found }
        var filter = EntryFilter()
        filter.grant = search.grants.sorted()
        let later = try await entries(from: first, limit: RelatedRecords.limit, filter: filter, scanLimit: .max)
        for entry in later.entries { search.add(entry) }
        // A grant's delivery follows it soon; it is not looked for all over the log. A revocation names rules, and ends what
        // was granted under them.
        try await add(.delivery, from: first, to: &search) {
            $0.isDeliveryLookedFor($1)
        } by: {
            $0.addDelivery($1)
        }
        try await add(.revoke, from: first, to: &search) { search, _ in
            !search.unrevoked.isEmpty
        } by: {
            $0.addRevocation($1)
        }
        return search.found
    }

    /// Adds the records of one type for as long as one is looked for.
    private func add(
        _ type: RecordType, from first: UInt64, to search: inout RelatedRecords,
        while isLookedFor: (RelatedRecords, UInt64) -> Bool, by add: (inout RelatedRecords, Entry) -> Void
    ) async throws(LedgerError) {
        var filter = EntryFilter()
        filter.type = [type.rawValue]
        var next: UInt64? = first
        while let from = next, isLookedFor(search, from) {
            let page = try await entries(from: from, limit: 64, filter: filter)
            for entry in page.entries { add(&search, entry) }
            next = page.next
        }
    }

    /// Counts the grants and denials that match, by what `key` says; the most frequent first, by time in its order.
    package func summary(by key: SummaryKey, filter: EntryFilter = EntryFilter()) async throws(LedgerError)
        -> [SummaryCount]
    {
        var counts = SummaryCounts()
        // What became of a grant stands behind it: from the end on, it is known when its grant is counted.
        var end = try await tree().size
        while end > 0 {
            let start = end
            try read { rows, index in
                // The hash of a request is good for finding, and not for counting.
                if let index, filter.request == nil, start <= index.size,
                    let (found, begin) = try? Self.count(index, before: start, by: key, filter, counts.missing)
                {
                    counts.append(found)
                    end = begin
                } else {
                    end = try Self.count(rows, before: start, by: key, filter, &counts)
                }
            }
            await Task.yield()
        }
        return counts.sorted(by: key)
    }

    /// Counts whole segments for as long as a transaction may last.
    private static func count(
        _ index: IndexView, before end: UInt64, by key: SummaryKey, _ filter: EntryFilter, _ missing: MissingGrants
    ) throws -> (SummaryCounts, begin: UInt64) {
        guard end.isMultiple(of: IndexSchema.segmentSize) else { throw IndexError() }
        var summary = try IndexSummary(index, by: key, filter: filter, missing: missing)
        var budget = ReadBudget()
        var begin = end
        while begin > 0, !budget.isSpent {
            begin -= IndexSchema.segmentSize
            try summary.add(IndexView.segment(of: begin))
            budget.checkTime()
        }
        var counts = SummaryCounts()
        try summary.write(to: &counts)
        return (counts, begin)
    }

    /// Reads records themselves, to the beginning of a segment at most.
    private static func count(
        _ rows: LeafRows, before end: UInt64, by key: SummaryKey, _ filter: EntryFilter, _ counts: inout SummaryCounts
    ) throws -> UInt64 {
        let begin = IndexView.range(of: IndexView.segment(of: end - 1)).lowerBound
        try rows.scan(begin..<end, reverse: true) { index, leaf in
            counts.add(index, RecordFields(leaf), by: key, filter)
            return true
        }
        return begin
    }
}

/// One record of the log: its index and its exact bytes.
package struct Entry: Sendable, Hashable {
    package var index: UInt64
    package var text: [UInt8]
}

/// A page of entries, and where the next one begins.
package struct EntryPage: Sendable, Equatable {
    package var entries: [Entry]
    /// Where to go on in the same direction; nil when the end of the log (in reverse: its beginning) was reached.
    package var next: UInt64?
    /// The size of the log that the page was taken from.
    package var size: UInt64
}
