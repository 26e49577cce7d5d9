// SPDX-License-Identifier: Apache-2.0

/// What one transaction of the ledger holds: records that follow one another, and the changes of state that go with them.
package struct Batch: Sendable {
    /// The index of the first leaf: the size of the ledger before this batch.
    package var firstIndex: UInt64

    /// The records as ``Record/encoded(_:hash:)`` writes them. These bytes are stored and hashed as they are.
    package var leaves: [[UInt8]]

    /// Applied in order, in the same transaction as the leaves.
    package var changes: [StateChange]

    /// The newest `timeUSec` of the leaves, kept so that a start can tell a clock that went backwards.
    package var lastTimeUSec: Int64

    /// Whether this must get through on a full file system, as a revocation or the stop must: it may take the space that
    /// is kept aside. Where it fails as the ledger says `full` it is committed again after it was opened again.
    package var isEssential: Bool

    package init(
        firstIndex: UInt64, leaves: [[UInt8]] = [], changes: [StateChange] = [], lastTimeUSec: Int64 = 0,
        isEssential: Bool = false
    ) {
        self.firstIndex = firstIndex
        self.leaves = leaves
        self.changes = changes
        self.lastTimeUSec = lastTimeUSec
        self.isEssential = isEssential
    }

    package var isEmpty: Bool { leaves.isEmpty && changes.isEmpty }
}

/// A change of the small tables beside the log, committed together with the records that tell of it.
///
/// The log is the history; these tables are what a start needs, so that it never reads the whole log.
package enum StateChange: Sendable, Equatable {
    /// Sets a counter of a rule.
    case counter(RuleCounter)
    /// Forgets the counters of a rule that is gone.
    case countersCleared(rule: String)
    /// Every grant with an index below this one has its delivery record.
    case deliveredUpTo(UInt64)

    /// A new revision of the policy. Precedes, in the same batch, the rule changes that name it.
    case policyRevision(PolicyRevision)
    case ruleAdded(StoredRule)
    case ruleRemoved(id: String, revision: Int)
    case ruleSuspended(Suspension)
    case ruleResumed(id: String, revision: Int)
    /// A name as the policy of `revision` resolves it; replaces what the name meant before.
    case resolvedName(ResolvedName, revision: Int)
    /// No rule uses the name any more.
    case nameForgotten(kind: ResolvedName.Kind, name: String, revision: Int)
    /// What a policy directory held when it was applied last.
    case directoryState(PolicyDirectoryState)

    case capabilityAdded(StoredCapability)
    case capabilityRemoved(name: String)

    /// A deposit is held from here on.
    case depositAdded(StoredDeposit)
    case depositRemoved(id: String)

    case leaseStarted(StoredLease)
    case leaseEnded(id: String)

    /// The wall clock is right as it is, though a record has a later time: `lastTimeUSec` becomes this.
    case clockAccepted(usec: Int64)

    /// The log signs under this name from the record on that the batch holds.
    case originStarted(StoredOrigin)
    /// A checkpoint that was signed, and written outside of the database, before.
    case checkpoint(StoredCheckpoint)
    /// A witness's signature line for the checkpoint over so many records.
    case cosignature(size: UInt64, line: String)
    /// The texts of the records below `before`, a multiple of 256, may be deleted; the record tells of it.
    case pruned(before: UInt64, record: UInt64)
}

/// The size of the log and the RFC 6962 root over all of it.
package struct TreeState: Sendable, Hashable {
    package var size: UInt64
    /// 32 bytes.
    package var root: [UInt8]

    package init(size: UInt64, root: [UInt8]) {
        self.size = size
        self.root = root
    }
}
