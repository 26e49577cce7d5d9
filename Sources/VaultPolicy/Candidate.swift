// SPDX-License-Identifier: Apache-2.0

import VaultModel

/// A permit that covers a request by itself, with what decides between several of them.
struct Candidate {
    let rule: CompiledRule
    let rights: Rights
    /// The least left of its counters; nil: it has none.
    let left: UInt64?

    /// nil when the permit does not cover what is asked. `available` is what forbids have left of what is offered.
    init?(
        _ rule: CompiledRule, _ request: borrowing DecisionRequest, available: Rights, _ counters: some CounterView
    ) {
        self.rule = rule
        let most = rule.rule.rights ?? .all
        switch request.action {
        case .open, .deposit:
            if let asked = request.asked {
                guard !asked.isEmpty, asked.isSubset(of: most), asked.isSubset(of: available) else { return nil }
                rights = asked
            } else {
                rights = most.intersection(available)
                guard !rights.isEmpty else { return nil }
            }
        case .remove, .list, .watch, .audit, .admin:
            rights = []
        }
        guard request.action == .open else {
            left = nil
            return
        }
        guard !rule.rule.conditions.needsReason || request.hasReason else { return nil }
        left = rule.left(request.identity.uid, counters)
        guard left != 0 else { return nil }
    }

    /// The one charged is the one that leaves most rights, then no lease limit before the longest, then no counter
    /// before the most left, then the smallest id.
    func isBetter(than other: Candidate) -> Bool {
        if rights.count != other.rights.count { return rights.count > other.rights.count }
        let lease = rule.rule.conditions.leaseUSec ?? .max
        let otherLease = other.rule.rule.conditions.leaseUSec ?? .max
        if lease != otherLease { return lease > otherLease }
        switch (left, other.left) {
        case (nil, _?): return true
        case (_?, nil): return false
        case (let left?, let otherLeft?) where left != otherLeft: return left > otherLeft
        default: return rule.order < other.rule.order
        }
    }
}
