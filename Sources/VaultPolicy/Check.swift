// SPDX-License-Identifier: Apache-2.0

import VaultModel

/// One thing that a rule wants of a request that is about its action and its name.
enum Check {
    /// The position in the rule's list of selectors.
    case selector(Int)
    case notBefore, notAfter, hours, rights, reason
    case uses(perPrincipal: Bool)
    case outstanding(perPrincipal: Bool)
    case rate(RateWindow, perPrincipal: Bool)

    /// How near a permit is to matching when this fails: a reason can be given, a selector not be changed.
    var reason: Decision.Reason {
        switch self {
        case .selector: .noPermit
        case .notBefore, .notAfter, .hours: .outsideTimes
        case .rights: .rightsExceeded
        case .uses, .outstanding, .rate: .usedUp
        case .reason: .reasonRequired
        }
    }
}

extension CompiledRule {
    /// Holds everything that the rule wants of a caller, a time and a grant against a request, with the functions that
    /// decide; what is not in the rule is left out.
    func forEachCheck(
        _ request: borrowing DecisionRequest, _ counters: some CounterView, _ body: (Check, Truth) -> Void
    ) {
        for (position, kind) in selectors.enumerated() {
            body(.selector(position), matches(kind, request.identity))
        }
        let conditions = rule.conditions
        if conditions.notBeforeUSec != nil { body(.notBefore, notBefore(request)) }
        if conditions.notAfterUSec != nil { body(.notAfter, notAfter(request)) }
        if !conditions.hours.isEmpty { body(.hours, hours(request)) }
        if request.action == .open || request.action == .deposit, let truth = rights(request) { body(.rights, truth) }
        guard request.action == .open, effect == .permit else { return }
        if conditions.needsReason { body(.reason, Truth(request.hasReason)) }
        guard conditions.counts else { return }
        for perPrincipal in [false, true] {
            let principal = perPrincipal ? request.identity.uid : nil
            if let limit = conditions.uses?[perPrincipal] {
                body(
                    .uses(perPrincipal: perPrincipal),
                    Truth(counters.used(rule: rule.id, principal: principal) < limit))
            }
            if let limit = conditions.outstanding?[perPrincipal] {
                body(
                    .outstanding(perPrincipal: perPrincipal),
                    Truth(counters.outstanding(rule: rule.id, principal: principal) < limit))
            }
            for window in conditions.rate?[perPrincipal] ?? [] {
                let recent = counters.recent(rule: rule.id, principal: principal, windowUSec: window.windowUSec)
                body(.rate(window, perPrincipal: perPrincipal), Truth(recent < window.count))
            }
        }
    }

    /// nil: the rule says nothing about rights, and what is asked is what the capability has.
    private func rights(_ request: borrowing DecisionRequest) -> Truth? {
        if effect == .forbid {
            return rule.rights.map { Truth(!$0.isDisjoint(with: request.asked ?? request.offered)) }
        }
        let available = request.offered.intersection(rule.rights ?? .all)
        let truth = Truth(request.asked.map { !$0.isEmpty && $0.isSubset(of: available) } ?? !available.isEmpty)
        return truth == .yes && rule.rights == nil ? nil : truth
    }
}

extension Limit {
    subscript(perPrincipal: Bool) -> Value? { perPrincipal ? self.perPrincipal : inAll }
}

/// Whether a condition holds, as far as can be known.
enum Truth: Sendable {
    case yes, no, unknown

    init(_ value: Bool) { self = value ? .yes : .no }

    /// Unknown is safe both ways: it makes a permit not match, and a forbid match.
    func counts(for effect: Effect) -> Bool {
        switch self {
        case .yes: true
        case .no: false
        case .unknown: effect == .forbid
        }
    }
}
