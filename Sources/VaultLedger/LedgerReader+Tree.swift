// SPDX-License-Identifier: Apache-2.0

import GRDB
import Records
package import TransparencyLog

extension LedgerReader {
    /// The root over the first `size` records; nil where there are fewer.
    package func root(at size: UInt64) async throws(LedgerError) -> TreeHash? {
        try connection.read { try StoredTree(database: $0).read(size) { try $0.root(of: 0..<size) } }
    }

    /// That a record lies in the tree of the first `size` records; nil where there is no such record or tree.
    package func inclusionProof(of index: UInt64, in size: UInt64) async throws(LedgerError) -> InclusionProof? {
        guard index < size else { return nil }
        return try connection.read { database in
            try StoredTree(database: database).read(size) {
                try InclusionProof(index: index, size: size, tiles: &$0)
            }
        }
    }

    /// That the first `old` records begin the first `new` ones; nil where there are fewer.
    package func consistencyProof(
        from old: UInt64, to new: UInt64
    ) async throws(LedgerError) -> ConsistencyProof? {
        guard old <= new else { return nil }
        return try connection.read { database in
            try StoredTree(database: database).read(new) { try ConsistencyProof(from: old, to: new, tiles: &$0) }
        }
    }

    /// The first part of a range, in one short transaction.
    ///
    /// - Parameter part: is made what it is to be on the thread of this reader.
    /// - Returns: the record to go on with.
    package func export<Part: ExportedPart>(
        _ range: Range<UInt64>, prunedBefore: UInt64, byteLimit: Int, tileLimit: Int, as part: Part.Type
    ) async throws(LedgerError) -> (Part, next: UInt64) {
        try connection.read { database in
            var part = Part()
            var next = range.lowerBound
            let stored = StoredTiles(database: database)
            let width = UInt64(Tile.width)
            var tiles = 0
            while next < min(range.upperBound, prunedBefore) {
                guard tiles < tileLimit else { return (part, next) }
                let index = next / width
                part.append(Tile(level: 0, index: index, hashes: try stored.full(level: 0, index: index)))
                tiles += 1
                next = min((index + 1) * width, range.upperBound)
            }
            var bytes = 0
            var budget = ReadBudget()
            try LeafRows(database).scan(next..<range.upperBound) { index, leaf in
                guard index == next else { return false }
                part.append(leaf, of: index)
                next = index + 1
                bytes += leaf.count
                return bytes < byteLimit && budget.spend()
            }
            guard !range.isEmpty, next == range.lowerBound else { return (part, next) }
            throw LedgerError.damaged("record \(next) is missing", remedy: LedgerError.verify)
        }
    }

    /// The hash of a record's bytes, also where they were pruned; nil where there is no such record.
    package func leafHash(_ index: UInt64) async throws(LedgerError) -> TreeHash? {
        guard index < UInt64(Int64.max) else { return nil }
        return try connection.read { database in
            try StoredTree(database: database).read(index + 1) { try $0.root(of: index..<index + 1) }
        }
    }

    /// The newest checkpoint over a record that witnesses have signed too; nil where there is none.
    package func cosignedCheckpoint(
        covering index: UInt64, origin: String
    ) async throws(LedgerError) -> CosignedCheckpoint? {
        guard index < UInt64(Int64.max) else { return nil }
        return try connection.read { database in
            let sql = """
                SELECT size, note FROM checkpoint WHERE size > ? AND substr(note, 1, ?) = ?
                AND size IN (SELECT size FROM cosignature WHERE size > ?) ORDER BY size DESC LIMIT 1
                """
            let line = "\(origin)\n"
            guard
                let row = try Row.fetchOne(
                    database, sql: sql, arguments: [Int64(index), line.unicodeScalars.count, line, Int64(index)])
            else { return nil }
            return CosignedCheckpoint(
                size: try row.storedIndex(0), note: try row.stored(1),
                cosignatures: try Self.cosignatures(try row.stored(0), database))
        }
    }

    /// What witnesses have added to the checkpoint over the first `size` records.
    package func cosignatures(at size: UInt64) async throws(LedgerError) -> [NoteSignature] {
        try connection.read { try Self.cosignatures(Int64(clamping: size), $0) }
    }

    private static func cosignatures(_ size: Int64, _ database: Database) throws -> [NoteSignature] {
        try String.fetchAll(
            database, sql: "SELECT line FROM cosignature WHERE size = ? ORDER BY line", arguments: [size]
        ).map { try NoteSignature(line: $0[...]) }
    }

    /// How many tiles one transaction hashes the records of.
    private static let tilesAtOnce: UInt64 = 32

    /// The first record of some whole tiles that is missing, or does not hash to what its tile has; nil where there is none.
    ///
    /// For before texts are deleted: afterwards nothing tells the right hashes from others.
    package func firstDamaged(in range: Range<UInt64>) async throws(LedgerError) -> UInt64? {
        let width = UInt64(Tile.width)
        var next = range.lowerBound
        while next < range.upperBound {
            let part = next..<min(next + Self.tilesAtOnce * width, range.upperBound)
            let found = try connection.read { database -> UInt64? in
                let verifier = try BlockVerifier(database, prunedBefore: 0)
                for start in stride(from: part.lowerBound, to: part.upperBound, by: Tile.width) {
                    let block = try verifier.verify(start..<start + width)
                    let first = [block.firstDifference, block.damage.compactMap(\.firstIndex).min()].compactMap(\.self)
                        .min()
                    if let first { return first }
                }
                return nil
            }
            if let found { return found }
            next = part.upperBound
            await Task.yield()
        }
        return nil
    }
}

/// Reads the tree out of the tiles that are stored, and what they do not hold out of the tiles and leaves below.
struct StoredTree {
    let database: Database

    /// Runs `body` on a reader of the tree over the first `size` records; nil where there are fewer.
    func read<Result>(_ size: UInt64, _ body: (inout TileReader<any Error>) throws -> Result) throws -> Result? {
        guard size <= (try StateTables(database: database).tree().size) else { return nil }
        let stored = StoredTiles(database: database)
        let rows = try LeafRows(database)
        var reader = TileReader(size: size) { level, index, width in
            try hashes(level: level, index: index, width: width, stored: stored, rows: rows)
        }
        return try body(&reader)
    }

    /// The first hashes of a tile: a stored one, else made from what lies below it.
    private func hashes(
        level: Int, index: UInt64, width: Int, stored: StoredTiles, rows: LeafRows
    ) throws -> [TreeHash] {
        if let full = try stored.hashes(level: level, index: index) { return full }
        let first = index * UInt64(Tile.width)
        var hashes: [TreeHash] = []
        if level == 0 {
            try rows.each(in: first..<first + UInt64(width)) { _, leaf in hashes.append(.leaf(leaf)) }
        } else {
            for below in first..<first + UInt64(width) {
                let tile = try self.hashes(
                    level: level - 1, index: below, width: Tile.width, stored: stored, rows: rows)
                hashes.append(.perfectRoot(of: tile[...]))
            }
        }
        guard hashes.count == width else {
            throw LedgerError.damaged(
                "tile \(index) of level \(level) cannot be made: records are missing", remedy: LedgerError.verify)
        }
        return hashes
    }
}

/// Part of the log as it is stored, in whatever form it leaves: hashes where texts were pruned, and records behind them.
package protocol ExportedPart: Sendable {
    init()

    /// Of level 0, from the one that has the first record on.
    mutating func append(_ tile: Tile)

    /// - Parameter text: the database's own, and gone when this returns.
    mutating func append(_ text: UnsafeRawBufferPointer, of index: UInt64)
}

/// A checkpoint of the database with what witnesses have added to it.
package struct CosignedCheckpoint: Sendable {
    package var size: UInt64
    /// The note as the log signed it.
    package var note: String
    package var cosignatures: [NoteSignature]
}
