// SPDX-License-Identifier: Apache-2.0

import Glibc
import SystemPackage
import Testing
import VaultLedger
import VaultTestKit

/// A small file system for one test, mounted and unmounted by commands: needs root.
private struct SmallFileSystem: Sendable {
    let directory: TemporaryDirectory

    init(megabytes: Int) async throws {
        directory = try TemporaryDirectory()
        let result = try await Command(
            "mount", "-t", "tmpfs", "-o", "size=\(megabytes)m,mode=0700", "tmpfs", directory.path.string
        ).run()
        try #require(result.errors == [], "mount: \(result.errorText)")
    }

    func unmount() async throws {
        _ = try await Command("umount", directory.path.string).run()
    }
}

@Suite(.serialized) struct LedgerSpaceTests {
    @Test(
        "On a full file system grants stop, a revocation is still recorded, and room lets them go on",
        .enabled(if: geteuid() == 0, "needs root, to mount a small file system"))
    func fullFileSystem() async throws {
        let small = try await SmallFileSystem(megabytes: 24)
        do {
            try await run(on: small)
        } catch {
            try await small.unmount()
            throw error
        }
        try await small.unmount()
    }

    @Test(
        "A ledger on a read-only file system cannot be opened for writing, and is read and verified",
        .enabled(if: geteuid() == 0, "needs root, to mount a small file system"))
    func readOnly() async throws {
        let small = try await SmallFileSystem(megabytes: 40)
        do {
            try await runReadOnly(on: small)
        } catch {
            try await small.unmount()
            throw error
        }
        try await small.unmount()
    }

    private func runReadOnly(on small: SmallFileSystem) async throws {
        let state = small.directory.path("state ä%?#")
        let (ledger, _) = try await onThread { try Ledger.open(directory: state) }
        let tree = try await ledger.commit(TestRecords.grants(from: 0, count: 300))
        await ledger.close()

        try await remount(small, "ro")
        let error = await error { _ = try await onThread { try Ledger.open(directory: state) } }
        #expect(error?.kind == .directory)
        #expect(error?.remedy == "choose a directory that can be written, with --state")
        #expect(try await LedgerReader(directory: state).tree() == tree)
        let report = try await onThread { try LedgerVerifier(directory: state).verify() }
        #expect(report == VerificationReport(size: 300, root: tree.root, damage: []))

        try await remount(small, "rw")
        let (again, restored) = try await onThread { try Ledger.open(directory: state) }
        #expect(restored.root == tree.root)
        #expect(try await again.commit(TestRecords.grants(from: 300, count: 1)).size == 301)
        await again.close()
    }

    private func remount(_ small: SmallFileSystem, _ option: String) async throws {
        let result = try await Command("mount", "-o", "remount,\(option)", small.directory.path.string).run()
        try #require(result.errors == [], "mount: \(result.errorText)")
    }

    private func run(on small: SmallFileSystem) async throws {
        let state = small.directory.path("state")
        let (ledger, _) = try await onThread { try Ledger.open(directory: state) }
        try small.directory.write(String(repeating: "x", count: 1 << 20), to: "ballast")

        // Ordinary batches until there is no more room.
        var size: UInt64 = 0
        var failure: LedgerError?
        while failure == nil {
            do {
                size = try await ledger.commit(TestRecords.grants(from: size, count: 200)).size
            } catch {
                failure = error
            }
            try #require(size < 100_000, "the file system never became full")
        }
        #expect(failure?.kind == .full)
        #expect(size > 1000)

        // Closing gives some of it back; something else takes that.
        size = try await ledger.reopen().size
        _ = try await Command("sh", "-c", "cat /dev/zero > \(small.directory.path("more"))").run()
        let full = await error { _ = try await ledger.commit(TestRecords.grants(from: size, count: 200)) }
        #expect(full?.kind == .full)

        // The revocation's record takes what is kept aside.
        size = try await commitEssential(ledger, size)
        #expect(reserveSize(state) < 16 << 20)

        // Ordinary ones do not.
        let refused = await error { _ = try await ledger.commit(TestRecords.grants(from: size, count: 1)) }
        #expect(refused?.kind == .full)
        size = try await ledger.reopen().size
        let again = await error { _ = try await ledger.commit(TestRecords.grants(from: size, count: 1)) }
        #expect(again?.kind == .full)

        // Another essential one still passes, and with more room everything does.
        size = try await commitEssential(ledger, size)
        let grown = try await Command("mount", "-o", "remount,size=64m", small.directory.path.string).run()
        #expect(grown.errors == [])
        size = try await ledger.commit(TestRecords.grants(from: size, count: 200)).size
        #expect(reserveSize(state) == 16 << 20)
        await ledger.close()
        let report = try await onThread { try LedgerVerifier(directory: state).verify() }
        #expect(report.damage == [])
        #expect(report.size == size)
    }

    private func reserveSize(_ state: FilePath) -> Int {
        var status = stat()
        return stat(state.appending("reserve").string, &status) == 0 ? Int(status.st_size) : 0
    }

    /// As the broker does it: again after a failure, once the ledger is open again.
    private func commitEssential(_ ledger: Ledger, _ first: UInt64) async throws -> UInt64 {
        var size = first
        for _ in 0..<3 {
            var batch = TestRecords.grants(from: size, count: 1)
            batch.isEssential = true
            do {
                return try await ledger.commit(batch).size
            } catch {
                #expect(error.kind == .full || error.kind == .needsReopen)
                size = try await ledger.reopen().size
            }
        }
        Issue.record("an essential batch was not committed")
        return size
    }

    private func error(_ body: () async throws -> Void) async -> LedgerError? {
        do {
            try await body()
            return nil
        } catch {
            return error as? LedgerError
        }
    }
}
