// SPDX-License-Identifier: Apache-2.0

/// An RFC 6962 Merkle tree that only grows: its size, its right edge, and so its root at any time.
///
/// Keeps what tiles do not: for each level of tiles the hashes of the one that is not full yet, and the roots of the perfect
/// subtrees that the leaves so far divide into. Appending costs one node hash on average, the root at most one for each bit of the size.
package struct MerkleTree: Sendable {
    /// The number of leaves.
    package private(set) var size: UInt64 = 0

    /// The hashes of the incomplete tile of each level; each has fewer than 256.
    package private(set) var edge: [[TreeHash]] = []

    /// The roots of the perfect subtrees, from left to right: one for each bit of `size` that is set, the highest first.
    package private(set) var peaks: [TreeHash] = []

    package init() {}

    /// The root over all leaves.
    package var root: TreeHash {
        peaks.last.map { Self.root(peaks.dropLast(), before: $0) } ?? .empty
    }

    /// The root of a larger tree, in which a smaller one with the root `rest` follows these leaves.
    package func root(before rest: TreeHash) -> TreeHash { Self.root(peaks[...], before: rest) }

    private static func root(_ peaks: ArraySlice<TreeHash>, before rest: TreeHash) -> TreeHash {
        peaks.reversed().reduce(rest) { .node($1, $0) }
    }

    /// Appends a leaf. `completed` gets each tile that is full with it, the lowest level first.
    package mutating func append<Failure>(
        _ leafHash: TreeHash, completed: (Tile) throws(Failure) -> Void
    ) throws(Failure) {
        var peak = leafHash
        var height = 0
        try add(peak, atLevel: 0, completed: completed)
        while size >> height & 1 == 1 {
            peak = .node(peaks.removeLast(), peak)
            height += 1
            if height.isMultiple(of: Tile.height) {
                try add(peak, atLevel: height / Tile.height, completed: completed)
            }
        }
        peaks.append(peak)
        size += 1
    }

    /// Appends a leaf where nobody keeps tiles.
    package mutating func append(_ leafHash: TreeHash) {
        append(leafHash) { _ in }
    }

    private mutating func add<Failure>(
        _ hash: TreeHash, atLevel level: Int, completed: (Tile) throws(Failure) -> Void
    ) throws(Failure) {
        if level == edge.count {
            edge.append([])
            edge[level].reserveCapacity(Tile.width)
        }
        edge[level].append(hash)
        guard edge[level].count == Tile.width else { return }
        let index = size >> (Tile.height * (level + 1))
        try completed(Tile(level: level, index: index, hashes: edge[level]))
        edge[level].removeAll(keepingCapacity: true)
    }
}

extension MerkleTree {
    /// Rebuilds the right edge of a tree from the tiles that are full and the hashes of the leaves after them.
    ///
    /// - Parameters:
    ///   - lastLeaves: the hashes of the last `size % 256` leaves.
    ///   - tile: gives the hashes of a full tile; asked for at most 255 tiles of each level.
    package init<Failure>(
        size: UInt64, lastLeaves: [TreeHash],
        tile: (_ level: Int, _ index: UInt64) throws(Failure) -> [TreeHash]
    ) throws(Failure) {
        precondition(lastLeaves.count == Int(size % UInt64(Tile.width)), "the leaves are not those of the last tile")
        self.size = size
        var row = lastLeaves
        var level = 0
        while true {
            edge.append(row)
            let full = size >> (Tile.height * (level + 1))
            guard full > 0 else { break }
            level += 1
            row = []
            for index in full - full % UInt64(Tile.width)..<full {
                row.append(.perfectRoot(of: try tile(level - 1, index)[...]))
            }
        }
        for row in edge.reversed() {
            var start = 0
            for bit in (0..<Tile.height).reversed() where row.count >> bit & 1 == 1 {
                peaks.append(.perfectRoot(of: row[start..<start + 1 << bit]))
                start += 1 << bit
            }
        }
    }

    /// The hashes of a tile that is not full; nil where the tile is full or has none.
    package func edgeTile(level: Int, index: UInt64) -> Tile? {
        guard level < edge.count, index == size >> (Tile.height * (level + 1)), !edge[level].isEmpty else { return nil }
        return Tile(level: level, index: index, hashes: edge[level])
    }
}
