// SPDX-License-Identifier: Apache-2.0

import CSQLite
import GRDB

/// Reads leaves by index, in either direction, without copying what is only looked at.
struct LeafRows {
    private let ascending: Statement
    private let descending: Statement

    init(_ database: Database) throws {
        ascending = try database.cachedStatement(
            sql: "SELECT idx, leaf FROM log WHERE idx >= ? AND idx < ? ORDER BY idx")
        descending = try database.cachedStatement(
            sql: "SELECT idx, leaf FROM log WHERE idx >= ? AND idx < ? ORDER BY idx DESC")
    }

    /// Calls `body` for each row of a range. The bytes are SQLite's own and are gone when `body` returns.
    func each(in range: Range<UInt64>, _ body: (UInt64, UnsafeRawBufferPointer) throws -> Void) throws {
        try scan(range) { index, leaf in
            try body(index, leaf)
            return true
        }
    }

    /// The bytes of one row; nil where there is none.
    func leaf(_ index: UInt64) throws -> [UInt8]? {
        var found: [UInt8]?
        if index < UInt64(Int64.max) { try each(in: index..<index + 1) { found = Array($1) } }
        return found
    }

    /// Like ``each(in:_:)``, in either direction, and stops where `body` returns false.
    func scan(
        _ range: Range<UInt64>, reverse: Bool = false, _ body: (UInt64, UnsafeRawBufferPointer) throws -> Bool
    ) throws {
        guard !range.isEmpty else { return }
        let handle = (reverse ? descending : ascending).sqliteStatement
        defer {
            sqlite3_reset(handle)
        }
        sqlite3_bind_int64(handle, 1, Int64(clamping: range.lowerBound))
        sqlite3_bind_int64(handle, 2, Int64(clamping: range.upperBound))
        var rest = range
        while true {
            let code = sqlite3_step(handle)
            if code == SQLITE_DONE { return }
            guard code == SQLITE_ROW else { throw DatabaseError(of: handle) }
            let index = UInt64(bitPattern: sqlite3_column_int64(handle, 0))
            // A damaged table can give its rows in any order, and what the callers compute rests on this one.
            guard rest.contains(index) else {
                throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "the rows of the log are out of their order")
            }
            rest = reverse ? rest.lowerBound..<index : index + 1..<rest.upperBound
            // The bytes as they are stored: the database's encoding is UTF-8, so SQLite converts nothing.
            let bytes = UnsafeRawBufferPointer(
                start: sqlite3_column_blob(handle, 1), count: Int(sqlite3_column_bytes(handle, 1)))
            guard try body(index, bytes) else { return }
        }
    }
}
