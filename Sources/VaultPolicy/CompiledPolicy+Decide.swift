// SPDX-License-Identifier: Apache-2.0

import VaultModel

extension CompiledPolicy {
    /// Decides one request. Takes no lock and does no I/O.
    package func decide(_ request: DecisionRequest, counters: some CounterView) -> Decision {
        let takesRights = request.action == .open || request.action == .deposit
        var forbids: [CompiledRule] = []
        var available = request.offered
        var permits: [CompiledRule] = []
        for rule in compiled where rule.actions.contains(request.action) {
            if request.action.takesCapability {
                guard let name = request.name, rule.rule.capabilities.contains(where: { $0.matches(name) }) else {
                    continue
                }
            }
            guard rule.matchesCaller(request.identity), rule.matchesTime(request) else { continue }
            if rule.rule.effect == .forbid {
                if let rights = rule.rule.rights {
                    guard takesRights else { continue }
                    if let asked = request.asked {
                        if !asked.isDisjoint(with: rights) { forbids.append(rule) }
                    } else {
                        available.subtract(rights)
                    }
                } else {
                    forbids.append(rule)
                }
            } else {
                permits.append(rule)
            }
        }
        var best: Candidate?
        for rule in permits where forbids.isEmpty {
            guard let candidate = Candidate(rule, request, available: available, counters) else { continue }
            if best.map({ candidate.isBetter(than: $0) }) ?? true { best = candidate }
        }
        return Decision(
            why: best != nil ? .permitted : forbids.isEmpty ? .noPermit : .forbidden, rights: best?.rights ?? [],
            rules: best.map { [$0.rule.rule.id] } ?? forbids.map(\.rule.id), rulesMore: 0, failed: [], failedMore: 0,
            compiledCharge: best?.rule)
    }
}
