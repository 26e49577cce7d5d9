// SPDX-License-Identifier: Apache-2.0

import GRDB
import Records
internal import TransparencyLog

/// Hashes the stored bytes of one tile's worth of records, and compares with the tile.
struct BlockVerifier {
    /// What 256 records, or the last ones, amount to.
    struct Block: Sendable {
        /// The root over the bytes that are there; nil where a record is missing.
        var root: TreeHash?
        /// Where the stored tile differs from them; nil where it does not.
        var firstDifference: UInt64?
        /// The root over the stored tile, where it is of use: it differs from the records, or a record is missing.
        var storedRoot: TreeHash?
        /// The tile is as it was, and the records are not: what was signed can still be compared with it.
        var tileIsRight = false
        /// The texts were pruned: the root is that of the stored tile.
        var isPruned = false
        /// What its records say of the tables of the policy.
        var changes: [RecordedChange] = []
        var damage: [Damage] = []

        /// What the tree that was signed had here, as far as it is known.
        var signedRoot: TreeHash? { tileIsRight ? storedRoot : root }
    }

    private let rows: LeafRows
    private let database: Database
    /// The records below this index need not have texts.
    private let prunedBefore: UInt64

    /// - Parameter prunedBefore: nil is what this transaction reads, since texts may be being deleted.
    init(_ database: Database, prunedBefore: UInt64? = nil) throws {
        self.database = database
        self.prunedBefore = try prunedBefore ?? ProjectionVerifier.claimedPrune(database)
        rows = try LeafRows(database)
    }

    func verify(_ range: Range<UInt64>) throws -> Block {
        var block = Block()
        var hashes: [TreeHash] = []
        hashes.reserveCapacity(range.count)
        var missing: [UInt64] = []
        var faults: [BatchFault] = []
        func note(_ fault: BatchFault) { faults.append(fault) }
        try rows.each(in: range, faults: note) { index, leaf in
            let expected = range.lowerBound + UInt64(hashes.count)
            if index != expected { Self.skip(expected..<index, &hashes, &missing) }
            hashes.append(.leaf(leaf))
            guard let (says, end) = LeafPrefix.read(leaf) else { return }
            if says != index { block.damage.append(.rowMoved(index: index, says: says)) }
            if RecordedChange.canBe(leaf, after: end), let change = RecordedChange(leaf, record: index, after: end) {
                block.changes.append(change)
            }
        }
        if hashes.isEmpty, faults.isEmpty, range.upperBound <= prunedBefore { return try pruned(range) }
        block.damage += faults.map { .batch($0) }
        Self.skip(range.lowerBound + UInt64(hashes.count)..<range.upperBound, &hashes, &missing)
        block.damage += missing.map { .rowMissing(index: $0) }
        if missing.isEmpty { block.root = .root(of: hashes[...]) }
        if range.count == Tile.width { try compare(hashes, missing: missing, &block, in: range) }
        return block
    }

    /// Each hash stays in its place.
    private static func skip(_ gap: Range<UInt64>, _ hashes: inout [TreeHash], _ missing: inout [UInt64]) {
        for index in gap {
            missing.append(index)
            hashes.append(.empty)
        }
    }

    /// Of what was pruned the tile is all there is; the tree above it says whether it is right.
    private func pruned(_ range: Range<UInt64>) throws -> Block {
        let index = range.lowerBound / UInt64(Tile.width)
        var block = Block(isPruned: true)
        if let stored = try StoredTiles(database: database).hashes(level: 0, index: index) {
            block.root = .perfectRoot(of: stored[...])
        } else {
            block.damage = [.tileMissing(level: 0, index: index, firstRecord: range.lowerBound)]
        }
        return block
    }

    private func compare(
        _ hashes: [TreeHash], missing: [UInt64], _ block: inout Block, in range: Range<UInt64>
    ) throws {
        let index = range.lowerBound / UInt64(Tile.width)
        guard let stored = try StoredTiles(database: database).hashes(level: 0, index: index) else {
            // Where no record is there either, that says it.
            if missing.count < range.count {
                block.damage.append(.tileMissing(level: 0, index: index, firstRecord: range.lowerBound))
            }
            return
        }
        let first = hashes.indices.first {
            stored[$0] != hashes[$0] && (missing.isEmpty || !missing.contains(range.lowerBound + UInt64($0)))
        }
        block.firstDifference = first.map { range.lowerBound + UInt64($0) }
        guard first != nil || !missing.isEmpty else { return }
        block.storedRoot = .perfectRoot(of: stored[...])
        block.tileIsRight = first == nil
    }
}
