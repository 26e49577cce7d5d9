// SPDX-License-Identifier: Apache-2.0

import VaultModel

extension CompiledPolicy {
    /// Decides one request. Takes no lock and does no I/O; of the rules it looks only at those about the name and
    /// the caller. What failed is gathered for a denial alone.
    package func decide(_ request: DecisionRequest, counters: some CounterView) -> Decision {
        let patterns = index.patterns(request)
        let candidates = index.candidates(patterns, request.identity)
        var forbids: [CompiledRule] = []
        var reductions: [CompiledRule] = []
        var available = request.offered
        var permits: [CompiledRule] = []
        var best: Candidate?
        // Forbids come before permits.
        for number in candidates {
            let rule = numbered[Int(number)]
            guard rule.isAbout(request) else { continue }
            if rule.effect == .permit {
                guard forbids.isEmpty else { break }
                guard let candidate = Candidate(rule, request, available: available, counters) else { continue }
                permits.append(rule)
                if best.map({ candidate.isBetter(than: $0) }) ?? true { best = candidate }
            } else if let rights = rule.said.content.rights, request.asked == nil {
                guard !rights.isDisjoint(with: request.offered) else { continue }
                reductions.append(rule)
                available.subtract(rights)
            } else {
                forbids.append(rule)
            }
        }
        guard forbids.isEmpty else { return Decision(forbiddenBy: forbids) }
        if let best {
            var decision = Decision(best, permits: permits, reductions: reductions)
            decision.kinds = best.rule.kinds.union(index.forbidKinds(patterns))
            decision.isLasting = candidates.allSatisfy { numbered[Int($0)].isLasting }
            return decision
        }
        return denial(request, patterns: patterns, candidates: candidates, reductions: reductions, counters)
    }
}

extension Decision {
    fileprivate init(forbiddenBy rules: [CompiledRule]) {
        self.init(
            why: .forbidden, rules: rules.prefix(Self.maximumRules).map(\.id),
            rulesMore: max(0, rules.count - Self.maximumRules))
    }

    fileprivate init(_ best: Candidate, permits: [CompiledRule], reductions: [CompiledRule]) {
        var rules = [best.rule.id]
        for rule in permits where rule !== best.rule && rules.count < Self.maximumRules { rules.append(rule.id) }
        for rule in reductions where rules.count < Self.maximumRules { rules.append(rule.id) }
        self.init(
            why: .permitted, rights: best.rights, rules: rules,
            rulesMore: permits.count + reductions.count - rules.count, compiledCharge: best.rule)
    }
}

extension CompiledPolicy {
    /// As many permits about a name are looked at for a denial, beyond those that may be about the caller.
    private static let permitsLookedAt = 64

    /// Gathers what failed: first in the permits that are about this caller, or may be, then in others about the name.
    private func denial(
        _ request: DecisionRequest, patterns: [Int32], candidates: [Int32], reductions: [CompiledRule],
        _ counters: some CounterView
    ) -> Decision {
        if !reductions.isEmpty {
            let couldWithoutThem = candidates.contains { number in
                let rule = numbered[Int(number)]
                return rule.effect == .permit && rule.isAbout(request)
                    && Candidate(rule, request, available: request.offered, counters) != nil
            }
            if couldWithoutThem { return Decision(forbiddenBy: reductions) }
        }
        var failed: [SelectorFailure] = []
        var known: [SelectorKind: String?] = [:]
        var listed = 0
        var why = Decision.Reason.noPermit
        var usedUp: UsedUp?
        func add(_ number: Int32) {
            let rule = numbered[Int(number)]
            guard rule.effect == .permit, rule.actions.contains(request.action) else { return }
            let reason = rule.addFailures(
                request, counters, limit: Decision.maximumFailures, known: &known, to: &failed)
            why = max(why, reason)
            if reason == .usedUp, let found = rule.usedUp(request, counters), usedUp.map(found.isSooner) ?? true {
                usedUp = found
            }
            listed += 1
        }
        for number in candidates where failed.count < Decision.maximumFailures { add(number) }
        if failed.count < Decision.maximumFailures {
            var others = index.permits(patterns, limit: Self.permitsLookedAt)
            others.sort()
            var previous: Int32 = -1
            for number in others where failed.count < Decision.maximumFailures {
                if number != previous, !candidates.contains(number) { add(number) }
                previous = number
            }
        }
        return Decision(
            why: why, failed: failed, failedMore: max(0, index.countPermits(patterns, request.action) - listed),
            usedUp: usedUp)
    }
}

extension Decision.Reason: Comparable {
    /// How near a permit is to matching.
    private var nearness: Int {
        switch self {
        case .permitted, .forbidden, .noPermit: 0
        case .outsideTimes: 1
        case .rightsExceeded: 2
        case .usedUp: 3
        case .reasonRequired: 4
        }
    }

    package static func < (left: Self, right: Self) -> Bool { left.nearness < right.nearness }
}

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
        let most = rule.said.content.rights ?? .all
        switch request.action {
        case .open, .deposit:
            if let asked = request.asked {
                guard !asked.isEmpty, asked.isSubset(of: most), asked.isSubset(of: available) else { return nil }
                rights = asked
            } else {
                rights = most.intersection(available)
                guard !rights.isEmpty else { return nil }
            }
        case .remove, .list, .watch, .renew, .audit, .admin:
            rights = []
        }
        if request.action == .open, rule.said.content.conditions.needsReason, !request.hasReason { return nil }
        left = rule.left(request.action, request.identity.uid, counters)
        guard left != 0 else { return nil }
    }

    /// The one charged is the one that leaves most rights, then no lease limit before the longest, then no counter
    /// before the most left, then the smallest id.
    func isBetter(than other: Candidate) -> Bool {
        if rights.count != other.rights.count { return rights.count > other.rights.count }
        let lease = rule.said.content.conditions.leaseUSec ?? .max
        let otherLease = other.rule.said.content.conditions.leaseUSec ?? .max
        if lease != otherLease { return lease > otherLease }
        switch (left, other.left) {
        case (nil, _?): return true
        case (_?, nil): return false
        case (let left?, let otherLeft?) where left != otherLeft: return left > otherLeft
        default: return rule.id < other.rule.id
        }
    }
}
