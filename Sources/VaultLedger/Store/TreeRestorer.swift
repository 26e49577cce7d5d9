// SPDX-License-Identifier: Apache-2.0

import GRDB
import Records
internal import TransparencyLog

/// Rebuilds the right edge of the tree from the tiles and the last leaves, and checks it against what was stored.
struct TreeRestorer {
    let database: Database

    func tree(_ stored: StateTables.Tree) throws -> MerkleTree {
        // Far beyond what a disk can hold, and so far from the end of the numbers that what is computed from it fits.
        guard stored.size < 1 << 56 else { throw damaged("the ledger says that it has \(stored.size) records") }
        if let last = try Int64.fetchOne(database, sql: "SELECT max(idx) FROM log") {
            // Anybody can have written the index into the file, a negative one too.
            guard let index = UInt64(exactly: last) else { throw damaged("the ledger has a record \(last)") }
            try check(index + 1, is: stored.size)
        } else {
            try check(0, is: stored.size)
        }
        let first = stored.size - stored.size % UInt64(Tile.width)
        var leaves: [TreeHash] = []
        try LeafRows(database).each(in: first..<stored.size) { index, leaf in
            let expected = first + UInt64(leaves.count)
            guard index == expected else { throw damaged("record \(expected) is missing") }
            leaves.append(.leaf(leaf))
        }
        guard first + UInt64(leaves.count) == stored.size else {
            throw damaged("record \(first + UInt64(leaves.count)) is missing")
        }
        let tiles = StoredTiles(database)
        let tree = try MerkleTree(size: stored.size, lastLeaves: leaves) { level, index in
            try tiles.full(level: level, index: index)
        }
        guard tree.root.bytes == stored.root else {
            throw damaged("the tree over the ledger's \(stored.size) records is not the one that was recorded")
        }
        return tree
    }

    private func check(_ rows: UInt64, is size: UInt64) throws {
        guard rows == size else { throw damaged("the ledger has \(rows) records, and says that it has \(size)") }
    }

    private func damaged(_ message: String) -> LedgerError {
        LedgerError(.damaged, message, remedy: "keep a copy of the database, and see what `vault audit verify` finds")
    }
}
