// SPDX-License-Identifier: Apache-2.0

/// Reads hashes of inner nodes out of tiles, each tile once.
///
/// `Failure` is what the source of the tiles throws.
package struct TileReader<Failure: Error> {
    /// Gives the first `width` hashes of a tile, or more of them.
    package typealias Source = (_ level: Int, _ index: UInt64, _ width: Int) throws(Failure) -> [TreeHash]

    /// The number of leaves of the tree that is read.
    package let size: UInt64
    private let source: Source
    private var tiles: [TileName: [TreeHash]] = [:]

    private struct TileName: Hashable {
        var level: Int
        var index: UInt64
    }

    package init(size: UInt64, source: @escaping Source) {
        self.size = size
        self.source = source
    }

    /// The root over the leaves of a range (RFC 6962's `MTH(D[a:b])`).
    package mutating func root(of range: Range<UInt64>) throws(Failure) -> TreeHash {
        precondition(range.upperBound <= size, "the range reaches beyond the tree")
        guard !range.isEmpty else { return .empty }
        let count = range.upperBound - range.lowerBound
        if count & (count - 1) == 0, range.lowerBound.isMultiple(of: count) {
            return try node(height: count.trailingZeroBitCount, index: range.lowerBound / count)
        }
        let middle = range.lowerBound + largestPowerOfTwo(below: count)
        return .node(
            try root(of: range.lowerBound..<middle),
            try root(of: middle..<range.upperBound))
    }

    /// The root of the perfect subtree over the leaves from `index << height` to `(index + 1) << height`.
    private mutating func node(height: Int, index: UInt64) throws(Failure) -> TreeHash {
        let level = height / Tile.height
        let within = height % Tile.height
        let first = index << within
        let hashes = try tile(level: level, index: first / UInt64(Tile.width))
        let start = Int(first % UInt64(Tile.width))
        return .perfectRoot(of: hashes[start..<start + 1 << within])
    }

    private mutating func tile(level: Int, index: UInt64) throws(Failure) -> [TreeHash] {
        let name = TileName(level: level, index: index)
        if let known = tiles[name] { return known }
        let count = size >> (Tile.height * level) - index * UInt64(Tile.width)
        let width = Int(min(count, UInt64(Tile.width)))
        let hashes = try source(level, index, width)
        precondition(hashes.count >= width, "the source gave a tile that is too short")
        tiles[name] = hashes
        return hashes
    }
}

/// Where RFC 6962 splits a tree of `count` leaves, `count > 1`.
func largestPowerOfTwo(below count: UInt64) -> UInt64 {
    1 << (UInt64.bitWidth - 1 - (count - 1).leadingZeroBitCount)
}
