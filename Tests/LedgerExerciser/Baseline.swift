// SPDX-License-Identifier: Apache-2.0

import CSQLite
import SystemPackage

extension Exercise {
    /// The least that storing rows durably costs: SQLite's C interface, one table, nothing hashed.
    static func measureBaseline(_ directory: FilePath, rows: Int, transactions: Int) throws {
        var opened: OpaquePointer?
        guard sqlite3_open(directory.appending("baseline.db").string, &opened) == SQLITE_OK, let database = opened
        else {
            throw Errno.ioError
        }
        defer { sqlite3_close(database) }
        sqlite3_exec(
            database,
            """
            PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
            CREATE TABLE log (idx INTEGER PRIMARY KEY, leaf TEXT NOT NULL) STRICT;
            """, nil, nil, nil)
        let batches = (0..<transactions).map { batch(from: UInt64($0 * rows), rows: rows) }
        let begin = prepare("BEGIN IMMEDIATE", database)
        let commit = prepare("COMMIT", database)
        let insert = prepare("INSERT INTO log (idx, leaf) VALUES (?, ?)", database)
        defer { for statement in [begin, commit, insert] { sqlite3_finalize(statement) } }
        let start = ContinuousClock.now
        for batch in batches {
            run(begin)
            var index = Int64(batch.firstIndex)
            for leaf in batch.leaves {
                leaf.withUnsafeBytes { bytes in
                    sqlite3_bind_int64(insert, 1, index)
                    let text = bytes.bindMemory(to: CChar.self).baseAddress
                    sqlite3_bind_text(insert, 2, text, Int32(bytes.count), nil)
                    run(insert)
                }
                index += 1
            }
            run(commit)
        }
        report(rows: rows * transactions, ContinuousClock.now - start)
    }

    private static func prepare(_ sql: String, _ database: OpaquePointer) -> OpaquePointer? {
        var statement: OpaquePointer?
        precondition(sqlite3_prepare_v2(database, sql, -1, &statement, nil) == SQLITE_OK, "cannot prepare \(sql)")
        return statement
    }

    private static func run(_ statement: OpaquePointer?) {
        precondition(sqlite3_step(statement) == SQLITE_DONE, "the statement failed")
        sqlite3_reset(statement)
    }
}
