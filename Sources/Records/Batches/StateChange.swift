// SPDX-License-Identifier: Apache-2.0

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
