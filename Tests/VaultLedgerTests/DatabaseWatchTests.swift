// SPDX-License-Identifier: Apache-2.0

import Descriptors
import GRDB
import Glibc
import Records
import SystemPackage
import Testing
import VaultTestKit

@testable import VaultLedger

/// "The database deleted, replaced or rolled back under the daemon: … stop granting."
@Suite struct DatabaseWatchTests {
    /// A ledger that is open, with this many commits of one record each in its WAL.
    private func opened(commits: Int = 20) async throws -> (OpenedLedger, Ledger) {
        let files = try OpenedLedger()
        let (ledger, _) = try await files.open(LedgerOptions(keepsIndex: false))
        try await append(commits, to: ledger, from: 0)
        return (files, ledger)
    }

    private func append(_ count: Int, to ledger: Ledger, from first: Int) async throws {
        for index in first..<first + count {
            _ = try await ledger.commit(TestRecords.plain(from: UInt64(index), count: 1))
        }
    }

    private func cut(_ files: OpenedLedger, _ name: String, to size: Int) {
        #expect(truncate(files.state.appending(name).string, off_t(size)) == 0)
    }

    private func kind(_ body: () async throws -> Void) async -> LedgerError.Kind? {
        do {
            try await body()
            return nil
        } catch {
            return (error as? LedgerError)?.kind
        }
    }

    @Test("A WAL that is cut is noticed by the next commit, and by a look; what is left of it is not taken for the log")
    func cutLog() async throws {
        for part in [0.0, 0.3, 0.99] {
            for looks in [false, true] {
                let (files, ledger) = try await opened()
                cut(files, "ledger.db-wal", to: Int(Double(files.walSize) * part))
                let found = await kind {
                    if looks { try await ledger.checkFiles() } else { try await append(1, to: ledger, from: 20) }
                }
                #expect(found == .changedUnderneath, "\(part)")
                #expect(await kind { _ = try await ledger.reopen() } == .damaged, "\(part)")
                #expect(await kind { _ = try await ledger.reopen() } == .damaged, "\(part), again")
                await ledger.close()
            }
        }
    }

    @Test("A WAL that is cut between the look and the writing of a commit is noticed before the commit is acknowledged")
    func cutDuringCommit() async throws {
        let (files, ledger) = try await opened()
        let directory = StateDirectory(files.state)
        let frameBytes = 24 + 8192
        let frames = (files.walSize - 32) / frameBytes
        try #require(frames > 1 && files.walSize == 32 + frames * frameBytes)
        let watch = try DatabaseWatch(directory, pageSize: 8192, frames: frames)
        try watch.check()
        let whole = try OwnedDescriptor.open(directory.databaseLog).readAll()
        cut(files, "ledger.db-wal", to: 0)
        // SQLite writes behind what it takes for the end; the file is as long as it would be.
        let file = try FileDescriptor.open(directory.databaseLog, .writeOnly)
        try file.writeAll(toAbsoluteOffset: Int64(whole.count), whole.suffix(frameBytes))
        try file.close()
        #expect(await kind { try watch.noteCommit(frames: frames + 1) } == .changedUnderneath)
        await ledger.close()
    }

    @Test("A WAL that was removed loses nothing: what is open of it goes into the database")
    func removedLog() async throws {
        let (files, ledger) = try await opened()
        #expect(unlink(files.database.string + "-wal") == 0)
        #expect(await kind { try await append(1, to: ledger, from: 20) } == .changedUnderneath)
        #expect(try await ledger.reopen().size == 20)
        try await append(3, to: ledger, from: 20)
        await ledger.close()
        #expect(try await files.leaves().count == 23)
        #expect(try await files.verify().damage == [])
    }

    @Test("An older WAL in the place of the one that is open is not replayed, and kept")
    func replacedLog() async throws {
        let (files, ledger) = try await opened(commits: 5)
        let old = files.directory.path("old").string
        _ = try await Command("cp", files.database.string + "-wal", old).run()
        try await append(20, to: ledger, from: 5)
        #expect(rename(old, files.database.string + "-wal") == 0)
        #expect(await kind { try await ledger.checkFiles() } == .changedUnderneath)
        #expect(try await ledger.reopen().size == 25)
        await ledger.close()
        #expect(directoryEntries(files.state).contains("ledger.db-wal.1"))
        #expect(try await files.verify().damage == [])
    }

    @Test("A database that is cut, emptied, overwritten with an older copy, or replaced is noticed")
    func database() async throws {
        for what in ["cut", "emptied", "overwritten", "replaced"] {
            let files = try OpenedLedger()
            try await files.fill(to: 300, keepsIndex: false)
            let old = files.directory.path("old").string
            _ = try await Command("cp", files.database.string, old).run()
            try await files.fill(to: 2000, keepsIndex: false)
            let (ledger, _) = try await files.open(LedgerOptions(keepsIndex: false))
            try await append(3, to: ledger, from: 2000)
            switch what {
            case "cut": cut(files, "ledger.db", to: 40960)
            case "emptied": cut(files, "ledger.db", to: 0)
            case "overwritten": _ = try await Command("cp", old, files.database.string).run()
            default: #expect(rename(old, files.database.string) == 0)
            }
            #expect(await kind { try await ledger.checkFiles() } == .changedUnderneath, "\(what)")
            #expect(await kind { try await append(1, to: ledger, from: 2003) } == .changedUnderneath, "\(what)")
            let reopening = await kind { _ = try await ledger.reopen() }
            #expect(reopening != nil, "\(what)")
            #expect(await kind { try await append(1, to: ledger, from: 2003) } != nil, "\(what)")
            await ledger.close()
        }
    }

    @Test("What SQLite itself does to its files is not taken for damage")
    func ordinaryLife() async throws {
        let files = try OpenedLedger()
        let (ledger, _) = try await files.open(LedgerOptions(checkpointPages: 10, keepsIndex: false))
        for index in 0..<200 {
            _ = try await ledger.commit(TestRecords.plain(from: UInt64(index * 7), count: 7))
            if index % 10 == 0 { try await ledger.checkFiles() }
        }
        await ledger.close()
        #expect(try await files.verify().damage == [])
    }

    @Test("Pages that are moved beside the commits, after a reader kept them, are not taken for damage")
    func movedBeside() async throws {
        let files = try OpenedLedger()
        let (ledger, _) = try await files.open(LedgerOptions(checkpointPages: 4, keepsIndex: false))
        var size = 0
        for _ in 0..<5 {
            try await append(1, to: ledger, from: size)
            let reader = try reader(of: files)
            try await append(60, to: ledger, from: size + 1)
            try end(reader)
            try await append(30, to: ledger, from: size + 61)
            try await ledger.checkFiles()
            size += 91
        }
        #expect(files.walSize < 4 << 20)
        await ledger.close()
        #expect(try await files.verify().damage == [])
        #expect(try await files.leaves().count == size)
    }

    @Test("A WAL that a reader made grow is cut in parts while commits go on")
    func cutInParts() async throws {
        let files = try OpenedLedger()
        let (ledger, _) = try await files.open(LedgerOptions(keepsIndex: false))
        try await append(1, to: ledger, from: 0)
        let reader = try reader(of: files)
        var size = 1
        while files.walSize < LedgerFiles.logLimitBytes * 2 {
            _ = try await ledger.commit(TestRecords.plain(from: UInt64(size), count: 5000))
            size += 5000
        }
        try end(reader)
        async let looks: Void = {
            while try await ledger.checkFiles()?.isLogTooLarge == true {}
        }()
        try await append(300, to: ledger, from: size)
        try await looks
        try await append(1, to: ledger, from: size + 300)
        #expect(try await ledger.checkFiles()?.isLogTooLarge == false)
        await ledger.close()
        #expect(try await files.verify().damage == [])
        #expect(try await files.verify().size == size + 301)
    }

    // MARK: Readers of others

    /// Opens a read transaction as a program beside the daemon does, and keeps it.
    private func reader(of files: OpenedLedger) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.readonly = true
        configuration.allowsUnsafeTransactions = true
        let queue = try DatabaseQueue(path: files.database.string, configuration: configuration)
        try queue.unsafeRead { database in
            try database.execute(sql: "BEGIN")
            _ = try Int.fetchOne(database, sql: "SELECT count(*) FROM log")
        }
        return queue
    }

    private func end(_ reader: DatabaseQueue) throws {
        try reader.unsafeRead { try $0.execute(sql: "COMMIT") }
        try reader.close()
    }

    @Test("A reader that stays keeps neither a start nor the reopening from their work, and nothing is lost by it")
    func startBesideReader() async throws {
        let files = try OpenedLedger()
        let size = try await Exerciser.killed(files.state, rows: 3, after: .milliseconds(300))
        let reader = try reader(of: files)
        let (ledger, restored) = try await files.open(LedgerOptions(keepsIndex: false))
        #expect(restored.size >= size)
        try await append(2, to: ledger, from: Int(restored.size))
        #expect(try await ledger.reopen().size == restored.size + 2)
        try await append(2, to: ledger, from: Int(restored.size) + 2)
        await ledger.close()
        try end(reader)
        #expect(try await files.leaves().count == Int(restored.size) + 4)
        #expect(try await files.verify().damage == [])
    }

    @Test("A WAL that a reader made grow is small again after its end, without a commit")
    func shrinks() async throws {
        let files = try OpenedLedger()
        let (ledger, _) = try await files.open(LedgerOptions(keepsIndex: false))
        try await append(1, to: ledger, from: 0)
        let reader = try reader(of: files)
        var size = 1
        while let looked = try await ledger.checkFiles(), !looked.isLogTooLarge {
            _ = try await ledger.commit(TestRecords.plain(from: UInt64(size), count: 2000))
            size += 2000
            try #require(size < 2_000_000)
        }
        #expect(files.walSize >= LedgerFiles.logLimitBytes)
        #expect(try await ledger.checkFiles()?.isLogTooLarge == true)
        try end(reader)
        #expect(try await ledger.checkFiles()?.logBytes == 0)
        _ = try await ledger.commit(TestRecords.plain(from: UInt64(size), count: 1))
        await ledger.close()
        #expect(try await files.verify().damage == [])
    }

    @Test("What is moved of a large WAL that a reader keeps from being emptied is not taken for damage")
    func emptiedBesideReader() async throws {
        let files = try OpenedLedger()
        let (ledger, _) = try await files.open(LedgerOptions(keepsIndex: false))
        try await append(1, to: ledger, from: 0)
        let old = try reader(of: files)
        var size = 1
        while files.walSize < LedgerFiles.logLimitBytes {
            _ = try await ledger.commit(TestRecords.plain(from: UInt64(size), count: 2000))
            size += 2000
        }
        let new = try reader(of: files)
        try end(old)
        for _ in 0..<3 {
            _ = try await ledger.checkFiles()
            _ = try await ledger.commit(TestRecords.plain(from: UInt64(size), count: 1))
            size += 1
        }
        try end(new)
        _ = try await ledger.checkFiles()
        _ = try await ledger.commit(TestRecords.plain(from: UInt64(size), count: 1))
        await ledger.close()
        #expect(try await files.verify().damage == [])
    }

    @Test("Readers are found by their locks: those of this file, of snapshots, once each")
    func locks() {
        let text = """
            1: POSIX  ADVISORY  READ 4711 fd:01:393232 123 123
            2: POSIX  ADVISORY  READ 4711 fd:01:393232 124 124
            3: POSIX  ADVISORY  READ 4712 fd:01:393232 128 128
            4: POSIX  ADVISORY  WRITE 4713 00:2a:393232 120 120
            5: POSIX  ADVISORY  READ 4714 fd:01:393233 123 123
            6: FLOCK  ADVISORY  WRITE 4715 fd:01:393232 0 EOF
            6: -> POSIX  ADVISORY  WRITE 4716 fd:01:393232 124 124
            7: POSIX  ADVISORY  READ 0 fd:01:393232 125 125
            8: POSIX  ADVISORY  READ 4717 00:2a:393232 127 127
            9: POSIX  ADVISORY  READ x fd:01:y
            """
        #expect(ForeignReaders.pids(in: text, inode: 393232) == [4711, 4717])
    }
}
