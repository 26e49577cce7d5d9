// SPDX-License-Identifier: Apache-2.0

import CSQLite
import GRDB
import Records

/// Reads leaves by index, in either direction, without copying what is only looked at.
///
/// Records before the first batch have rows of their own (``LogForm``).
struct LeafRows {
    private let singles: SingleRows
    private let batches: BatchRows?
    private let firstInBatch: UInt64

    init(_ database: Database) throws {
        let form = try LogForm(database)
        singles = try SingleRows(database, table: form.rowTable)
        batches = form.hasBatches ? try BatchRows(database) : nil
        firstInBatch = try form.firstInBatch(database) ?? .max
    }

    /// Calls `body` for each record of a range. The bytes are SQLite's own and are gone when `body` returns.
    ///
    /// - Parameter faults: gets what is wrong with the rows themselves; without it the first of them is thrown.
    func each(
        in range: Range<UInt64>, faults: (BatchFault) throws -> Void = LeafRows.refuse,
        _ body: (UInt64, UnsafeRawBufferPointer) throws -> Void
    ) throws {
        try scan(range, faults: faults) { index, leaf in
            try body(index, leaf)
            return true
        }
    }

    /// The bytes of one record; nil where there is none.
    func leaf(_ index: UInt64) throws -> [UInt8]? {
        var found: [UInt8]?
        if index < UInt64(Int64.max) { try each(in: index..<index + 1) { found = Array($1) } }
        return found
    }

    /// Like ``each(in:faults:_:)``, in either direction, and stops where `body` returns false.
    func scan(
        _ range: Range<UInt64>, reverse: Bool = false, faults: (BatchFault) throws -> Void = LeafRows.refuse,
        _ body: (UInt64, UnsafeRawBufferPointer) throws -> Bool
    ) throws {
        let before = range.clamped(to: 0..<firstInBatch)
        let batched = range.clamped(to: firstInBatch..<UInt64.max)
        if reverse {
            guard try batches?.descend(batched, faults, body) ?? true else { return }
            _ = try singles.scan(before, reverse: true, body)
        } else {
            guard try singles.scan(before, reverse: false, body) else { return }
            _ = try batches?.ascend(batched, faults, body)
        }
    }

    static func refuse(_ fault: BatchFault) throws {
        throw LedgerError.damaged("\(fault)")
    }
}

/// The table with a row for each record.
private struct SingleRows {
    private let ascending: Statement
    private let descending: Statement

    init(_ database: Database, table: String) throws {
        ascending = try database.cachedStatement(
            sql: "SELECT idx, leaf FROM \(table) WHERE idx >= ? AND idx < ? ORDER BY idx")
        descending = try database.cachedStatement(
            sql: "SELECT idx, leaf FROM \(table) WHERE idx >= ? AND idx < ? ORDER BY idx DESC")
    }

    /// - Returns: false where `body` did.
    func scan(
        _ range: Range<UInt64>, reverse: Bool, _ body: (UInt64, UnsafeRawBufferPointer) throws -> Bool
    ) throws -> Bool {
        var rest = range
        return try (reverse ? descending : ascending).eachRow(range) { handle in
            let index = UInt64(bitPattern: sqlite3_column_int64(handle, 0))
            // A damaged table can give its rows in any order, and what the callers compute rests on this one.
            guard rest.contains(index) else { throw DatabaseError.outOfOrder }
            rest = reverse ? rest.lowerBound..<index : index + 1..<rest.upperBound
            return try body(index, handle.bytes(1))
        }
    }
}

/// The table with a row for each batch.
private struct BatchRows {
    private let ascending: Statement
    private let descending: Statement
    /// The row that a record can be in.
    private let seek: Statement

    init(_ database: Database) throws {
        let rows = "SELECT first, count, leaves FROM log_batch WHERE first >= ? AND first < ? ORDER BY first"
        ascending = try database.cachedStatement(sql: rows)
        descending = try database.cachedStatement(sql: "\(rows) DESC")
        seek = try database.cachedStatement(sql: "SELECT max(first) FROM log_batch WHERE first <= ? AND first >= 0")
    }

    /// - Returns: false where `body` did.
    func ascend(
        _ range: Range<UInt64>, _ faults: (BatchFault) throws -> Void,
        _ body: (UInt64, UnsafeRawBufferPointer) throws -> Bool
    ) throws -> Bool {
        var rest = range
        var end: UInt64 = 0
        return try ascending.eachRow(try widened(range)) { handle in
            let batch = StoredBatch(handle)
            if batch.first < end { try faults(.overlaps(first: batch.first, end: end)) }
            end = max(end, batch.end)
            // Where a part of the row was asked for, the rest of it is not gone through.
            let isWhole = batch.first >= range.lowerBound && batch.end <= range.upperBound
            var seen: Int64 = 0
            var goesOn = true
            try batch.forEachText { leaf in
                let index = batch.first + UInt64(seen)
                seen += 1
                guard index < min(batch.end, rest.upperBound) else { return isWhole }
                guard index >= rest.lowerBound else { return true }
                rest = index + 1..<rest.upperBound
                goesOn = try body(index, leaf)
                return goesOn
            }
            let isCut = batch.first + UInt64(seen) < min(batch.end, range.upperBound)
            if goesOn, isWhole || isCut, let fault = batch.fault(texts: seen) { try faults(fault) }
            return goesOn
        }
    }

    /// - Returns: false where `body` did.
    func descend(
        _ range: Range<UInt64>, _ faults: (BatchFault) throws -> Void,
        _ body: (UInt64, UnsafeRawBufferPointer) throws -> Bool
    ) throws -> Bool {
        var rest = range
        return try descending.eachRow(try widened(range)) { handle in
            let batch = StoredBatch(handle)
            var leaves: [UnsafeRawBufferPointer] = []
            batch.forEachText { leaf in
                leaves.append(leaf)
                return true
            }
            if let fault = batch.fault(texts: Int64(leaves.count)) { try faults(fault) }
            if batch.end > rest.upperBound, rest.upperBound < range.upperBound {
                try faults(.overlaps(first: rest.upperBound, end: batch.end))
            }
            for (position, leaf) in leaves.enumerated().reversed() {
                let index = batch.first + UInt64(position)
                guard index < batch.end, rest.contains(index) else { continue }
                rest = rest.lowerBound..<index
                guard try body(index, leaf) else { return false }
            }
            return true
        }
    }

    /// From the row on that the first of these records is in, if there is one before it.
    private func widened(_ range: Range<UInt64>) throws -> Range<UInt64> {
        guard !range.isEmpty else { return range }
        let first = try Int64.fetchOne(seek, arguments: [Int64(clamping: range.lowerBound)])
        return first.map { UInt64($0)..<range.upperBound } ?? range
    }
}

extension StoredBatch {
    fileprivate init(_ handle: OpaquePointer) {
        first = UInt64(bitPattern: sqlite3_column_int64(handle, 0))
        count = sqlite3_column_int64(handle, 1)
        text = handle.bytes(2)
    }
}

extension OpaquePointer {
    /// The bytes of a column as they are stored: the database's encoding is UTF-8, so SQLite converts nothing.
    fileprivate func bytes(_ column: Int32) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: sqlite3_column_blob(self, column), count: Int(sqlite3_column_bytes(self, column)))
    }
}

extension Statement {
    /// Steps through the rows with keys in a range, until `body` returns false.
    ///
    /// - Returns: false where `body` did.
    fileprivate func eachRow(_ range: Range<UInt64>, _ body: (OpaquePointer) throws -> Bool) throws -> Bool {
        guard !range.isEmpty else { return true }
        let handle = sqliteStatement
        defer { sqlite3_reset(handle) }
        sqlite3_bind_int64(handle, 1, Int64(clamping: range.lowerBound))
        sqlite3_bind_int64(handle, 2, Int64(clamping: range.upperBound))
        while true {
            let code = sqlite3_step(handle)
            if code == SQLITE_DONE { return true }
            guard code == SQLITE_ROW else { throw DatabaseError(of: handle) }
            guard try body(handle) else { return false }
        }
    }
}

extension DatabaseError {
    fileprivate static var outOfOrder: DatabaseError {
        DatabaseError(resultCode: .SQLITE_CORRUPT, message: "the rows of the log are out of their order")
    }
}
