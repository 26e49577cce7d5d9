// SPDX-License-Identifier: Apache-2.0

import GRDB
internal import TransparencyLog

/// Reads everything that a start needs, in one transaction.
struct StateRestorer {
    let database: Database

    /// - Parameter acknowledged: how many records are known to be committed; those after it are reported.
    func restore(acknowledged: UInt64?) throws -> (MerkleTree, RestoredState) {
        let tables = StateTables(database: database)
        let policies = PolicyTables(database: database)
        let stored = try tables.tree()
        let tree = try TreeRestorer(database: database).tree(stored)
        if let acknowledged, acknowledged > stored.size {
            throw LedgerError(
                .damaged,
                "the ledger has \(stored.size) records, fewer than the \(acknowledged) that were committed to it",
                remedy: "keep a copy of the file, and put back the last good one")
        }
        let state = RestoredState(
            size: stored.size, root: stored.root, lastTimeUSec: stored.lastTimeUSec,
            deliveredUpTo: stored.deliveredUpTo,
            undelivered: try undelivered(in: min(stored.deliveredUpTo, stored.size)..<stored.size),
            unacknowledged: (acknowledged ?? stored.size)..<stored.size,
            counters: try tables.counters(), leases: try tables.leases(),
            policy: try policies.policy(revision: try policies.newestRevision()) ?? .none,
            capabilities: try tables.capabilities(), directories: try tables.directories())
        return (tree, state)
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
