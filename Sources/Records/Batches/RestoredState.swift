// SPDX-License-Identifier: Apache-2.0

/// What the ledger held when it was opened: where the daemon goes on from.
///
/// Read from the small tables and the leaves after `deliveredUpTo`; never from the whole log.
package struct RestoredState: Sendable, Equatable {
    /// The number of records, and so the index of the next.
    package var size: UInt64
    /// The RFC 6962 root of all of them, 32 bytes. Rebuilt from tiles and leaves and found equal to the stored one.
    package var root: [UInt8]
    /// The newest `timeUSec` recorded; 0 in an empty ledger.
    package var lastTimeUSec: Int64
    package var deliveredUpTo: UInt64
    /// The indices of grants that no delivery record names, ascending. After a crash they are owed one that says `unknown`.
    package var undelivered: [UInt64]
    /// Records of which no commit was reported and which are there nevertheless
    /// (Decisions: a commit error voids what was collected).
    package var unacknowledged: Range<UInt64>
    package var counters: [RuleCounter]
    package var leases: [StoredLease]
    package var policy: StoredPolicy
    package var capabilities: [StoredCapability]
    package var directories: [PolicyDirectoryState]
    /// What was held for clients.
    package var deposits: [StoredDeposit] = []
    /// Under which names the log has signed; the last one is the current one. Empty before the first record.
    package var origins: [StoredOrigin] = []
    /// The newest checkpoint that the database has.
    package var checkpoint: StoredCheckpoint?
    /// The texts of the records below this index may have been pruned.
    package var prunedBefore: UInt64 = 0

    /// Whether nobody has ever been permitted anything here, so that the owner's own rules are to be made.
    package var bootstrapNeeded: Bool { policy.revision == 0 }

    package init(
        size: UInt64, root: [UInt8], lastTimeUSec: Int64, deliveredUpTo: UInt64, undelivered: [UInt64],
        unacknowledged: Range<UInt64>, counters: [RuleCounter], leases: [StoredLease], policy: StoredPolicy,
        capabilities: [StoredCapability], directories: [PolicyDirectoryState]
    ) {
        self.size = size
        self.root = root
        self.lastTimeUSec = lastTimeUSec
        self.deliveredUpTo = deliveredUpTo
        self.undelivered = undelivered
        self.unacknowledged = unacknowledged
        self.counters = counters
        self.leases = leases
        self.policy = policy
        self.capabilities = capabilities
        self.directories = directories
    }
}
