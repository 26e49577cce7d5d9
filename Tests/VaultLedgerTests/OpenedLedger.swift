// SPDX-License-Identifier: Apache-2.0

import GRDB
import Glibc
import Records
import SystemPackage
import TransparencyLog
import VaultLedger
import VaultTestKit

/// A directory with a ledger in it, to be opened, filled, and tampered with.
struct OpenedLedger: Sendable {
    let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    var state: FilePath { directory.path("state") }
    var database: FilePath { state.appending("ledger.db") }

    /// In bytes; -1 where there is no WAL.
    var walSize: Int {
        var status = stat()
        return stat(database.string + "-wal", &status) == 0 ? Int(status.st_size) : -1
    }

    /// Opens on a thread that may block.
    func open(_ options: LedgerOptions = LedgerOptions()) async throws -> (Ledger, RestoredState) {
        let state = state
        return try await onThread { try Ledger.open(directory: state, options: options) }
    }

    /// Opens, appends small records up to this size, and closes.
    @discardableResult
    func fill(to size: Int, rows: Int = 500, keepsIndex: Bool = true) async throws -> TreeState {
        let (ledger, restored) = try await open(LedgerOptions(keepsIndex: keepsIndex))
        var tree = TreeState(size: restored.size, root: restored.root)
        while tree.size < size {
            let count = min(rows, size - Int(tree.size))
            tree = try await ledger.commit(TestRecords.plain(from: tree.size, count: count))
        }
        await ledger.close()
        return tree
    }

    /// Changes the closed database as somebody with a text editor for databases would.
    func tamper(_ sql: String, of file: String = "ledger.db") async throws {
        let path = state.appending(file).string
        try await onThread {
            let queue = try DatabaseQueue(path: path)
            try queue.writeWithoutTransaction { try $0.execute(sql: sql) }
            try queue.close()
        }
    }

    /// The same where the triggers of the log are in the way: takes them away and puts them back.
    func tamperPastTriggers(_ sql: String) async throws {
        let path = database.string
        try await onThread {
            let queue = try DatabaseQueue(path: path)
            try queue.writeWithoutTransaction { database in
                let triggers = try Row.fetchAll(
                    database, sql: "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'")
                for trigger in triggers { try database.execute(sql: "DROP TRIGGER \(trigger[0] as String)") }
                try database.execute(sql: Self.asRows(sql))
                for trigger in triggers { try database.execute(sql: trigger[1]) }
            }
            try queue.close()
        }
    }

    /// Statements that change the tables `log` and `tree`, which are views: they find such tables, with texts that need not be
    /// JSON, and what they make of them goes back into batches, of up to 64 records, and into the row of the tree.
    static func asRows(_ sql: String) -> String {
        """
        CREATE TEMP TABLE log (idx INTEGER PRIMARY KEY, leaf TEXT NOT NULL);
        INSERT INTO temp.log SELECT idx, leaf FROM main.log_row;
        WITH RECURSIVE part (idx, leaf, rest) AS (
            SELECT first - 1, NULL, leaves || char(10) FROM main.log_batch
            UNION ALL SELECT idx + 1, substr(rest, 1, instr(rest, char(10)) - 1),
                substr(rest, instr(rest, char(10)) + 1) FROM part WHERE rest <> ''
        )
        INSERT INTO temp.log SELECT idx, leaf FROM part WHERE leaf NOT NULL;
        CREATE TEMP TABLE tree AS SELECT * FROM main.tree;
        \(sql);
        DELETE FROM main.log_batch;
        DELETE FROM main.log_row;
        INSERT INTO main.log_batch (first, count, leaves)
        SELECT min(idx), count(*), group_concat(leaf, char(10))
        FROM (SELECT idx, leaf, idx - row_number() OVER (ORDER BY idx) AS run FROM temp.log ORDER BY idx)
        GROUP BY run, idx >> 6;
        DELETE FROM main.tree_row;
        INSERT INTO main.tree_row SELECT * FROM temp.tree;
        DROP TABLE temp.log;
        DROP TABLE temp.tree
        """
    }

    /// Every record of the closed ledger, as the view has it, which puts JSON into its shortest form.
    func viewedLeaves() async throws -> [[UInt8]] {
        try await texts("SELECT leaf FROM log ORDER BY idx")
    }

    /// Every record of the closed ledger.
    func leaves() async throws -> [[UInt8]] {
        try await texts("SELECT leaf FROM log_row ORDER BY idx")
            + texts("SELECT leaves FROM log_batch ORDER BY first").flatMap {
                $0.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map(Array.init)
            }
    }

    private func texts(_ sql: String) async throws -> [[UInt8]] {
        let path = database.string
        return try await onThread {
            let queue = try DatabaseQueue(path: path)
            defer { try? queue.close() }
            return try queue.read { try String.fetchAll($0, sql: sql) }.map { Array($0.utf8) }
        }
    }

    /// A copy of the closed ledger.
    func copy() async throws -> OpenedLedger {
        let copy = try OpenedLedger()
        guard mkdir(copy.state.string, 0o700) == 0 else { throw Errno(rawValue: errno) }
        _ = try await Command("cp", database.string, copy.state.string).run()
        return copy
    }

    /// How many records the index says that it covers; -1 where there is none, or not yet.
    func indexedSize() async throws -> Int {
        let path = state.appending("index.db").string
        return try await onThread {
            guard access(path, F_OK) == 0 else { return -1 }
            var configuration = Configuration()
            // It may be in the making.
            configuration.busyMode = .timeout(10)
            let queue = try DatabaseQueue(path: path, configuration: configuration)
            defer { try? queue.close() }
            return try queue.read {
                try $0.tableExists("source") ? Int.fetchOne($0, sql: "SELECT size FROM source") : nil
            } ?? -1
        }
    }

    func verify(threads: Int = 2) async throws -> VerificationReport {
        let state = state
        return try await onThread { try LedgerVerifier(directory: state).verify(threads: threads) }
    }

    /// What opening it throws.
    func openingError() async -> LedgerError? {
        do {
            let (ledger, _) = try await open()
            await ledger.close()
            return nil
        } catch {
            return error as? LedgerError
        }
    }
}

extension TreeState {
    /// The tree over what ``OpenedLedger/fill(to:rows:)`` appends.
    static func ofPlain(_ count: Int) -> TreeState {
        var tree = MerkleTree()
        for index in 0..<UInt64(count) { tree.append(.leaf(TestRecords.plain(index))) }
        return TreeState(size: tree.size, root: tree.root.bytes)
    }
}
