// SPDX-License-Identifier: Apache-2.0

import CSQLite
import GRDB
import Glibc
internal import SystemPackage

/// The one connection that writes the ledger.
///
/// Belongs to the ``Ledger`` actor. GRDB runs each access on the calling thread, here the actor's own.
final class LedgerConnection {
    private let queue: DatabaseQueue
    private var statements: CommitStatements?
    /// The pages in the WAL as of the last commit, written by SQLite's hook on the thread that commits.
    private let logPages = UnsafeMutablePointer<Int32>.allocate(capacity: 1)

    /// Opens the database, brings what an earlier process left in the WAL into it, and only then lets anybody write.
    init(_ directory: StateDirectory) throws(LedgerError) {
        try Self.makeFile(directory)
        var configuration = Configuration()
        configuration.label = "ledger"
        configuration.foreignKeysEnabled = false
        configuration.busyMode = .timeout(5)
        configuration.prepareDatabase { try Self.harden($0) }
        logPages.initialize(to: 0)
        do {
            queue = try DatabaseQueue(path: directory.database.string, configuration: configuration)
            try queue.writeWithoutTransaction { database in
                if try !LedgerSchema.isEmpty(database) { try LedgerSchema.check(database) }
                try Self.useWriteAheadLog(database, at: directory.database)
                try LedgerSchema.migrate(database)
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
        logPages.deallocate()
    }

    /// A new database file gets its mode and its directory entry before SQLite sees it.
    ///
    /// One that is there is left alone: closing any descriptor of it would drop the locks that this process holds on it
    /// through SQLite (`fcntl(2)`, F_SETLK).
    private static func makeFile(_ directory: StateDirectory) throws(LedgerError) {
        var status = stat()
        if stat(directory.database.string, &status) == 0 { return }
        let file = try directory.open(
            directory.database, .readWrite, options: [.create, .exclusiveCreate, .closeOnExec, .noFollow])
        try? file.close()
        try directory.synchronize()
    }

    private static func harden(_ database: Database) throws {
        guard csqlite_set_defensive(database.sqliteConnection) == SQLITE_OK,
            csqlite_set_untrusted_schema(database.sqliteConnection) == SQLITE_OK
        else { throw DatabaseError(message: "SQLite does not know the DEFENSIVE option") }
        // A batch of records fills several pages of 4096 bytes, and SQLite writes and reads each by itself.
        try database.execute(
            sql: """
                PRAGMA page_size = 8192;
                PRAGMA cell_size_check = ON;
                PRAGMA recursive_triggers = ON;
                PRAGMA secure_delete = ON;
                PRAGMA temp_store = MEMORY;
                """)
    }

    /// Turns on the WAL with a sync for every commit, and empties it (RULINGS 7).
    ///
    /// GRDB's own set-up of the WAL makes `synchronous` NORMAL, so it is not asked for it; what holds is read back.
    private static func useWriteAheadLog(_ database: Database, at path: FilePath) throws {
        try expect("wal", from: "PRAGMA journal_mode = WAL", in: database)
        try database.execute(sql: "PRAGMA synchronous = FULL")
        try expect("2", from: "PRAGMA synchronous", in: database)
        try expect("0", from: "PRAGMA wal_autocheckpoint = 0", in: database)
        try database.execute(sql: "PRAGMA journal_size_limit = \(64 << 20)")
        // Frames of a commit that failed may be in the page cache and not on the disk. Until they have been written
        // into the database, and that synchronised, no commit may follow them.
        try expect("0", from: "PRAGMA wal_checkpoint(TRUNCATE)", in: database) {
            LedgerError(
                .busy, "another process keeps reading the ledger, so its write-ahead log cannot be emptied",
                remedy: "end what reads \(path) and try again")
        }
    }

    private static func expect(
        _ wanted: String, from pragma: String, in database: Database,
        otherwise failure: () -> any Error = { DatabaseError(message: "the database did not take its settings") }
    ) throws {
        let row = try Row.fetchOne(database, sql: pragma)
        guard let value: DatabaseValue = row?[0], "\(value.storage.value ?? "")" == wanted else { throw failure() }
    }

    private func countLogPages(_ database: Database) {
        // The pointer outlives the connection, which is closed before it is deallocated.
        _ = sqlite3_wal_hook(
            database.sqliteConnection,
            { context, _, _, pages in
                context?.assumingMemoryBound(to: Int32.self).pointee = pages
                return SQLITE_OK
            }, logPages)
    }

    /// How many pages the WAL held after the last commit.
    var logPageCount: Int { Int(logPages.pointee) }

    /// Runs a block on the database.
    func read<Result>(_ body: (Database) throws -> Result) throws(LedgerError) -> Result {
        do {
            return try queue.writeWithoutTransaction(body)
        } catch {
            throw LedgerError(error, reading: queue.path)
        }
    }

    /// Runs a block in a transaction and commits it with one synchronisation of the WAL. After an error the connection is of no further use.
    func write(_ body: (Database, CommitStatements) throws -> Void) throws(LedgerError) {
        guard let statements else { preconditionFailure("the statements live as long as the connection") }
        do {
            try queue.writeWithoutTransaction { database in
                try statements.begin.run()
                do {
                    try body(database, statements)
                    try statements.commit.run()
                } catch {
                    if sqlite3_get_autocommit(database.sqliteConnection) == 0 { try? database.rollback() }
                    throw error
                }
            }
        } catch {
            throw LedgerError(error, committing: queue.path)
        }
    }

    /// Moves what the WAL holds into the database, as far as no reader is in the way.
    func checkpoint() {
        // What fails here is tried again with the next one: the WAL keeps everything until it is done.
        logPages.pointee = 0
        _ = queue.writeWithoutTransaction { database in
            sqlite3_wal_checkpoint_v2(database.sqliteConnection, nil, SQLITE_CHECKPOINT_PASSIVE, nil, nil)
        }
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
    let appendLeaf: RawStatement
    let appendTile: RawStatement
    let setTree: RawStatement
    let setCounter: RawStatement
    let setDelivered: RawStatement

    init(_ database: Database) throws {
        begin = try RawStatement("BEGIN IMMEDIATE", in: database)
        commit = try RawStatement("COMMIT", in: database)
        appendLeaf = try RawStatement("INSERT INTO log (idx, leaf) VALUES (?, ?)", in: database)
        appendTile = try RawStatement("INSERT INTO tile (level, idx, hashes) VALUES (?, ?, ?)", in: database)
        setTree = try RawStatement(
            "UPDATE tree SET size = ?, last_time_usec = max(last_time_usec, ?), root = ? WHERE id = 0", in: database)
        setDelivered = try RawStatement(
            "UPDATE tree SET delivered_up_to = ? WHERE id = 0", in: database)
        setCounter = try RawStatement(
            """
            INSERT INTO rule_counter (principal, window_usec, used, started_usec, rule) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT DO UPDATE SET used = excluded.used, started_usec = excluded.started_usec
            """, in: database)
    }
}
