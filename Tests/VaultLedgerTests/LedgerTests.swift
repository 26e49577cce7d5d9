// SPDX-License-Identifier: Apache-2.0

import Glibc
import Migrations
import Records
import SystemPackage
import Testing
import TransparencyLog
import VaultLedger
import VaultTestKit

@Suite struct LedgerTests {
    @Test("What was committed is there when the ledger is opened again, with the same root")
    func commitAndOpenAgain() async throws {
        let files = try OpenedLedger()
        let (ledger, empty) = try await files.open()
        #expect(empty.size == 0)
        #expect(empty.root == TreeHash.empty.bytes)
        #expect(empty.bootstrapNeeded)
        var tree = MerkleTree()
        var committed = TreeState(size: 0, root: [])
        for count in [1, 3, 252, 1, 300] {
            let batch = TestRecords.grants(from: tree.size, count: count)
            for leaf in batch.leaves { tree.append(.leaf(leaf)) }
            committed = try await ledger.commit(batch)
            #expect(committed == TreeState(size: tree.size, root: tree.root.bytes))
        }
        await ledger.close()

        let (again, state) = try await files.open()
        #expect(state.size == committed.size)
        #expect(state.root == committed.root)
        #expect(state.unacknowledged.isEmpty)
        #expect(state.lastTimeUSec == 1_795_224_000_000_000 + 557)
        let next = try await again.commit(TestRecords.grants(from: 557, count: 1))
        #expect(next.size == 558)
        await again.close()
    }

    @Test("The right edge is rebuilt at any size", arguments: [0, 1, 255, 256, 257, 511, 512, 65_535, 65_536, 65_537])
    func rightEdge(size: Int) async throws {
        let files = try OpenedLedger()
        try await files.fill(to: size, rows: 5000)
        let (ledger, state) = try await files.open()
        #expect(state.size == size)
        #expect(state.root == TreeState.ofPlain(size).root)
        let more = try await ledger.commit(TestRecords.plain(from: UInt64(size), count: 300))
        #expect(more == TreeState.ofPlain(size + 300))
        await ledger.close()
        #expect(try await files.verify().damage == [])
    }

    @Test("The files are the owner's alone, in a directory that is made with those above it")
    func modes() async throws {
        let files = try OpenedLedger()
        let deep = files.state.appending("a").appending("b")
        let (ledger, _) = try await onThread { try Ledger.open(directory: deep) }
        _ = try await ledger.commit(TestRecords.grants(from: 0, count: 1))
        func mode(_ path: FilePath) -> UInt32 {
            var status = stat()
            return stat(path.string, &status) == 0 ? status.st_mode & 0o7777 : 0
        }
        #expect(mode(files.state) == 0o700)
        #expect(mode(deep) == 0o700)
        for name in ["ledger.db", "ledger.db-wal", "ledger.db-shm", "ledger.lock", "reserve"] {
            #expect(mode(deep.appending(name)) == 0o600, "\(name)")
        }
        await ledger.close()
    }

    @Test("A directory that others may write is refused")
    func sharedDirectory() async throws {
        let files = try OpenedLedger()
        #expect(mkdir(files.state.string, 0o700) == 0)
        #expect(chmod(files.state.string, 0o777) == 0)
        let error = await files.openingError()
        #expect(error?.kind == .directory)
        #expect(error?.remedy == "chmod 700 \(files.state)")
    }

    @Test("A second daemon on the same state refuses at once, and says who has it")
    func secondOpener() async throws {
        let files = try OpenedLedger()
        let (ledger, _) = try await files.open()
        let error = await files.openingError()
        #expect(error?.kind == .alreadyOpen(pid: getpid()))
        #expect(error?.message.hasSuffix("is in use by process \(getpid())") == true)
        await ledger.close()
        #expect(await files.openingError() == nil)
    }

    @Test("A ledger of a newer version is refused")
    func newerSchema() async throws {
        let files = try OpenedLedger()
        try await files.fill(to: 3)
        try await files.tamper("PRAGMA user_version = 99")
        #expect(await files.openingError()?.kind == .newerSchema(found: 99, supported: Migration.all.count))
        let reader = LedgerReader(directory: files.state)
        await #expect(throws: LedgerError.self) { try await reader.tree() }
    }

    @Test("Another program's database is refused, and so is a file that is none")
    func foreignFiles() async throws {
        let files = try OpenedLedger()
        #expect(mkdir(files.state.string, 0o700) == 0)
        try await files.tamper("CREATE TABLE other (a)")
        #expect(await files.openingError()?.kind == .foreign)

        let noise = try OpenedLedger()
        #expect(mkdir(noise.state.string, 0o700) == 0)
        try noise.directory.write(String(repeating: "no database ", count: 500), to: "state/ledger.db")
        #expect(await noise.openingError()?.kind == .foreign)
    }

    @Test("A batch that does not follow the last one is refused, and the ledger goes on")
    func invalidBatches() async throws {
        let files = try OpenedLedger()
        let (ledger, _) = try await files.open()
        func kind(_ batch: Batch) async -> LedgerError.Kind? {
            do {
                _ = try await ledger.commit(batch)
                return nil
            } catch {
                return error.kind
            }
        }
        #expect(await kind(TestRecords.grants(from: 1, count: 1)) == .invalidBatch)
        #expect(await kind(Batch(firstIndex: 0, leaves: [[]])) == .invalidBatch)
        let large = [UInt8](repeating: 0x20, count: Record.limit + 1)
        #expect(await kind(Batch(firstIndex: 0, leaves: [large])) == .invalidBatch)
        #expect(await kind(Batch(firstIndex: 0, leaves: [Array("{}\n{}".utf8)])) == .invalidBatch)
        #expect(await kind(TestRecords.grants(from: 0, count: 1)) == nil)
        await ledger.close()
        #expect(await kind(TestRecords.grants(from: 1, count: 1)) == .closed)
    }

    @Test("A database that is removed or replaced under the daemon stops the commits", arguments: ["", "-wal"])
    func replacedFile(suffix: String) async throws {
        let files = try OpenedLedger()
        let (ledger, _) = try await files.open()
        _ = try await ledger.commit(TestRecords.grants(from: 0, count: 1))
        let file = files.database.string + suffix
        #expect(rename(file, file + ".gone") == 0)
        try await Task.sleep(for: .milliseconds(20))
        await #expect(throws: LedgerError.self) { try await ledger.commit(TestRecords.grants(from: 1, count: 1)) }
        #expect(rename(file + ".gone", file) == 0)
        #expect(try await ledger.commit(TestRecords.grants(from: 1, count: 1)).size == 2)
        await ledger.close()
    }

    @Test("The log and the tiles cannot be updated, deleted from, or replaced")
    func triggers() async throws {
        let files = try OpenedLedger()
        try await files.fill(to: 300)
        let attempts = [
            "UPDATE log_batch SET leaves = '{}' WHERE first = 0", "UPDATE log_batch SET root = NULL",
            "DELETE FROM log_batch WHERE first = 0", "DELETE FROM log_batch",
            "PRAGMA recursive_triggers = ON; REPLACE INTO log_batch (first, count, leaves) VALUES (0, 1, '{}')",
            "INSERT INTO log_row VALUES (300, '{}')", "UPDATE log SET leaf = '{}' WHERE idx = 7", "DELETE FROM log",
            "UPDATE tile SET hashes = zeroblob(8192)", "DELETE FROM tile",
        ]
        for attempt in attempts {
            await #expect(throws: (any Error).self, "\(attempt)") { try await files.tamper(attempt) }
        }
        #expect(try await files.verify().damage == [])
    }

    @Test("A ledger whose root, tiles or records are not right does not open")
    func damagedLedger() async throws {
        let edits = [
            "UPDATE tree SET root = zeroblob(32)", "UPDATE tree SET size = size - 1", "UPDATE tree SET size = size + 1",
            "DELETE FROM tree", "UPDATE log SET leaf = '{}' WHERE idx = 599", "DELETE FROM log WHERE idx = 520",
            "DELETE FROM tile WHERE idx = 1", "UPDATE tile SET hashes = zeroblob(8192) WHERE idx = 0",
        ]
        for edit in edits {
            let files = try OpenedLedger()
            try await files.fill(to: 600)
            try await files.tamperPastTriggers(edit)
            #expect(await files.openingError()?.kind == .damaged, "\(edit)")
        }
    }
}
