// SPDX-License-Identifier: Apache-2.0

internal import TransparencyLog

/// Roots of the verified log at earlier sizes, asked for in ascending order: each costs what lies between it and the one
/// before.
struct SignedRoots {
    private let blocks: [BlockVerifier.Block]
    private let leaves: LeafRows
    private let tiles: StoredTiles
    /// The roots of the perfect subtrees over the blocks so far, from left to right.
    private var peaks: [TreeHash] = []
    private var count = 0

    init(_ blocks: [BlockVerifier.Block], leaves: LeafRows, tiles: StoredTiles) {
        self.blocks = blocks
        self.leaves = leaves
        self.tiles = tiles
    }

    /// The root over the first `size` records as they are stored, and nil where it is not known: a record is missing and
    /// its tile too. Where only the tile is right, it stands for its records, so that one bad record, which was reported, does
    /// not hide what else was changed.
    mutating func root(at size: UInt64) -> TreeHash? {
        let width = UInt64(Tile.width)
        guard size > 0 else { return .empty }
        while count < Int(size / width) {
            guard count < blocks.count, let root = blocks[count].signedRoot else { return nil }
            append(root)
        }
        var root: TreeHash?
        let rest = Int(size % width)
        if rest > 0 {
            guard let hashes = hashes(rest, ofBlock: Int(size / width)) else { return nil }
            var tree = MerkleTree()
            for hash in hashes { tree.append(hash) }
            root = tree.root
        }
        for peak in peaks.reversed() { root = root.map { .node(peak, $0) } ?? peak }
        return root
    }

    private mutating func append(_ root: TreeHash) {
        var peak = root
        var height = 0
        while count >> height & 1 == 1 {
            peak = .node(peaks.removeLast(), peak)
            height += 1
        }
        peaks.append(peak)
        count += 1
    }

    /// The hashes of the first records of a block: of its tile where that is right, else of the bytes.
    private func hashes(_ count: Int, ofBlock number: Int) -> ArraySlice<TreeHash>? {
        guard number < blocks.count else { return nil }
        let block = blocks[number]
        if block.tileIsRight || (block.root != nil && block.firstDifference == nil),
            let stored = try? tiles.hashes(level: 0, index: UInt64(number))
        {
            return stored[..<count]
        }
        let first = UInt64(number) * UInt64(Tile.width)
        var hashes: [TreeHash] = []
        // What cannot be read was reported.
        try? leaves.each(in: first..<first + UInt64(count)) { _, leaf in hashes.append(.leaf(leaf)) }
        return hashes.count == count ? hashes[...] : nil
    }
}
