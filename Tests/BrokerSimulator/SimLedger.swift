// SPDX-License-Identifier: Apache-2.0

import Records

/// What plays the database: the records that are durable, and the small tables that the changes of state make.
///
/// A batch is applied as a whole or not at all. What survives a crash is exactly what is here.
final class SimLedger {
    private struct CounterKey: Hashable {
        var rule: String
        var principal: UInt32?
        var windowUSec: Int64
    }

    private(set) var size: UInt64 = 0
    private var counters: [CounterKey: RuleCounter] = [:]
    private(set) var leases: [StoredLease] = []
    /// What is deposited, in the order in which it came.
    private(set) var deposits: [StoredDeposit] = []
    private(set) var deliveredUpTo: UInt64 = 0
    private(set) var lastTimeUSec: Int64 = 0
    private(set) var policy = StoredPolicy.none
    private(set) var capabilities: [StoredCapability] = []
    private var directories: [PolicyDirectoryState] = []
    /// At which revision a rule was removed or suspended last.
    private var takenAway: [String: Int] = [:]
    /// Records below this index were reported to be durable.
    private(set) var acknowledged: UInt64 = 0
    var inFlight: Batch?
    /// A commit failed, and the ledger has not been opened again.
    var hasFailed = false

    var tree: TreeState { TreeState(size: size, root: []) }

    func used(_ rule: String, _ principal: UInt32?) -> UInt64 {
        counters[CounterKey(rule: rule, principal: principal, windowUSec: 0)]?.used ?? 0
    }

    /// Makes the batch durable.
    func store(_ batch: Batch) {
        size += UInt64(batch.leaves.count)
        lastTimeUSec = max(lastTimeUSec, batch.lastTimeUSec)
        for change in batch.changes { apply(change) }
    }

    private func apply(_ change: StateChange) {
        switch change {
        case .counter(let counter):
            counters[
                CounterKey(rule: counter.rule, principal: counter.principal, windowUSec: counter.windowUSec)] = counter
        case .countersCleared(let rule): counters = counters.filter { $0.key.rule != rule }
        case .deliveredUpTo(let index): deliveredUpTo = index
        case .policyRevision(let revision):
            policy.revision = revision.revision
            policy.sha256 = revision.sha256
            if let files = revision.files {
                policy.files = files
                policy.filesAnchor = revision.anchor
            }
        case .ruleAdded(let rule): policy.rules.append(rule)
        case .ruleRemoved(let id, let revision):
            policy.rules.removeAll { $0.id == id }
            takenAway[id] = revision
        case .ruleSuspended(let suspension):
            policy.suspensions.append(suspension)
            takenAway[suspension.rule] = suspension.addedRevision
        case .ruleResumed(let id, _): policy.suspensions.removeAll { $0.rule == id }
        case .resolvedName(let name, _):
            policy.names.removeAll { $0.kind == name.kind && $0.name == name.name }
            policy.names.append(name)
        case .directoryState(let state):
            directories.removeAll { $0.path == state.path }
            directories.append(state)
        case .capabilityAdded(let capability): capabilities.append(capability)
        case .capabilityRemoved(let name): capabilities.removeAll { $0.name == name }
        case .leaseStarted(let lease):
            if let place = leases.firstIndex(where: { $0.id == lease.id }) {
                leases[place] = lease
            } else {
                leases.append(lease)
            }
        case .leaseEnded(let id): leases.removeAll { $0.id == id }
        case .depositAdded(let deposit): deposits.append(deposit)
        case .depositRemoved(let id): deposits.removeAll { $0.id == id }
        case .clockAccepted(let usec): lastTimeUSec = usec
        default: preconditionFailure("the simulated ledger does not know this change: \(change)")
        }
    }

    func acknowledge() { acknowledged = size }

    func wasTakenAway(_ rule: String, after revision: Int) -> Bool { takenAway[rule] ?? .min > revision }

    /// What a start or another opening reads.
    /// - Parameter open: the grants that no delivery record names.
    func restore(open: Set<UInt64>, isStart: Bool) -> RestoredState {
        var restored = RestoredState(
            size: size, root: [], lastTimeUSec: lastTimeUSec, deliveredUpTo: deliveredUpTo,
            undelivered: open.filter { $0 >= deliveredUpTo }.sorted(),
            unacknowledged: (isStart ? size : acknowledged)..<size,
            counters: counters.values.sorted {
                ($0.rule, $0.windowUSec, $0.principal ?? .max) < ($1.rule, $1.windowUSec, $1.principal ?? .max)
            }, leases: leases,
            policy: policy, capabilities: capabilities, directories: directories)
        restored.deposits = deposits
        return restored
    }
}
