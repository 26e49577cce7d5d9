// SPDX-License-Identifier: Apache-2.0

import CSQLite
import Glibc
import Records
import Synchronization
import SystemPackage
import TransparencyLog
import VaultLedger

/// How long commits of one record take while the ledger has other work to do.
extension Exercise {
    /// Prunes half of a log of so many records while others are committed.
    static func measurePrune(_ directory: FilePath, records: Int) async throws {
        let (ledger, restored) = try Ledger.open(directory: directory)
        var size = restored.size
        while size < records { size = try await ledger.commit(batch(from: size, rows: 256)).size }
        let quiet = try await commits(to: ledger, from: &size, for: .seconds(3))
        report("quiet", quiet)
        let before = size / 2 / UInt64(Tile.width) * UInt64(Tile.width)
        var batch = batch(from: size, rows: 1)
        batch.changes = [.pruned(before: before, record: size)]
        size = try await ledger.commit(batch).size
        let isPruned = Flag()
        let start = ContinuousClock.now
        Task.detached {
            await ledger.prune()
            say("pruned \(before) records in \(seconds(ContinuousClock.now - start)) s")
            isPruned.set()
        }
        report("during", try await commits(to: ledger, from: &size, for: .seconds(600)) { isPruned.isSet })
        await ledger.close()
    }

    /// Lets another connection read in one transaction until the WAL has so many bytes, and has it moved into the database
    /// while records are committed.
    static func measureBacklog(_ directory: FilePath, megabytes: Int) async throws {
        let (ledger, restored) = try Ledger.open(directory: directory)
        var size = try await ledger.commit(batch(from: restored.size, rows: 1)).size
        report("quiet", try await commits(to: ledger, from: &size, for: .seconds(3)))
        var opened: OpaquePointer?
        sqlite3_open(directory.appending("ledger.db").string, &opened)
        sqlite3_exec(opened, "BEGIN; SELECT count(*) FROM tile", nil, nil, nil)
        while try await ledger.checkFiles()?.logBytes ?? 0 < Int64(megabytes) << 20 {
            for _ in 0..<20 { size = try await ledger.commit(batch(from: size, rows: 256)).size }
        }
        sqlite3_close(opened)
        // As the broker does, each second.
        let isEmpty = Flag()
        let start = ContinuousClock.now
        Task.detached {
            while let files = try? await ledger.checkFiles(), files.isLogTooLarge { usleep(100_000) }
            say("emptied after \(seconds(ContinuousClock.now - start)) s")
            isEmpty.set()
        }
        report("during", try await commits(to: ledger, from: &size, for: .seconds(600)) { isEmpty.isSet })
        await ledger.close()
    }

    private final class Flag: Sendable {
        private let value = Atomic(false)
        var isSet: Bool { value.load(ordering: .relaxed) }
        func set() { value.store(true, ordering: .relaxed) }
    }

    /// Commits one record after the other, and gives the times that it took, in seconds.
    private static func commits(
        to ledger: Ledger, from size: inout UInt64, for time: Duration, until isOver: () -> Bool = { false }
    ) async throws -> [Double] {
        var times: [Double] = []
        let end = ContinuousClock.now + time
        while ContinuousClock.now < end, !isOver() {
            let batch = batch(from: size, rows: 1)
            let start = ContinuousClock.now
            size = try await ledger.commit(batch).size
            times.append(seconds(ContinuousClock.now - start))
        }
        return times
    }

    private static func report(_ what: String, _ times: [Double]) {
        let sorted = times.sorted()
        func at(_ part: Double) -> String {
            let place = min(sorted.count - 1, Int(Double(sorted.count) * part))
            return place < 0 ? "-" : "\(Int(sorted[place] * 1e6)) µs"
        }
        say("\(what): \(times.count) commits, p50 \(at(0.5)), p99 \(at(0.99)), p99.9 \(at(0.999)), longest \(at(1))")
    }
}
