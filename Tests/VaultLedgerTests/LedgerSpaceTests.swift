// SPDX-License-Identifier: Apache-2.0

import Glibc
import Records
import SystemPackage
import Testing
import TransparencyLog
import VaultLedger
import VaultTestKit

/// A small file system for one test, mounted and unmounted by commands: needs root.
private struct SmallFileSystem: Sendable {
    let directory: TemporaryDirectory
    let path: FilePath

    private init(megabytes: Int, at path: FilePath, in directory: TemporaryDirectory) async throws {
        (self.directory, self.path) = (directory, path)
        let result = try await Command(
            "mount", "-t", "tmpfs", "-o", "size=\(megabytes)m,mode=0700", "tmpfs", path.string
        ).run()
        try #require(result.errors == [], "mount: \(result.errorText)")
    }

    /// Leaves no free page.
    func fill() async throws {
        _ = try await Command("sh", "-c", "cat /dev/zero > \(path.appending("ballast"))").run()
    }

    func makeRoom() async throws {
        _ = try await Command("rm", path.appending("ballast").string).run()
    }

    /// Mounts one for as long as `body` runs.
    static func with(
        megabytes: Int, at path: FilePath? = nil, in directory: TemporaryDirectory? = nil,
        _ body: (SmallFileSystem) async throws -> Void
    ) async throws {
        let directory = try directory ?? TemporaryDirectory()
        let small = try await SmallFileSystem(megabytes: megabytes, at: path ?? directory.path, in: directory)
        do {
            try await body(small)
        } catch {
            try await small.unmount()
            throw error
        }
        try await small.unmount()
    }

    private func unmount() async throws {
        _ = try await Command("umount", path.string).run()
    }
}

@Suite(.serialized) struct LedgerSpaceTests {
    @Test(
        "On a full file system grants stop, a revocation is still recorded, and room lets them go on",
        .enabled(if: geteuid() == 0, "needs root, to mount a small file system"))
    func fullFileSystem() async throws {
        try await SmallFileSystem.with(megabytes: 24) { small in
            try await run(on: small)
        }
    }

    @Test(
        "A ledger on a read-only file system cannot be opened for writing, and is read and verified",
        .enabled(if: geteuid() == 0, "needs root, to mount a small file system"))
    func readOnly() async throws {
        try await SmallFileSystem.with(megabytes: 40) { small in
            try await runReadOnly(on: small)
        }
    }

    @Test(
        "A checkpoint that a full disk cut short takes nothing with it: the next one counts, and the log is its own",
        .enabled(if: geteuid() == 0, "needs root, to mount a small file system"), arguments: [1, 10, 25, 60, 150])
    func checkpointCutShort(room: Int) async throws {
        let ledger = try SignedLedger()
        guard mkdir(ledger.files.state.string, 0o700) == 0 else { throw Errno(rawValue: errno) }
        try await SmallFileSystem.with(megabytes: 40, at: ledger.files.state, in: ledger.files.directory) { small in
            try await cutShort(ledger, small, room: room)
        }
    }

    /// - Parameter room: how many bytes of the note find room, in the last page of the file.
    private func cutShort(_ ledger: SignedLedger, _ small: SmallFileSystem, room: Int) async throws {
        try await ledger.grow(to: 300)
        let text = try ledger.text("checkpoints")
        let words = String(repeating: "x", count: 4096 - room - text.utf8.count - 3)
        try ledger.write("\(text)\(words)\n\n\n", to: "checkpoints")
        let tree = try await ledger.files.fill(to: 500)
        let outcome = try await ledger.outcome()
        let root = try #require(TreeHash(tree.root))
        let note = try Checkpoint(origin: outcome.signer.key.name, size: 500, root: root).signed(by: outcome.signer)
        try await small.fill()
        for _ in 0..<2 { #expect(throws: LedgerError.self) { try outcome.file.append(note) } }
        #expect(try ledger.text("checkpoints").utf8.count == 4096, "a part of it is in the file")
        try await small.makeRoom()
        try outcome.file.append(note)

        for _ in 0..<2 {
            let again = try await ledger.outcome()
            #expect(again.finding == nil)
            #expect(again.newest == note)
        }
        #expect(try CheckpointFile.notes(at: ledger.checkpoints).last == note)
        #expect(try CheckpointFile.notes(at: ledger.checkpoints).count == 2)
    }

    @Test(
        "An interrupted prune leaves the space of a revocation alone, and goes on when there is room",
        .enabled(if: geteuid() == 0, "needs root, to mount a small file system"))
    func prune() async throws {
        try await SmallFileSystem.with(megabytes: 64) { small in
            try await prune(on: small)
        }
    }

    private func prune(on small: SmallFileSystem) async throws {
        let state = small.path.appending("state")
        let options = LedgerOptions(keepsIndex: false)
        let (filled, _) = try await onThread { try Ledger.open(directory: state, options: options) }
        var size: UInt64 = 0
        while size < 8000 { size = try await filled.commit(TestRecords.grants(from: size, count: 1000)).size }
        await filled.close()
        let (ledger, _) = try await onThread { try Ledger.open(directory: state, options: options) }
        let before = size / 256 * 256
        let record = TestRecords.text(
            size, .prune(peer: TestRecords.peer, from: 0, before: before, signed: before, archiveSHA256: nil))
        let change = StateChange.pruned(before: before, record: size)
        size = try await ledger.commit(
            Batch(firstIndex: size, leaves: [record], changes: [change], lastTimeUSec: 1)
        ).size

        // Each of these begins to prune again, and gets no further.
        try await small.fill()
        for _ in 0..<3 {
            size = try await ledger.reopen().size
            size = try await commitEssential(ledger, size)
        }
        try await small.makeRoom()
        size = try await ledger.reopen().size
        await ledger.prune()
        size = try await ledger.commit(TestRecords.grants(from: size, count: 1)).size
        await ledger.close()
        let reader = LedgerReader(directory: state)
        #expect(try await reader.record(before - 1) == nil)
        #expect(try await reader.record(before) != nil)
        let report = try await onThread { try LedgerVerifier(directory: state).verify() }
        #expect(report.damage == [])
        #expect(report.size == size)
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
        // What the index needs and gives back meanwhile would be room for others.
        let options = LedgerOptions(keepsIndex: false)
        let (ledger, _) = try await onThread { try Ledger.open(directory: state, options: options) }
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
