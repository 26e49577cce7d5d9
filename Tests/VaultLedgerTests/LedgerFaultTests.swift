// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage
import Testing
import VaultLedger
import VaultTestKit

/// What strace(1) shows and injects: needs the right to trace a child.
private let strace = Command.find("strace")

@Suite(.serialized) struct LedgerFaultTests {
    @Test(
        "Each commit waits for an fdatasync of the WAL, also beside a prune, whose pieces wait for none",
        .enabled(if: strace != nil, "strace is not installed"), arguments: ["commit", "commit-pruning"])
    func synchronisations(_ mode: String) async throws {
        let files = try OpenedLedger()
        let trace = files.directory.path("trace")
        let result = try await Exerciser.run(
            mode, files.state, rows: 1, transactions: 40,
            wrapper: ["strace", "-f", "-y", "-e", "trace=fdatasync,fsync,write", "-o", trace.string])
        #expect(result.text.split(separator: "\n").count { $0.hasPrefix("committed ") } == 40, "\(result.text)")
        // Between one acknowledgement and the next there is a synchronisation that succeeded.
        var synchronised = 0
        var unsynchronised = 0
        var sinceLast = 0
        for line in try files.directory.read("trace").split(separator: "\n") {
            if line.contains("fdatasync("), line.contains("ledger.db-wal>"), line.hasSuffix("= 0") { sinceLast += 1 }
            if line.contains("fdatasync resumed"), line.hasSuffix("= 0") { sinceLast += 1 }
            if line.contains("write("), line.contains("committed ") {
                if sinceLast > 0 { synchronised += 1 } else { unsynchronised += 1 }
                sinceLast = 0
            }
        }
        #expect(synchronised == 40)
        #expect(unsynchronised == 0)
    }

    @Test(
        "What waits in a large WAL is synchronised in steps while it is moved, and little is left to commits",
        .enabled(if: strace != nil, "strace is not installed"))
    func steps() async throws {
        let files = try OpenedLedger()
        let trace = files.directory.path("trace")
        let calls = "trace=fdatasync,pwrite64"
        let result = try await Exerciser.run(
            "backlog", files.state, rows: 40, transactions: 1,
            wrapper: ["strace", "-f", "-y", "-e", calls, "-o", trace.string])
        #expect(result.text.contains("emptied after"), "\(result.text) \(result.errorText)")
        // By threads: what each writes to the database before it synchronises it, which one of both gets at most.
        var unsynchronised: [Substring: Int] = [:]
        var most = 0
        var steps = 0
        // Writes to the database that another thread's line came between.
        var unfinished: Set<Substring> = []
        for line in try files.directory.read("trace").split(separator: "\n") {
            let thread = line.prefix { $0 != " " }
            let isResumed = line.contains("<... pwrite64 resumed>") && unfinished.remove(thread) != nil
            guard isResumed || line.contains("/ledger.db>") else { continue }
            if line.contains("pwrite64("), line.contains("<unfinished") {
                unfinished.insert(thread)
            } else if isResumed || line.contains("pwrite64("),
                let size = line.split(separator: "= ").last.flatMap({ Int($0) })
            {
                unsynchronised[thread, default: 0] += size
                most = max(most, unsynchronised[thread] ?? 0)
            } else if line.contains("fdatasync(") {
                if unsynchronised[thread] ?? 0 >= 512 << 10 { steps += 1 }
                unsynchronised[thread] = 0
            }
        }
        #expect(steps >= 8)
        // While it grew, no more was moved than before the reader began.
        #expect(most <= 4 << 20, "\(most)")
        let (ledger, _) = try await files.open()
        await ledger.close()
        #expect(try await files.verify().damage == [])
    }

    @Test(
        "After an fdatasync that fails the ledger reopens, and nothing acknowledged is lost",
        .enabled(if: strace != nil, "strace is not installed"), arguments: [1, 2, 3, 5, 8, 20, 30])
    func failedSynchronisation(number: Int) async throws {
        let files = try OpenedLedger()
        try await files.fill(to: 10)
        let result = try await Exerciser.run(
            "recover", files.state, rows: 3, transactions: 40,
            wrapper: ["strace", "-f", "-o", "/dev/null", "-e", "inject=fdatasync:error=EIO:when=\(number)"])
        let (ledger, state) = try await files.open()
        // Opening may be what failed; then nothing was acknowledged at all.
        let acknowledged = Exerciser.lastSize(in: result.output) ?? 10
        #expect(state.size >= acknowledged)
        await ledger.close()
        #expect(try await files.verify().damage == [])
        if result.text.contains("failed") {
            #expect(result.text.contains("reopened"))
            #expect(acknowledged > 10)
        }
    }

    @Test(
        "A query index is made for its owner only, and the umask of the process stays as it is",
        .enabled(if: strace != nil, "strace is not installed"))
    func indexMode() async throws {
        let files = try OpenedLedger()
        try await files.fill(to: 6000, keepsIndex: false)
        let trace = files.directory.path("trace")
        _ = try await Exerciser.run(
            "query", files.state, rows: 1, transactions: 1,
            wrapper: ["strace", "-f", "-e", "trace=umask,openat", "-o", trace.string])
        let calls = try files.directory.read("trace")
        #expect(calls.contains("index.db-wal"))
        #expect(!calls.contains("umask("))
        #expect(try FileStatus(ofPath: files.state.appending("index.db")).permissions == 0o600)
        for line in calls.split(separator: "\n") where line.contains("index.db-") && line.contains("O_CREAT") {
            #expect(line.contains(", 0600)"), "\(line)")
        }
    }

    @Test(
        "When every fdatasync fails from some point on, no commit is acknowledged any more",
        .enabled(if: strace != nil, "strace is not installed"))
    func deadDisk() async throws {
        let files = try OpenedLedger()
        try await files.fill(to: 10)
        let result = try await Exerciser.run(
            "recover", files.state, rows: 3, transactions: 40,
            wrapper: ["strace", "-f", "-o", "/dev/null", "-e", "inject=fdatasync,fsync:error=EIO:when=12+"])
        let acknowledged = Exerciser.lastSize(in: result.output) ?? 10
        #expect(result.text.contains("failed") || result.text.contains("error"))
        let (ledger, state) = try await files.open()
        #expect(state.size >= acknowledged)
        await ledger.close()
        #expect(try await files.verify().damage == [])
    }
}
