// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Foundation
import GRDB
import Glibc
import Records
internal import SystemPackage
internal import TransparencyLog

/// The one connection that writes the query index. A crash may lose the newest of it, never make it wrong.
final class IndexDatabase {
    /// What of the log the index covers.
    struct Source {
        var size: UInt64
        var root: [UInt8]
        /// What was pruned of the log before this record has been taken out of the index.
        var prunedBefore: UInt64
    }

    private let queue: DatabaseQueue
    private var terms = TermTable()

    /// Opens the index at `path`; one that is damaged, or of another version, is made anew.
    static func open(_ path: FilePath) throws -> IndexDatabase {
        do {
            return try IndexDatabase(path)
        } catch {
            remove(path)
            return try IndexDatabase(path)
        }
    }

    /// Removes the files. Nothing is lost: the log has everything.
    static func remove(_ path: FilePath) {
        for suffix in ["", "-wal", "-shm"] { unlink(path.string + suffix) }
    }

    private init(_ path: FilePath) throws {
        try Self.makeFile(path)
        let configuration = Configuration(
            label: "ledger index", timeout: 5,
            pragmas: """
                PRAGMA page_size = \(IndexSchema.pageSize);
                PRAGMA journal_mode = WAL;
                PRAGMA synchronous = NORMAL;
                PRAGMA secure_delete = ON;
                PRAGMA wal_autocheckpoint = 256;
                PRAGMA journal_size_limit = \(64 << 20);
                """)
        queue = try DatabaseQueue(path: path.string, configuration: configuration)
        try queue.writeWithoutTransaction { database in
            if try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_schema") == 0 {
                try database.inTransaction {
                    try IndexSchema.create(in: database)
                    return .commit
                }
            }
            guard try IndexSchema.fits(database) else {
                throw DatabaseError(message: "the index is of another version")
            }
        }
    }

    /// A new file gets its mode before SQLite sees it, which gives the same to the files beside it. The umask is not
    /// touched: it is that of the whole process.
    ///
    /// One that is there is left alone: closing any descriptor of it would drop the locks that this process holds on it
    /// through SQLite (`fcntl(2)`, F_SETLK).
    private static func makeFile(_ path: FilePath) throws {
        if (try? FileStatus(ofPath: path)) != nil { return }
        try OwnedDescriptor.open(path, flags: O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW).close()
    }

    func source() throws -> Source {
        try queue.read { database in
            guard let row = try Row.fetchOne(database, sql: "SELECT size, root, pruned_before FROM source WHERE id = 0")
            else {
                throw DatabaseError(message: "the index does not say what it covers")
            }
            return Source(
                size: try row.storedIndex(0), root: Array(try row.stored(1, as: Data.self)),
                prunedBefore: try row.storedIndex(2))
        }
    }

    /// Adds one row to every column.
    ///
    /// - Parameters:
    ///   - root: the root over the log up to the end of this segment.
    ///   - lastTile: the hashes of the last tile of it.
    func append(
        segment number: UInt64, _ records: [RecordFields], root: TreeHash, lastTile: TreeHash
    ) throws {
        try write { database in
            try put(segment: number, records, database)
            try database.execute(
                sql: "UPDATE source SET size = ?, root = ?, last_tile = ?",
                arguments: [Int64((number + 1) * IndexSchema.segmentSize), Data(root.bytes), Data(lastTile.bytes)])
        }
    }

    /// Puts other records into a row that every column has.
    func replace(segment number: UInt64, _ records: [RecordFields]) throws {
        try write { try put(segment: number, records, $0) }
    }

    private func write(_ changes: (Database) throws -> Void) throws {
        do {
            try queue.write(changes)
        } catch {
            terms.forget()
            throw error
        }
    }

    private func put(segment number: UInt64, _ records: [RecordFields], _ database: Database) throws {
        var segment = SegmentBuilder()
        for fields in records {
            try segment.add(fields) { try terms.number(of: $1, in: $0, database) }
        }
        for field in IndexField.allCases {
            try database.cachedStatement(sql: "INSERT OR REPLACE INTO \(field.table) (number, data) VALUES (?, ?)")
                .execute(arguments: [Int64(number), Data(segment.data(of: field))])
        }
        try database.execute(
            sql: "INSERT OR REPLACE INTO span (number, first_usec, last_usec) VALUES (?, ?, ?)",
            arguments: [Int64(number), segment.span.lowerBound, segment.span.upperBound])
        try database.execute(
            sql: "INSERT OR REPLACE INTO missing (number, grants) VALUES (?, ?)",
            arguments: [Int64(number), Data(segment.missingData)])
    }

    /// Notes that the rows of the columns have nothing of the records before this one, and deletes the texts that none of
    /// them has any more. They are overwritten in the file, and not left to its unused pages or to the WAL.
    func forgetTerms(prunedBefore: UInt64) throws {
        terms.forget()
        try queue.write { database in
            var isUsed = Set<UInt64>()
            for field in IndexField.allCases where field.isTerm {
                let rows = try Row.fetchCursor(database, sql: "SELECT data FROM \(field.table)")
                while let row = try rows.next() {
                    try row.withUnsafeData(atIndex: 0) { try Self.mark($0 ?? Data(), of: field, in: &isUsed) }
                }
            }
            for id in try Int64.fetchAll(database, sql: "SELECT id FROM term")
            where !isUsed.contains(UInt64(bitPattern: id)) {
                try database.cachedStatement(sql: "DELETE FROM term WHERE id = ?").execute(arguments: [id])
            }
            try database.execute(sql: "UPDATE source SET pruned_before = ?", arguments: [Int64(prunedBefore)])
        }
        _ = try queue.writeWithoutTransaction { try $0.checkpoint(.truncate) }
    }

    private static func mark(_ row: Data, of field: IndexField, in isUsed: inout Set<UInt64>) throws {
        try row.withUnsafeBytes { bytes in
            guard let column = IndexColumn(bytes, of: field) else { throw IndexError() }
            let positions = column.constant == nil ? Int(IndexSchema.segmentSize) : 1
            column.visit(.range(0..<positions)) { _, term in isUsed.insert(term) }
        }
    }

    func close() {
        try? queue.close()
    }
}
