// SPDX-License-Identifier: Apache-2.0

import CSQLite
import Descriptors
import Foundation
import GRDB
internal import SystemPackage
internal import TransparencyLog

/// The index as one read transaction sees it.
struct IndexView {
    let database: Database
    /// How many records are indexed: whole segments.
    let size: UInt64

    /// Nil where the index does not belong to this log, as after one was replaced.
    init?(_ database: Database, ledger: Database) throws {
        guard try IndexSchema.fits(database),
            let row = try Row.fetchOne(database, sql: "SELECT size, last_tile FROM source WHERE id = 0")
        else { return nil }
        let size = try row.storedIndex(0)
        guard size > 0, size.isMultiple(of: IndexSchema.segmentSize),
            let tile = try StoredTiles(database: ledger).hashes(level: 0, index: size / UInt64(Tile.width) - 1),
            StoredTiles.fingerprint(of: tile).bytes == Array(try row.stored(1, as: Data.self))
        else { return nil }
        self.database = database
        self.size = size
    }

    static func segment(of index: UInt64) -> UInt64 { index / IndexSchema.segmentSize }

    static func range(of segment: UInt64) -> Range<UInt64> {
        segment * IndexSchema.segmentSize..<(segment + 1) * IndexSchema.segmentSize
    }

    /// Which of the records in question, all of one segment, may pass the filter.
    func positions(
        in segment: UInt64, _ positions: IndexPositions, passing filter: IndexFilter
    ) throws -> IndexPositions {
        var positions = positions
        if let times = filter.times {
            guard try overlaps(segment, times) else { return .list([]) }
            positions = try with(.time, of: segment) { column in
                Self.select(positions, in: column) { value in
                    let time = Int64(bitPattern: value)
                    return time >= times.since && time < times.until
                }
            }
        }
        for part in filter.parts where !positions.isEmpty {
            if part.columns.count == 1 {
                positions = try select(positions, part.columns[0], in: segment, excluding: part.excludes)
            } else {
                var found: Set<Int> = []
                for column in part.columns { found.formUnion(try select(positions, column, in: segment).all) }
                positions = .list(found.sorted())
            }
        }
        return positions
    }

    private func select(
        _ positions: IndexPositions, _ column: (field: IndexField, values: Set<UInt64>), in segment: UInt64,
        excluding: Bool = false
    ) throws -> IndexPositions {
        try with(column.field, of: segment) { data in
            if excluding { return Self.select(positions, in: data) { !column.values.contains($0) } }
            // A single value, the most frequent case, needs no set.
            if column.values.count == 1, let only = column.values.first {
                return Self.select(positions, in: data) { $0 == only }
            }
            return Self.select(positions, in: data) { column.values.contains($0) }
        }
    }

    @inline(__always)
    private static func select(
        _ positions: IndexPositions, in column: IndexColumn, _ allows: (UInt64) -> Bool
    ) -> IndexPositions {
        if let constant = column.constant { return allows(constant) ? positions : .list([]) }
        var list: [Int] = []
        column.visit(positions) { position, value in
            if allows(value) { list.append(position) }
        }
        return .list(list)
    }

    private func overlaps(_ segment: UInt64, _ times: (since: Int64, until: Int64)) throws -> Bool {
        let sql = "SELECT first_usec, last_usec FROM span WHERE number = ?"
        let row = try? Row.fetchOne(database.cachedStatement(sql: sql), arguments: [Int64(segment)])
        guard let row, let first = try? row.stored(0, as: Int64.self), let last = try? row.stored(1, as: Int64.self)
        else { throw IndexError() }
        return first < times.until && last >= times.since
    }

    /// The grants that the records of a segment call missing.
    func missing(in segment: UInt64) throws -> [UInt64] {
        let sql = "SELECT grants FROM missing WHERE number = ?"
        guard let row = try? Row.fetchOne(database.cachedStatement(sql: sql), arguments: [Int64(segment)]),
            let data = try? row.stored(0, as: Data.self), data.count.isMultiple(of: 8)
        else { throw IndexError() }
        return data.withUnsafeBytes { bytes in
            stride(from: 0, to: bytes.count, by: 8).map {
                UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: $0, as: UInt64.self))
            }
        }
    }

    /// Gives `body` the row of a column, where it lies.
    func with<Result>(
        _ field: IndexField, of segment: UInt64, _ body: (IndexColumn) throws -> Result
    ) throws -> Result {
        guard let statement = try? database.cachedStatement(sql: "SELECT data FROM \(field.table) WHERE number = ?")
        else { throw IndexError() }
        let handle = statement.sqliteStatement
        defer { sqlite3_reset(handle) }
        sqlite3_bind_int64(handle, 1, Int64(segment))
        guard sqlite3_step(handle) == SQLITE_ROW else { throw IndexError() }
        let bytes = UnsafeRawBufferPointer(
            start: sqlite3_column_blob(handle, 0), count: Int(sqlite3_column_bytes(handle, 0)))
        guard let column = IndexColumn(bytes, of: field) else { throw IndexError() }
        return try body(column)
    }
}

/// The index lacks something, or cannot be read.
struct IndexError: Error {}

/// A read-only connection to the query index, where there is one. Belongs to its ``LedgerReader``.
final class IndexConnection {
    private let path: FilePath
    private var queue: DatabaseQueue?
    private var inode: UInt64?

    init(_ path: FilePath) {
        self.path = path
    }

    /// Runs `body` in a read transaction on the index; with nil where there is none, or none for this log.
    func read<Result>(_ ledger: Database, _ body: (IndexView?) throws -> Result) throws -> Result {
        guard let queue = open() else { return try body(nil) }
        return try queue.unsafeRead { database in
            guard (try? database.execute(sql: "BEGIN")) != nil else { return try body(nil) }
            defer { try? database.execute(sql: "COMMIT") }
            return try body(try? IndexView(database, ledger: ledger))
        }
    }

    /// Opens the index, again where it was made anew.
    private func open() -> DatabaseQueue? {
        guard let found = try? FileStatus(ofPath: path).inode else {
            queue = nil
            return nil
        }
        if let queue, inode == found { return queue }
        let configuration = Configuration(label: "ledger index reader", readonly: true, timeout: 1)
        queue = try? DatabaseQueue(path: path.string, configuration: configuration)
        inode = found
        return queue
    }
}
