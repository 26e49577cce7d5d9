// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Glibc
import Records
import SystemPackage
import TransparencyLog
import VaultLedger
import VaultModel

/// A process that writes a ledger, for tests that kill it, starve it, or count its system calls, and for measuring.
///
///     LedgerExerciser commit DIRECTORY ROWS [TRANSACTIONS]
///     LedgerExerciser recover DIRECTORY ROWS TRANSACTIONS
///     LedgerExerciser measure DIRECTORY ROWS TRANSACTIONS
///     LedgerExerciser baseline DIRECTORY ROWS TRANSACTIONS
///     LedgerExerciser records DIRECTORY ROWS TRANSACTIONS
///     LedgerExerciser verify DIRECTORY THREADS
///     LedgerExerciser query DIRECTORY ROUNDS
///     LedgerExerciser figures DIRECTORY RECORDS
///     LedgerExerciser prune DIRECTORY RECORDS
///     LedgerExerciser backlog DIRECTORY MEGABYTES
///
/// `commit` prints a line with the size after each commit that was acknowledged. `recover` does so too, reopens after each
/// commit that failed, and prints what it found. `baseline` stores the same rows through the C interface of SQLite alone; `records`
/// only makes their texts; `verify` hashes what is stored; `query` indexes it and
/// times filtered queries and summaries; `figures` makes a large log and prints the figures that are promised for one;
/// `prune` and `backlog` time commits while half of a log is pruned, and while a large WAL is moved into the database.
@main
enum Exercise {
    /// Waits here for the work: an asynchronous `main` has libdispatch end the main thread, which no valgrind survives.
    static func main() {
        let arguments = CommandLine.arguments
        let done = DispatchSemaphore(value: 0)
        Task.detached {
            await run(arguments)
            done.signal()
        }
        done.wait()
    }

    private static func run(_ arguments: [String]) async {
        guard arguments.count >= 4, let rows = Int(arguments[3]) else {
            say(
                "usage: LedgerExerciser commit|recover|measure|baseline|records|verify|query|figures|prune|backlog "
                    + "DIRECTORY ROWS [TRANSACTIONS]"
            )
            exit(2)
        }
        let directory = FilePath(arguments[2])
        let transactions = arguments.count > 4 ? Int(arguments[4]) ?? 1 : Int.max
        do {
            switch arguments[1] {
            case "commit": try await commit(directory, rows: rows, transactions: transactions)
            case "commit-pruning": try await commitPruning(directory, rows: rows, transactions: transactions)
            case "recover": try await recover(directory, rows: rows, transactions: transactions)
            case "measure": try await measure(directory, rows: rows, transactions: transactions)
            case "records": measureRecords(rows: rows, transactions: transactions)
            case "verify": try measureVerification(directory, threads: rows)
            case "query": try await measureQueries(directory, rounds: rows)
            case "figures": try await measureFigures(directory, records: rows)
            case "prune": try await measurePrune(directory, records: rows)
            case "backlog": try await measureBacklog(directory, megabytes: rows)
            case "baseline": try measureBaseline(directory, rows: rows, transactions: transactions)
            default: exit(2)
            }
        } catch {
            say("error \(error)")
            exit(1)
        }
    }

    private static func commit(_ directory: FilePath, rows: Int, transactions: Int) async throws {
        let (ledger, state) = try Ledger.open(directory: directory)
        say("opened \(state.size)")
        var size = state.size
        for _ in 0..<transactions {
            size = try await ledger.commit(batch(from: size, rows: rows)).size
            say("committed \(size)")
        }
        await ledger.close()
    }

    /// The same while the texts of records before are deleted.
    private static func commitPruning(_ directory: FilePath, rows: Int, transactions: Int) async throws {
        let (ledger, _) = try Ledger.open(directory: directory)
        var size: UInt64 = 0
        while size < 4096 { size = try await ledger.commit(batch(from: size, rows: 256)).size }
        var last = batch(from: size, rows: 1)
        last.changes = [.pruned(before: size, record: size)]
        size = try await ledger.commit(last).size
        say("opened \(size)")
        async let pruned: Void = ledger.prune()
        for _ in 0..<transactions {
            size = try await ledger.commit(batch(from: size, rows: rows)).size
            say("committed \(size)")
        }
        await pruned
        await ledger.close()
    }

    private static func recover(_ directory: FilePath, rows: Int, transactions: Int) async throws {
        let (ledger, state) = try Ledger.open(directory: directory)
        var size = state.size
        for _ in 0..<transactions {
            do {
                size = try await ledger.commit(batch(from: size, rows: rows)).size
                say("committed \(size)")
            } catch {
                say("failed \(error.kind)")
                let again = try await ledger.reopen()
                say("reopened \(again.size) unacknowledged \(again.unacknowledged.count)")
                size = again.size
            }
        }
        await ledger.close()
    }

    private static func measure(_ directory: FilePath, rows: Int, transactions: Int) async throws {
        var options = LedgerOptions()
        if let pages = getenv("CHECKPOINT_PAGES").flatMap({ Int(String(cString: $0)) }) {
            options.checkpointPages = pages
        }
        let (ledger, state) = try Ledger.open(directory: directory, options: options)
        var size = state.size
        let batches = (0..<transactions).map { batch(from: state.size + UInt64($0 * rows), rows: rows) }
        let start = ContinuousClock.now
        for batch in batches { size = try await ledger.commit(batch).size }
        let time = ContinuousClock.now - start
        report(rows: Int(size - state.size), time)
        await ledger.close()
    }

    private static func measureRecords(rows: Int, transactions: Int) {
        let start = ContinuousClock.now
        var bytes = 0
        for number in 0..<transactions {
            bytes += batch(from: UInt64(number * rows), rows: rows).leaves.reduce(0) { $0 + $1.count }
        }
        report(rows: rows * transactions, ContinuousClock.now - start)
        say("\(bytes / (rows * transactions)) bytes each")
    }

    private static func measureVerification(_ directory: FilePath, threads: Int) throws {
        let start = ContinuousClock.now
        let found = try LedgerVerifier(directory: directory).verify(threads: threads)
        report(rows: Int(found.size), ContinuousClock.now - start)
        for damage in found.damage { say("\(damage)") }
    }

    static func report(rows: Int, _ time: Duration) {
        say("\(rows) rows in \(seconds(time)) s: \(Int(Double(rows) / seconds(time))) rows/s")
    }

    static func batch(from index: UInt64, rows: Int) -> Batch {
        Batch(
            firstIndex: index, leaves: (0..<rows).map { record(index + UInt64($0)) },
            lastTimeUSec: 1_795_224_000_000_000 + Int64(index) + Int64(rows))
    }

    /// The connections of twenty users.
    private static let peers = (UInt32(0)..<20).map { number in
        PeerText(
            Identity(
                uid: 1000 + number, gid: 1000, groups: [4, 1000], label: .known(nil), pid: 4711, pidfdInode: 9182,
                userName: "user\(number)", cgroup: .known(nil), unit: .known("unit\(number % 7).service"),
                loginuid: .known(nil), session: .known(nil), namespace: .known("host"),
                exe: .known("/usr/sbin/nginx")), hash: TreeHash.hexadecimalDigest)
    }

    /// A grant, or for each hundredth index a denial; users and names take turns.
    private static func record(_ index: UInt64) -> [UInt8] {
        let head = RecordHead(
            index: index, timeUSec: 1_795_224_000_000_000 + Int64(index) * 20, bootTimeUSec: Int64(index),
            bootID: "9d6bd1a2-6a0e-4b4e-9c1e-0e5a2f1b7c11")
        let policy = PolicyStamp(
            revision: 3, sha256: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        let peer = peers[Int(index / 3 % 20)]
        let capability = CapabilityText(
            name: "logs/web\(index % 97)/access", kind: "file", rights: ["read"], delivery: "fresh")
        let record: Record =
            if index % 100 != 99 {
                .grant(
                    .init(
                        request: "req-\(index)", policy: policy, peer: peer, capability: capability,
                        rules: ["web-reads-its-log"], charged: "web-reads-its-log"))
            } else {
                .deny(
                    .init(
                        request: "req-\(index)", policy: policy, peer: peer, capability: capability,
                        rules: ["web-reads-its-log"], action: "open", why: "forbidden"))
            }
        return record.encoded(head, hash: TreeHash.hexadecimalDigest)
    }

    /// One write for a line: whoever kills this process then has the line whole or not at all.
    static func say(_ line: String) {
        let bytes = Array("\(line)\n".utf8)
        _ = write(1, bytes, bytes.count)
    }
}
