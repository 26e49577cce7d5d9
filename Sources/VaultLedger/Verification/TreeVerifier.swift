// SPDX-License-Identifier: Apache-2.0

internal import TransparencyLog

/// Builds the tree over the hashed records and compares it with the stored tiles and the stored root.
struct TreeVerifier {
    let tree: StateTables.Tree
    let tiles: StoredTiles
    private(set) var damage: [Damage] = []

    /// The root over what is there; nil where a record is missing.
    mutating func verify(_ blocks: inout [BlockVerifier.Block]) throws -> TreeHash? {
        let roots = blocks.compactMap(\.root)
        guard roots.count == blocks.count, blocks.count == Self.blockCount(of: tree.size) else {
            // Without all of the records there is no tree; what the tiles say of the others still counts.
            try judge(&blocks, rootIsRight: false)
            return nil
        }
        let root = TreeHash.root(of: roots[...])
        let rootIsRight = root.bytes == tree.root
        try judge(&blocks, rootIsRight: rootIsRight)
        let suspects = Set(blocks.indices.filter { blocks[$0].firstDifference != nil }.map { UInt64($0) })
        let pruned = Set(blocks.indices.filter { blocks[$0].isPruned }.map { UInt64($0) })
        try compare(Self.upperTiles(over: roots, size: tree.size), suspects: suspects, pruned: pruned)
        if !rootIsRight, suspects.isEmpty { blameRoot(blocks) }
        return root
    }

    /// The full tiles from level 1 up: those of a tree that has the full blocks for leaves.
    private static func upperTiles(over blocks: [TreeHash], size: UInt64) -> [Tile] {
        var tree = MerkleTree()
        var tiles: [Tile] = []
        for root in blocks.prefix(Int(size / UInt64(Tile.width))) {
            tree.append(root) { tiles.append(Tile(level: $0.level + 1, index: $0.index, hashes: $0.hashes)) }
        }
        return tiles
    }

    /// How many tiles' worth of records there are, the last of which need not be full.
    static func blockCount(of size: UInt64) -> UInt64 {
        size / UInt64(Tile.width) + (size % UInt64(Tile.width) > 0 ? 1 : 0)
    }

    /// Where a tile and its records differ, says which of them was edited.
    private mutating func judge(_ blocks: inout [BlockVerifier.Block], rootIsRight: Bool) throws {
        for number in blocks.indices {
            let block = blocks[number]
            guard let index = block.firstDifference else { continue }
            let tile = UInt64(number)
            let first = tile * UInt64(Tile.width)
            // The root over all of the records is right, or the level above holds the root of these records.
            let above = try tiles.hashes(level: 1, index: tile / 256)?[Int(tile % 256)]
            if rootIsRight || (above != nil && above == block.root) {
                damage.append(.tileEdited(level: 0, index: tile, firstRecord: first))
            } else {
                damage.append(.leafEdited(index: index))
                if let above, above != block.storedRoot {
                    damage.append(.tileEdited(level: 0, index: tile, firstRecord: first))
                } else {
                    blocks[number].tileIsRight = true
                }
            }
        }
    }

    /// Compares the tiles above the records' own, except where records were found wanting.
    private mutating func compare(_ upper: [Tile], suspects: Set<UInt64>, pruned: Set<UInt64>) throws {
        for tile in upper {
            let shift = Tile.height * (tile.level + 1)
            let firstRecord = tile.index << shift
            guard let stored = try tiles.hashes(level: tile.level, index: tile.index) else {
                damage.append(.tileMissing(level: tile.level, index: tile.index, firstRecord: firstRecord))
                continue
            }
            // The blocks of 256 records below each hash of the tile.
            let blocksBelow = UInt64(1) << (Tile.height * (tile.level - 1))
            for (position, hash) in tile.hashes.enumerated() where stored[position] != hash {
                let start = (tile.index * UInt64(Tile.width) + UInt64(position)) * blocksBelow
                if suspects.contains(where: { (start..<start + blocksBelow).contains($0) }) { continue }
                if tile.level == 1, pruned.contains(start) {
                    // Nothing but the tile itself stands for its records.
                    damage.append(.tileEdited(level: 0, index: start, firstRecord: start * 256))
                    continue
                }
                damage.append(.tileEdited(level: tile.level, index: tile.index, firstRecord: start * 256))
                break
            }
        }
    }

    /// All tiles agree with their records, and the root does not.
    private mutating func blameRoot(_ blocks: [BlockVerifier.Block]) {
        let covered = tree.size - tree.size % UInt64(Tile.width)
        let isBlamed = damage.contains { damage in
            if case .tileEdited = damage { true } else if case .rowMoved = damage { true } else { false }
        }
        if isBlamed { return }
        if let last = blocks.lastIndex(where: \.isPruned) {
            damage.append(.prunedTileOrRootEdited(before: UInt64(last + 1) * UInt64(Tile.width)))
            return
        }
        if covered == tree.size {
            damage.append(.rootEdited(size: tree.size))
        } else {
            damage.append(.leafOrRootEdited(covered..<tree.size))
        }
    }
}
