// SPDX-License-Identifier: Apache-2.0

import Glibc
import Records
import SystemPackage
import VaultLedger
import VaultModel

/// The figures that are promised for a large log, each with its goal: `LedgerExerciser figures DIRECTORY RECORDS`.
///
/// The log is made by the ledger itself, in batches as sixty-four busy clients make them, with the query index filled
/// behind it.
extension Exercise {
    private static let rows = 256

    static func measureFigures(_ directory: FilePath, records: Int) async throws {
        say("| what | found | goal |")
        say("|---|---|---|")
        try await compareWithIndex(directory)
        let state = directory.appending("figures")
        try await generate(state, records: records)
        try await askQuestions(state)
        try await verify(state)
    }

    /// Commits of the same batches with and without the index, in turn, since a machine changes from minute to minute.
    private static func compareWithIndex(_ directory: FilePath) async throws {
        var with: [Double] = []
        var without: [Double] = []
        for round in 0..<3 {
            for keepsIndex in [true, false] {
                let state = directory.appending("index-\(round)-\(keepsIndex)")
                let (ledger, _) = try Ledger.open(
                    directory: state, options: LedgerOptions(keepsIndex: keepsIndex))
                let time = try await commitPaced(ledger, records: 200_000, perSecond: 50_000)
                await ledger.close()
                if keepsIndex { with.append(time) } else { without.append(time) }
            }
        }
        let ratio = median(with) / median(without)
        tell("time in commits at 50,000 records/s, with the index : without", ratio, "≤ 1.1")
    }

    /// Commits at a pace, and gives the seconds that were spent in commits.
    private static func commitPaced(_ ledger: Ledger, records: Int, perSecond: Int) async throws -> Double {
        let clock = ContinuousClock()
        let start = clock.now
        var spent = 0.0
        for first in stride(from: 0, to: records, by: rows) {
            let batch = batch(from: UInt64(first), rows: rows)
            let due = start.advanced(by: .seconds(Double(first) / Double(perSecond)))
            if due > clock.now { try await clock.sleep(until: due) }
            let began = clock.now
            _ = try await ledger.commit(batch)
            spent += seconds(clock.now - began)
        }
        return spent
    }

    private static func generate(_ state: FilePath, records: Int) async throws {
        let (ledger, restored) = try Ledger.open(directory: state)
        var size = restored.size
        let start = ContinuousClock.now
        while size < records {
            let count = min(rows, records - Int(size))
            size = try await ledger.commit(batch(from: size, rows: count)).size
        }
        let made = seconds(ContinuousClock.now - start)
        if size > restored.size { tell("records/s made and committed", Double(size - restored.size) / made, "") }
        guard let indexer = ledger.indexer else { return }
        var indexed = try await indexer.catchUp()
        tell("records not indexed when the last was committed", Double(size - indexed), "")
        while indexed + 3840 <= size {
            try await Task.sleep(for: .milliseconds(1))
            indexed = try await indexer.catchUp()
        }
        let all = seconds(ContinuousClock.now - start)
        if restored.size == 0 { tell("records/s indexed while they are made", Double(size) / all, "≥ 50000") }
        await ledger.close()
    }

    private static func askQuestions(_ state: FilePath) async throws {
        let reader = LedgerReader(directory: state)
        let size = try await reader.tree().size
        for (name, filter) in try filters(size: size) {
            let time = try await best { _ = try await reader.entries(limit: 100, reverse: true, filter: filter) }
            tell("ms for the first page of \(name)", time * 1000, "≤ 50")
        }
        for (name, key) in [
            ("capability", SummaryKey.capability), ("user", .user), ("rule", .rule),
            ("day", .time(everyUSec: 86_400_000_000)),
        ] {
            let time = try await best { _ = try await reader.summary(by: key) }
            tell("s for the summary by \(name)", time, "≤ 1")
        }
    }

    private static func verify(_ state: FilePath) async throws {
        let cores = Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        for threads in Set([1, cores]).sorted() {
            let start = ContinuousClock.now
            let startOfWork = clock()
            let report = try LedgerVerifier(directory: state).verify(threads: threads)
            guard report.isIntact else { throw LedgerError(.damaged, "\(report.damage)", remedy: "") }
            let rate = Double(report.size) / seconds(ContinuousClock.now - start)
            tell("records/s verified by \(threads) threads", rate, "")
            // Others may use the cores too: what a core does in a second of work is the figure.
            let work = Double(clock() - startOfWork) / Double(CLOCKS_PER_SEC)
            tell(
                "records/s verified for each second of a core, \(threads) threads", Double(report.size) / work,
                "≥ 1000000")
        }
    }

    private static func best(_ body: () async throws -> Void) async throws -> Double {
        var best = Double.infinity
        for _ in 0..<5 {
            let start = ContinuousClock.now
            try await body()
            best = min(best, seconds(ContinuousClock.now - start))
        }
        return best
    }

    private static func tell(_ what: String, _ value: Double, _ goal: String) {
        let text = value < 10 ? "\((value * 1000).rounded() / 1000)" : "\(Int(value))"
        say("| \(what) | \(text) | \(goal) |")
    }

    private static func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

    static func seconds(_ time: Duration) -> Double {
        Double(time.components.seconds) + Double(time.components.attoseconds) / 1e18
    }
}
