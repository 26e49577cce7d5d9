// SPDX-License-Identifier: Apache-2.0

import GRDB
internal import TransparencyLog

/// Hashes the stored bytes of one tile's worth of records, and compares with the tile.
struct BlockVerifier {
    /// What 256 records, or the last ones, amount to.
    struct Block: Sendable {
        /// The root over the bytes that are there; nil where a record is missing.
        var root: TreeHash?
        /// Where the stored tile differs from them; nil where it does not.
        var firstDifference: UInt64?
        /// The root over the stored tile, where it differs.
        var storedRoot: TreeHash?
        /// The texts were pruned: the root is that of the stored tile.
        var isPruned = false
        var damage: [Damage] = []
    }

    private let rows: LeafRows
    private let database: Database
    /// The records below this index need not have texts.
    private let prunedBefore: UInt64

    init(_ database: Database, prunedBefore: UInt64) throws {
        self.database = database
        self.prunedBefore = prunedBefore
        rows = try LeafRows(database)
    }

    func verify(_ range: Range<UInt64>) throws -> Block {
        var block = Block()
        var hashes: [TreeHash] = []
        hashes.reserveCapacity(range.count)
        var expected = range.lowerBound
        try rows.each(in: range) { index, leaf in
            while expected < index {
                block.damage.append(.rowMissing(index: expected))
                expected += 1
            }
            expected += 1
            hashes.append(.leaf(leaf))
            if let says = LeafPrefix.index(of: leaf), says != index {
                block.damage.append(.rowMoved(index: index, says: says))
            }
        }
        if hashes.isEmpty, range.upperBound <= prunedBefore { return try pruned(range) }
        while expected < range.upperBound {
            block.damage.append(.rowMissing(index: expected))
            expected += 1
        }
        if hashes.count == range.count { block.root = .root(of: hashes[...]) }
        if range.count == Tile.width { try compare(hashes, &block, in: range) }
        return block
    }

    /// Of what was pruned the tile is all there is; the tree above it says whether it is right.
    private func pruned(_ range: Range<UInt64>) throws -> Block {
        let index = range.lowerBound / UInt64(Tile.width)
        var block = Block(isPruned: true)
        if let stored = try StoredTiles(database).hashes(level: 0, index: index) {
            block.root = .perfectRoot(of: stored[...])
        } else {
            block.damage = [.tileMissing(level: 0, index: index, firstRecord: range.lowerBound)]
        }
        return block
    }

    private func compare(_ hashes: [TreeHash], _ block: inout Block, in range: Range<UInt64>) throws {
        let index = range.lowerBound / UInt64(Tile.width)
        guard let stored = try StoredTiles(database).hashes(level: 0, index: index) else {
            block.damage.append(.tileMissing(level: 0, index: index, firstRecord: range.lowerBound))
            return
        }
        guard block.root != nil, let first = hashes.indices.first(where: { stored[$0] != hashes[$0] }) else { return }
        block.firstDifference = range.lowerBound + UInt64(first)
        block.storedRoot = .perfectRoot(of: stored[...])
    }
}

/// What stands at the beginning of every record.
package enum LeafPrefix {
    /// The index that a record says it has; nil for a text of another form.
    package static func index(of leaf: UnsafeRawBufferPointer) -> UInt64? {
        let prefix: StaticString = #"{"v":1,"index":"#
        guard leaf.count > prefix.utf8CodeUnitCount,
            prefix.withUTF8Buffer({ text in text.indices.allSatisfy { text[$0] == leaf[$0] } })
        else { return nil }
        var value: UInt64 = 0
        for byte in leaf[prefix.utf8CodeUnitCount...].prefix(while: { (0x30...0x39).contains($0) }).prefix(18) {
            value = value * 10 + UInt64(byte - 0x30)
        }
        return value
    }
}
