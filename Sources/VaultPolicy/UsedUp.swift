// SPDX-License-Identifier: Apache-2.0

import VaultModel

/// A limit that keeps a permit from matching, and nothing else does.
package struct UsedUp: Sendable, Equatable {
    /// As a rule says it: `2/min per principal`, `3 uses`, `1 outstanding`.
    package var limit: String
    /// When there is room again, if nobody else takes it: microseconds of the boot clock. nil: nobody can tell, or never.
    package var againBootUSec: Int64?

    /// Whether one can try again before the other.
    func isSooner(than other: UsedUp) -> Bool {
        switch (againBootUSec, other.againBootUSec) {
        case (let again?, let others?): again < others
        case (_?, nil): true
        case (nil, _): false
        }
    }
}

extension CompiledRule {
    /// What keeps the rule from matching, if it is limits alone. Of several that which lasts longest.
    func usedUp(_ request: DecisionRequest, _ counters: some CounterView) -> UsedUp? {
        var found: UsedUp?
        var isMore = false
        forEachCheck(request, counters) { check, truth in
            guard truth != .yes else { return }
            guard let limit = limit(check, request, counters) else {
                isMore = true
                return
            }
            if found.map({ $0.isSooner(than: limit) }) ?? true { found = limit }
        }
        return isMore ? nil : found
    }

    private func limit(_ check: Check, _ request: DecisionRequest, _ counters: some CounterView) -> UsedUp? {
        func text(_ what: String, _ perPrincipal: Bool) -> String { perPrincipal ? "\(what) per principal" : what }
        switch check {
        case .uses(let perPrincipal):
            return UsedUp(limit: text("\(rule.conditions.uses?[perPrincipal] ?? 0) uses", perPrincipal))
        case .outstanding(let perPrincipal):
            return UsedUp(limit: text("\(rule.conditions.outstanding?[perPrincipal] ?? 0) outstanding", perPrincipal))
        case .rate(let window, let perPrincipal):
            return UsedUp(
                limit: text("\(window)", perPrincipal),
                againBootUSec: counters.reopens(
                    rule: rule.id, principal: perPrincipal ? request.identity.uid : nil, windowUSec: window.windowUSec,
                    below: window.count))
        default: return nil
        }
    }
}
