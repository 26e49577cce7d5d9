// SPDX-License-Identifier: Apache-2.0

import Records
internal import VaultModel

extension LedgerReader {
    /// At most `limit` entries that match, beginning with the one at `from`; nil stands for the first, in reverse the last.
    ///
    /// - Parameter scanLimit: how many records are read before the page is given out as it is, with a `next` to go on
    ///   from, so that a rare match among records that are not indexed does not keep the caller waiting.
    package func entries(
        from: UInt64? = nil, limit: Int, reverse: Bool = false, filter: EntryFilter = EntryFilter(),
        scanLimit: Int = 100_000
    ) async throws(LedgerError) -> EntryPage {
        let size = try await tree().size
        var scan = EntryScan(size: size, from: from, limit: limit, reverse: reverse, filter: filter)
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
        try await addDeliveries(to: &search, from: first)
        try await addRevocations(to: &search, from: first)
        return search.found
    }

    /// A revocation names rules, and ends what was granted under them.
    private func addRevocations(to search: inout RelatedRecords, from first: UInt64) async throws(LedgerError) {
        var filter = EntryFilter()
        filter.type = [RecordType.revoke.rawValue]
        var next: UInt64? = first
        while let from = next, !search.unrevoked.isEmpty {
            let page = try await entries(from: from, limit: 64, filter: filter)
            for entry in page.entries { search.addRevocation(entry) }
            next = page.next
        }
    }

    /// A grant's delivery follows it soon; it is not looked for all over the log.
    private func addDeliveries(to search: inout RelatedRecords, from first: UInt64) async throws(LedgerError) {
        var filter = EntryFilter()
        filter.type = [RecordType.delivery.rawValue]
        var next: UInt64? = first
        while let from = next, !search.undelivered.isEmpty, from < search.endOfDeliveries {
            let page = try await entries(from: from, limit: 64, filter: filter)
            for entry in page.entries { search.addDelivery(entry) }
            next = page.next
        }
    }
}
