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
            let rule = compiled[Int(number)]
            guard rule.isAbout(request) else { continue }
            if rule.effect == .permit {
                guard forbids.isEmpty else { break }
                guard let candidate = Candidate(rule, request, available: available, counters) else { continue }
                permits.append(rule)
                if best.map({ candidate.isBetter(than: $0) }) ?? true { best = candidate }
            } else if let rights = rule.rule.rights, request.asked == nil {
                guard !rights.isDisjoint(with: request.offered) else { continue }
                reductions.append(rule)
                available.subtract(rights)
            } else {
                forbids.append(rule)
            }
        }
        guard forbids.isEmpty else { return Decision(forbiddenBy: forbids) }
        if let best { return Decision(best, permits: permits, reductions: reductions) }
        return denial(request, patterns: patterns, candidates: candidates, reductions: reductions, counters)
    }
}

extension Decision {
    fileprivate init(forbiddenBy rules: [CompiledRule]) {
        self.init(
            why: .forbidden, rights: [], rules: rules.prefix(Self.maximumRules).map(\.rule.id),
            rulesMore: max(0, rules.count - Self.maximumRules), failed: [], failedMore: 0, compiledCharge: nil)
    }

    fileprivate init(_ best: Candidate, permits: [CompiledRule], reductions: [CompiledRule]) {
        var rules = [best.rule.rule.id]
        for rule in permits where rule !== best.rule && rules.count < Self.maximumRules { rules.append(rule.rule.id) }
        for rule in reductions where rules.count < Self.maximumRules { rules.append(rule.rule.id) }
        self.init(
            why: .permitted, rights: best.rights, rules: rules,
            rulesMore: permits.count + reductions.count - rules.count, failed: [], failedMore: 0,
            compiledCharge: best.rule)
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
        let near = candidates.map { compiled[Int($0)] }.filter { $0.effect == .permit }
        let couldWithoutReductions = near.contains { rule in
            rule.isAbout(request) && Candidate(rule, request, available: request.offered, counters) != nil
        }
        if !reductions.isEmpty, couldWithoutReductions { return Decision(forbiddenBy: reductions) }
        let others = index.permits(patterns, limit: Self.permitsLookedAt).map { compiled[Int($0)] }
        var looked: Set<Int> = []
        var failed: [SelectorFailure] = []
        var listed = 0
        var why = Decision.Reason.noPermit
        for rule in near + others
        where rule.actions.contains(request.action) && failed.count < Decision.maximumFailures
            && looked.insert(rule.order).inserted
        {
            let failures = rule.findings(request, counters).filter { $0.matched != true }
            why = max(why, Decision.Reason(failures: failures))
            failed += failures.map {
                SelectorFailure(rule: $0.rule, selector: $0.selector, wanted: $0.wanted, got: $0.got)
            }
            listed += 1
        }
        failed = Array(failed.prefix(Decision.maximumFailures))
        return Decision(
            why: why, rights: [], rules: [], rulesMore: 0, failed: failed,
            failedMore: max(0, index.countPermits(patterns, request.action) - listed), compiledCharge: nil)
    }
}

extension Decision.Reason: Comparable {
    /// What alone kept a permit from matching; the nearest miss is the greatest.
    fileprivate init(failures: [Finding]) {
        let keys = Set(failures.map(\.selector))
        if keys.isSubset(of: ["reason"]) {
            self = .reasonRequired
        } else if keys.isSubset(of: ["reason", "uses", "outstanding", "rate"]) {
            self = .usedUp
        } else if keys.isSubset(of: ["reason", "uses", "outstanding", "rate", "rights"]) {
            self = .rightsExceeded
        } else if keys.isDisjoint(with: SelectorKind.allCases.map(\.rawValue)) {
            self = .outsideTimes
        } else {
            self = .noPermit
        }
    }

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
