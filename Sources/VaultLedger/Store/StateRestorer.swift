// SPDX-License-Identifier: Apache-2.0

import GRDB
internal import JSONText
import Records
internal import TransparencyLog
internal import VaultModel

/// Reads everything that a start needs, in one transaction.
struct StateRestorer {
    let database: Database

    /// - Parameter acknowledged: the log as it is known to be committed; records after it are reported.
    func restore(acknowledged: TreeState?) throws -> (MerkleTree, RestoredState) {
        let tables = StateTables(database: database)
        let policies = PolicyTables(database: database)
        let stored = try tables.tree()
        let tree = try TreeRestorer(database: database).tree(stored)
        if let acknowledged { try check(stored, continues: acknowledged) }
        var state = RestoredState(
            size: stored.size, root: stored.root, lastTimeUSec: stored.lastTimeUSec,
            deliveredUpTo: stored.deliveredUpTo,
            undelivered: try undelivered(in: min(stored.deliveredUpTo, stored.size)..<stored.size),
            unacknowledged: (acknowledged?.size ?? stored.size)..<stored.size,
            counters: try tables.counters(), leases: try tables.leases(),
            policy: try policies.policy(revision: try policies.newestRevision()) ?? .none,
            capabilities: try tables.capabilities(), directories: try tables.directories())
        state.deposits = try tables.deposits()
        state.origins = try tables.origins()
        state.checkpoint = try tables.newestCheckpoint()
        state.prunedBefore = try tables.prunedBefore()
        return (tree, state)
    }

    /// Refuses a database that does not begin with what was committed: another one was put in its place.
    private func check(_ stored: StateTables.Tree, continues acknowledged: TreeState) throws {
        guard acknowledged.size <= stored.size else {
            throw LedgerError.damaged(
                "the ledger has \(stored.size) records, fewer than the \(acknowledged.size) that were committed to it",
                remedy: LedgerError.putBack)
        }
        let size = acknowledged.size
        let root = try StoredTree(database: database).read(size) { try $0.root(of: 0..<size) }
        guard root?.bytes == acknowledged.root else {
            throw LedgerError.damaged(
                "the ledger's first \(size) records are not those that were committed to it",
                remedy: "keep a copy of the file, and put back the right one")
        }
    }

    /// The grants of a range that no delivery record of it names.
    private func undelivered(in range: Range<UInt64>) throws -> [UInt64] {
        var open = UndeliveredGrants()
        try LeafRows(database).each(in: range) { index, leaf in
            try open.add(index: index, leaf: leaf)
        }
        return open.indices
    }
}

/// Rebuilds the right edge of the tree from the tiles and the last leaves, and checks it against what was stored.
struct TreeRestorer {
    let database: Database

    func tree(_ stored: StateTables.Tree) throws -> MerkleTree {
        // Far beyond what a disk can hold, and so far from the end of the numbers that what is computed from it fits.
        guard stored.size < 1 << 56 else {
            throw LedgerError.damaged("the ledger says that it has \(stored.size) records")
        }
        if let last = try LogForm(database).lastRecord(database) {
            // Anybody can have written the index into the file, a negative one too.
            guard let index = UInt64(exactly: last) else {
                throw LedgerError.damaged("the ledger has a record \(last)")
            }
            try check(index + 1, is: stored.size)
        } else {
            try check(0, is: stored.size)
        }
        let first = stored.size - stored.size % UInt64(Tile.width)
        var leaves: [TreeHash] = []
        try LeafRows(database).each(in: first..<stored.size) { index, leaf in
            let expected = first + UInt64(leaves.count)
            guard index == expected else { throw LedgerError.damaged("record \(expected) is missing") }
            leaves.append(.leaf(leaf))
        }
        guard first + UInt64(leaves.count) == stored.size else {
            throw LedgerError.damaged("record \(first + UInt64(leaves.count)) is missing")
        }
        let tiles = StoredTiles(database: database)
        let tree = try MerkleTree(size: stored.size, lastLeaves: leaves) { level, index in
            try tiles.full(level: level, index: index)
        }
        guard tree.root.bytes == stored.root else {
            throw LedgerError.damaged(
                "the tree over the ledger's \(stored.size) records is not the one that was recorded")
        }
        return tree
    }

    private func check(_ rows: UInt64, is size: UInt64) throws {
        guard rows == size else {
            throw LedgerError.damaged("the ledger has \(rows) records, and says that it has \(size)")
        }
    }
}

/// Which grants of a stretch of the log have no delivery record, found by reading it in order.
struct UndeliveredGrants {
    private var open: Set<UInt64> = []

    /// In ascending order.
    var indices: [UInt64] { open.sorted() }

    mutating func add(index: UInt64, leaf: UnsafeRawBufferPointer) throws {
        switch RecordType(leaf: leaf) {
        case .grant: open.insert(index)
        case .delivery:
            do {
                close(try DeliveryReport(parsing: Array(leaf)))
            } catch {
                throw LedgerError.damaged("the delivery record \(index) cannot be read: \(error)")
            }
        default: break
        }
    }

    private mutating func close(_ report: DeliveryReport) {
        guard !open.isEmpty else { return }
        for range in report.sent {
            // A range may span far more than the grants that are open, and the other way round.
            if range.count < open.count {
                open.subtract(range)
            } else {
                open = open.filter { !range.contains($0) }
            }
        }
        for failure in report.failed { open.remove(failure.index) }
        for index in report.unknown { open.remove(index) }
    }
}
