// SPDX-License-Identifier: Apache-2.0

import CSQLite
import Descriptors
import GRDB
import Glibc
import Records
internal import SystemPackage

/// The one connection that writes the ledger.
///
/// Belongs to the ``Ledger`` actor. GRDB runs each access on the calling thread, here the actor's own.
final class LedgerConnection {
    /// What the hook tells.
    private struct Logged {
        /// The pages in the WAL.
        var pages: Int32 = 0
        /// How many transactions have written any.
        var commits: UInt64 = 0
    }

    private let queue: DatabaseQueue
    private var statements: CommitStatements?
    /// The WAL as of the last commit, written by SQLite's hook on the thread that commits.
    private let logged = UnsafeMutablePointer<Logged>.allocate(capacity: 1)
    /// How many there were when moving them was last tried.
    private var triedPages: Int32 = 0
    /// How many of them are in the database too, as far as it is known.
    private var movedPages: Int32 = 0
    /// Bytes.
    private(set) var pageSize = 4096

    /// Opens the database, brings what an earlier process left in the WAL into it, and only then lets anybody write.
    ///
    /// - Parameter mayBegin: whether a database without a ledger in it becomes one.
    init(_ directory: StateDirectory, mayBegin: Bool = true) throws(LedgerError) {
        guard mayBegin || directory.hasDatabase else { throw Self.emptied(directory) }
        try Self.makeFile(directory)
        // A batch of records fills several pages of 4096 bytes, and SQLite writes and reads each by itself.
        let configuration = Configuration(
            label: "ledger", timeout: 5,
            pragmas: """
                PRAGMA page_size = 8192;
                PRAGMA recursive_triggers = ON;
                PRAGMA secure_delete = ON;
                PRAGMA temp_store = MEMORY;
                """)
        logged.initialize(to: Logged())
        do {
            queue = try DatabaseQueue(path: directory.database.string, configuration: configuration)
            try queue.writeWithoutTransaction { database in
                let isEmpty = try LedgerSchema.isEmpty(database)
                if !isEmpty { try LedgerSchema.check(database) }
                guard !isEmpty || mayBegin else { throw Self.emptied(directory) }
                logged.pointee.pages = try Self.useWriteAheadLog(database, in: directory)
                if try LedgerSchema.migrate(database) {
                    // The tables of a ledger are not to be lost with its WAL.
                    logged.pointee.pages = try Self.useWriteAheadLog(database, in: directory)
                }
                pageSize = try Int.fetchOne(database, sql: "PRAGMA page_size") ?? pageSize
                statements = try CommitStatements(database)
                countLogPages(database)
            }
        } catch {
            throw LedgerError(error, opening: directory.database)
        }
        try directory.synchronize()
    }

    deinit {
        close()
        logged.deallocate()
    }

    private static func emptied(_ directory: StateDirectory) -> LedgerError {
        .damaged(
            "the database \(directory.database) is empty, and was not",
            remedy: "stop the daemon, put the right database back, and start it again")
    }

    /// A new database file gets its mode and its directory entry before SQLite sees it.
    ///
    /// One that is there is left alone: closing any descriptor of it would drop the locks that this process holds on it
    /// through SQLite (`fcntl(2)`, F_SETLK).
    private static func makeFile(_ directory: StateDirectory) throws(LedgerError) {
        if !directory.hasDatabase { try WriteAheadLogFile(directory: directory).setAside() }
        if let status = try? FileStatus(ofPath: directory.database, followingLinks: false) {
            guard status.kind != .symbolicLink else {
                throw LedgerError(
                    .directory, "\(directory.database) is a symbolic link: its write-ahead log would lie elsewhere",
                    remedy: "keep the whole directory there, and name it with --state")
            }
            return
        }
        _ = try directory.open(directory.database, O_RDWR | O_CREAT | O_EXCL)
        try directory.synchronize()
    }

    /// Turns on the WAL with a sync for every commit, and empties it
    /// (Decisions: after a failed commit everything is opened again). Where another process reads it, so that it cannot be
    /// emptied, what is in it is made durable where it is.
    ///
    /// GRDB's own set-up of the WAL makes `synchronous` NORMAL, so it is not asked for it; what holds is read back.
    /// - Returns: the pages that are in the WAL.
    private static func useWriteAheadLog(_ database: Database, in directory: StateDirectory) throws -> Int32 {
        try expect("wal", from: "PRAGMA journal_mode = WAL", in: database)
        try synchronise(database)
        try expect("0", from: "PRAGMA wal_autocheckpoint = 0", in: database)
        // A commit would wait for as long as the file system takes to cut the file: ``shrinkLog(in:to:)`` does so in parts.
        try database.execute(sql: "PRAGMA journal_size_limit = -1")
        // Frames of a commit that failed may be in the page cache and not on the disk. Until they have been written
        // into the database, and that synchronised, no commit may follow them.
        // The readers of others are not waited for as long as writers are.
        sqlite3_busy_timeout(database.sqliteConnection, 500)
        defer { sqlite3_busy_timeout(database.sqliteConnection, 5000) }
        if try Row.fetchOne(database, sql: "PRAGMA wal_checkpoint(TRUNCATE)").map({ $0[0] as Int }) == 0 { return 0 }
        sqlite3_busy_timeout(database.sqliteConnection, 5000)
        try database.inTransaction(.immediate) {
            try WriteAheadLogFile(directory: directory).makeDurable()
            return .rollback
        }
        // Tells how many pages there are.
        let state = try Row.fetchOne(database, sql: "PRAGMA wal_checkpoint(PASSIVE)")
        return state.map { Int32(clamping: $0[1] as Int64) } ?? 0
    }

    /// Has each commit synchronised from here on, and sees that it is so: nothing is acknowledged that is not.
    private static func synchronise(_ database: Database) throws {
        try database.execute(sql: "PRAGMA synchronous = FULL")
        try expect("2", from: "PRAGMA synchronous", in: database)
    }

    private static func expect(_ wanted: String, from pragma: String, in database: Database) throws {
        let row = try Row.fetchOne(database, sql: pragma)
        guard let value: DatabaseValue = row?[0], "\(value.storage.value ?? "")" == wanted else {
            throw DatabaseError(message: "the database did not take its settings")
        }
    }

    private func countLogPages(_ database: Database) {
        // The pointer outlives the connection, which is closed before it is deallocated.
        _ = sqlite3_wal_hook(
            database.sqliteConnection,
            { context, _, _, pages in
                let logged = context?.assumingMemoryBound(to: Logged.self)
                logged?.pointee.pages = pages
                logged?.pointee.commits += 1
                return SQLITE_OK
            }, logged)
    }

    /// How many pages the WAL held after the last commit.
    var logPageCount: Int { Int(logged.pointee.pages) }

    /// How many transactions have written anything to the WAL: one that changes nothing does not.
    var writtenCount: UInt64 { logged.pointee.commits }

    /// How many of them came since moving them was last tried.
    var newPageCount: Int {
        noteBeginning()
        return Int(logged.pointee.pages - triedPages)
    }

    /// How many of them have not been moved.
    var unmovedPageCount: Int {
        noteBeginning()
        return Int(logged.pointee.pages - movedPages)
    }

    /// Where the WAL began anew, nothing of it has been moved.
    private func noteBeginning() {
        if logged.pointee.pages < triedPages { triedPages = 0 }
        if logged.pointee.pages < movedPages { movedPages = 0 }
    }

    /// Somebody else has moved so many.
    func noteMoved(_ pages: Int32) {
        triedPages = logged.pointee.pages
        movedPages = pages
    }

    /// Runs a block on the database.
    func read<Result>(_ body: (Database) throws -> Result) throws(LedgerError) -> Result {
        do {
            return try queue.writeWithoutTransaction(body)
        } catch {
            throw LedgerError(error, reading: queue.path)
        }
    }

    /// Runs a block in a transaction and commits it with one synchronisation of the WAL. After an error the connection is of no further use.
    ///
    /// - Parameter synchronises: false for what may be lost with a crash. The next commit's synchronisation is for this one too.
    func write(
        synchronises: Bool = true, _ body: (Database, CommitStatements) throws -> Void
    ) throws(LedgerError) {
        guard let statements else { preconditionFailure("the statements live as long as the connection") }
        do {
            try queue.writeWithoutTransaction { database in
                if !synchronises { try database.execute(sql: "PRAGMA synchronous = NORMAL") }
                try statements.begin.run()
                do {
                    try body(database, statements)
                    try statements.commit.run()
                } catch {
                    if sqlite3_get_autocommit(database.sqliteConnection) == 0 { try? database.rollback() }
                    throw error
                }
                if !synchronises { try Self.synchronise(database) }
            }
        } catch {
            throw LedgerError(error, committing: queue.path)
        }
    }

    /// Moves what the WAL holds into the database, as far as no reader is in the way.
    ///
    /// - Returns: whether that is all of it.
    @discardableResult
    func checkpoint() -> Bool {
        // What fails here is tried again with the next one: the WAL keeps everything until it is done.
        triedPages = logged.pointee.pages
        return queue.writeWithoutTransaction { database in
            var pages: Int32 = -1
            var moved: Int32 = -1
            let code = sqlite3_wal_checkpoint_v2(
                database.sqliteConnection, nil, SQLITE_CHECKPOINT_PASSIVE, &pages, &moved)
            guard code == SQLITE_OK, pages >= 0 else { return false }
            movedPages = moved
            return pages == moved
        }
    }

    /// The same, and makes the WAL an empty file; false at once where anybody reads.
    func empty() -> Bool {
        queue.writeWithoutTransaction { database in
            sqlite3_busy_timeout(database.sqliteConnection, 0)
            defer { sqlite3_busy_timeout(database.sqliteConnection, 5000) }
            let code = sqlite3_wal_checkpoint_v2(
                database.sqliteConnection, nil, SQLITE_CHECKPOINT_TRUNCATE, nil, nil)
            guard code == SQLITE_OK else { return false }
            logged.pointee.pages = 0
            triedPages = 0
            movedPages = 0
            return true
        }
    }

    /// Cuts the WAL where it has nothing, while nobody can write to it.
    func shrinkLog(in directory: StateDirectory, to size: Int64) -> Bool {
        queue.writeWithoutTransaction { database in
            do {
                try database.inTransaction(.immediate) {
                    try WriteAheadLogFile(directory: directory).cut(to: size)
                    return .rollback
                }
                return true
            } catch {
                return false
            }
        }
    }

    /// From now on closing moves nothing into the database and removes no file: they may be another's.
    func leaveFiles() {
        queue.writeWithoutTransaction { _ = csqlite_set_no_checkpoint_on_close($0.sqliteConnection) }
    }

    /// Closes the connection; the last one of all leaves no WAL behind.
    func close() {
        statements = nil
        try? queue.close()
    }
}

/// The statements that run with every commit.
struct CommitStatements {
    let begin: RawStatement
    let commit: RawStatement
    /// Of the index, the count, the root, the time, what is delivered, and the leaves.
    let appendBatch: RawStatement
    let appendTile: RawStatement
    /// To the size, the root, the time, and what is delivered.
    let setTree: RawStatement
    let setCounter: RawStatement

    init(_ database: Database) throws {
        begin = try RawStatement("BEGIN IMMEDIATE", in: database)
        commit = try RawStatement("COMMIT", in: database)
        appendBatch = try RawStatement(
            """
            INSERT INTO log_batch (first, count, root, last_time_usec, delivered_up_to, leaves)
            VALUES (?, ?, ?, ?, ?, ?)
            """, in: database)
        appendTile = try RawStatement("INSERT INTO tile (level, idx, hashes) VALUES (?, ?, ?)", in: database)
        setTree = try RawStatement(
            "UPDATE tree_row SET size = ?, root = ?, last_time_usec = ?, delivered_up_to = ? WHERE id = 0",
            in: database)
        setCounter = try RawStatement(
            """
            INSERT INTO rule_counter (principal, window_usec, used, started_usec, rule, started_boot_usec, boot_id)
            VALUES (?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT DO UPDATE SET
                used = excluded.used, started_usec = excluded.started_usec,
                started_boot_usec = excluded.started_boot_usec, boot_id = excluded.boot_id
            """, in: database)
    }
}
