// SPDX-License-Identifier: Apache-2.0

import CSQLite
import GRDB

/// A prepared statement of GRDB's that is bound and stepped through SQLite itself, for what runs with every commit.
///
/// Belongs to its connection and is used only where that is accessed.
struct RawStatement {
    private let statement: Statement

    init(_ sql: String, in database: Database) throws {
        statement = try database.makeStatement(sql: sql)
    }

    private var handle: OpaquePointer { statement.sqliteStatement }

    func bind(_ value: Int64?, at index: Int32) {
        if let value { sqlite3_bind_int64(handle, index, value) } else { sqlite3_bind_null(handle, index) }
    }

    /// A text that stays where it is until the statement has run: SQLite copies nothing.
    func bind(text bytes: UnsafeRawBufferPointer, at index: Int32) throws {
        let text = bytes.bindMemory(to: CChar.self).baseAddress
        try check(sqlite3_bind_text64(handle, index, text, UInt64(bytes.count), nil, UInt8(SQLITE_UTF8)))
    }

    /// The same for a blob.
    func bind(blob bytes: UnsafeRawBufferPointer, at index: Int32) throws {
        try check(sqlite3_bind_blob64(handle, index, bytes.baseAddress, UInt64(bytes.count), nil))
    }

    /// Runs the statement with a text or blob that stays where it is: SQLite copies nothing, and lets go of it with the reset.
    func run(withText bytes: UnsafeRawBufferPointer, at index: Int32) throws {
        try bind(text: bytes, at: index)
        try run()
    }

    func run(withBlob bytes: UnsafeRawBufferPointer, at index: Int32) throws {
        try bind(blob: bytes, at: index)
        try run()
    }

    /// Runs the statement to its end and readies it for the next time.
    func run() throws {
        let code = sqlite3_step(handle)
        if code != SQLITE_ROW { try check(code) }
        sqlite3_reset(handle)
    }

    private func check(_ code: Int32) throws {
        guard code != SQLITE_OK && code != SQLITE_DONE else { return }
        let error = DatabaseError(of: handle, sql: statement.sql)
        sqlite3_reset(handle)
        throw error
    }
}

extension DatabaseError {
    /// What SQLite said last of the connection of a statement.
    init(of statement: OpaquePointer?, sql: String? = nil) {
        let connection = sqlite3_db_handle(statement)
        self.init(
            resultCode: ResultCode(rawValue: sqlite3_extended_errcode(connection)),
            message: String(cString: sqlite3_errmsg(connection)), sql: sql)
    }
}
