// SPDX-License-Identifier: Apache-2.0

import Records
import SystemPackage
import VaultLedger
import VaultModel

extension Exercise {
    /// Indexes a ledger that lies there, and times what people ask of it.
    static func measureQueries(_ directory: FilePath, rounds: Int) async throws {
        let indexer = LedgerIndexer(directory: directory)
        let start = ContinuousClock.now
        let size = try await indexer.catchUp()
        report(rows: Int(size), ContinuousClock.now - start)
        let reader = LedgerReader(directory: directory)
        for (name, filter) in try filters(size: size) {
            try await time("page of \(name), newest first", rounds) {
                try await reader.entries(limit: 100, reverse: true, filter: filter).entries.count
            }
        }
        try await time("related", rounds) { try await reader.related(to: size / 2).count }
        for key in [SummaryKey.capability, .user, .rule, .time(everyUSec: 1_000_000)] {
            try await time("summary by \(key)", rounds) { try await reader.summary(by: key).count }
        }
        try await time("summary of one user's denials by capability", rounds) {
            var filter = EntryFilter()
            filter.uid = [1003]
            filter.decision = "deny"
            return try await reader.summary(by: .capability, filter: filter).count
        }
    }

    /// What people ask for: little of much, nothing, the oldest, the newest, and one in a hundred.
    static func filters(size: UInt64) throws -> [(name: String, filter: EntryFilter)] {
        var rare = EntryFilter()
        rare.uid = [1003]
        rare.capability = [try NamePattern("logs/web13/**")]
        rare.decision = "deny"
        var absent = EntryFilter()
        absent.request = "req-none"
        var first = EntryFilter()
        first.request = "req-7"
        var late = EntryFilter()
        late.sinceUSec = 1_795_224_000_000_000 + Int64(size) * 20 - 1000
        var denied = EntryFilter()
        denied.decision = "deny"
        return [("rare", rare), ("absent", absent), ("first", first), ("late", late), ("denied", denied)]
    }

    private static func time(_ what: String, _ rounds: Int, _ body: () async throws -> Int) async throws {
        var best = Duration.seconds(1000)
        var found = 0
        for _ in 0..<rounds {
            let start = ContinuousClock.now
            found = try await body()
            best = min(best, ContinuousClock.now - start)
        }
        say("\(what): \(found) in \(best)")
    }
}
