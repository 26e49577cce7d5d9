// SPDX-License-Identifier: Apache-2.0

import GRDB
import Records
package import TransparencyLog

extension LedgerReader {
    /// The root over the first `size` records; nil where there are fewer.
    package func root(at size: UInt64) async throws(LedgerError) -> TreeHash? {
        try connection.read { database in
            try StoredTree(database: database).reader(of: size).map { reader in
                var reader = reader
                return try reader.root(of: 0..<size)
            }
        }
    }

    /// That a record lies in the tree of the first `size` records; nil where there is no such record or tree.
    package func inclusionProof(of index: UInt64, in size: UInt64) async throws(LedgerError) -> InclusionProof? {
        guard index < size else { return nil }
        return try connection.read { database in
            try StoredTree(database: database).reader(of: size).map { reader in
                var reader = reader
                return try InclusionProof(index: index, size: size, tiles: &reader)
            }
        }
    }

    /// That the first `old` records begin the first `new` ones; nil where there are fewer.
    package func consistencyProof(
        from old: UInt64, to new: UInt64
    ) async throws(LedgerError) -> ConsistencyProof? {
        guard old <= new else { return nil }
        return try connection.read { database in
            try StoredTree(database: database).reader(of: new).map { reader in
                var reader = reader
                return try ConsistencyProof(from: old, to: new, tiles: &reader)
            }
        }
    }
}

/// Reads the tree out of the tiles that are stored, and what they do not hold out of the tiles and leaves below.
struct StoredTree {
    let database: Database

    /// A reader of the tree over the first `size` records; nil where there are fewer.
    func reader(of size: UInt64) throws -> TileReader<any Error>? {
        guard size <= (try StateTables(database: database).tree().size) else { return nil }
        let stored = StoredTiles(database)
        let rows = try LeafRows(database)
        return TileReader(size: size) { level, index, width in
            try hashes(level: level, index: index, width: width, stored: stored, rows: rows)
        }
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
            throw LedgerError(
                .damaged, "tile \(index) of level \(level) cannot be made: records are missing",
                remedy: "see what `vault audit verify` finds")
        }
        return hashes
    }
}
