// SPDX-License-Identifier: Apache-2.0

import GRDB
import Records
internal import TransparencyLog

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
        state.origins = try tables.origins()
        state.checkpoint = try tables.newestCheckpoint()
        state.prunedBefore = try tables.prunedBefore()
        return (tree, state)
    }

    /// Refuses a database that does not begin with what was committed: another one was put in its place.
    private func check(_ stored: StateTables.Tree, continues acknowledged: TreeState) throws {
        guard acknowledged.size <= stored.size else {
            throw LedgerError(
                .damaged,
                "the ledger has \(stored.size) records, fewer than the \(acknowledged.size) that were committed to it",
                remedy: "keep a copy of the file, and put back the last good one")
        }
        guard var reader = try StoredTree(database: database).reader(of: acknowledged.size),
            try reader.root(of: 0..<acknowledged.size).bytes == acknowledged.root
        else {
            throw LedgerError(
                .damaged,
                "the ledger's first \(acknowledged.size) records are not those that were committed to it",
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
