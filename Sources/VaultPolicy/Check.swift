// SPDX-License-Identifier: Apache-2.0

import VaultModel

/// One thing that a rule wants of a request that is about its action and its name.
enum Check {
    case selector(SelectorKind)
    case notBefore, notAfter, hours, rights, reason
    case limit(CountedLimit)

    /// How near a permit is to matching when this fails: a reason can be given, a selector not be changed.
    var reason: Decision.Reason {
        switch self {
        case .selector: .noPermit
        case .notBefore, .notAfter, .hours: .outsideTimes
        case .rights: .rightsExceeded
        case .limit: .usedUp
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
        var rest = kinds
        while let kind = rest.popFirst() { body(.selector(kind), matches(kind, request.identity)) }
        let conditions = said.content.conditions
        if conditions.notBeforeUSec != nil { body(.notBefore, notBefore(request)) }
        if conditions.notAfterUSec != nil { body(.notAfter, notAfter(request)) }
        if !conditions.hours.isEmpty { body(.hours, hours(request)) }
        if request.action == .open || request.action == .deposit, let truth = rights(request) { body(.rights, truth) }
        guard effect == .permit, request.action == .open || request.action == .deposit else { return }
        if request.action == .open, conditions.needsReason { body(.reason, Truth(request.hasReason)) }
        for perPrincipal in [false, true] {
            for limit in counted(request.action) where limit.perPrincipal == perPrincipal {
                body(.limit(limit), Truth(limit.used(of: rule.id, by: request.identity.uid, counters) < limit.most))
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

extension CompiledRule {
    /// Everything that the rule wants, held against a request that is about its action and its name.
    func findings(_ request: DecisionRequest, _ counters: some CounterView) -> [Finding] {
        var findings: [Finding] = []
        forEachCheck(request, counters) { check, truth in
            findings.append(
                Finding(
                    rule: rule.id, selector: key(of: check), wanted: wanted(check, request),
                    got: truth == .unknown ? nil : got(check, request, counters),
                    matched: truth == .unknown ? nil : truth == .yes))
        }
        return findings
    }

    /// Adds what keeps a permit from matching, up to a limit of failures in all, and tells how near it came. `known`
    /// holds what was found of the caller for selectors before: several rules fail by the same.
    func addFailures(
        _ request: DecisionRequest, _ counters: some CounterView, limit: Int, known: inout [SelectorKind: String?],
        to failures: inout [SelectorFailure]
    ) -> Decision.Reason {
        var reason = Decision.Reason.reasonRequired
        forEachCheck(request, counters) { check, truth in
            guard truth != .yes else { return }
            reason = min(reason, check.reason)
            guard failures.count < limit else { return }
            var found: String?
            if truth == .unknown {
                found = nil
            } else if case .selector(let kind) = check {
                if let text = known[kind] {
                    found = text
                } else {
                    found = request.identity.text(of: kind)
                    known[kind] = .some(found)
                }
            } else {
                found = got(check, request, counters)
            }
            failures.append(
                SelectorFailure(rule: rule.id, selector: key(of: check), wanted: wanted(check, request), got: found))
        }
        return reason
    }

    private func key(of check: Check) -> String {
        switch check {
        case .selector(let kind): kind.rawValue
        case .notBefore: "not-before"
        case .notAfter: "not-after"
        case .hours: "hours"
        case .rights: "rights"
        case .reason: "reason"
        case .limit(let limit): limit.key
        }
    }

    private func wanted(_ check: Check, _ request: DecisionRequest) -> String {
        let conditions = said.content.conditions
        switch check {
        case .selector(let kind): return said.content.to.values(of: kind).joined(separator: ", ")
        case .notBefore: return TimeText.text(conditions.notBeforeUSec ?? 0)
        case .notAfter: return TimeText.text(conditions.notAfterUSec ?? 0)
        case .hours: return conditions.hours.map(\.description).joined(separator: " or ")
        case .rights:
            if effect == .forbid { return "any of \(rule.rights ?? .all)" }
            guard let most = rule.rights, request.asked?.isSubset(of: request.offered) != false else {
                return "at most \(request.offered), which the capability has"
            }
            return "at most \(most)"
        case .reason: return "required"
        case .limit(let limit):
            if case .rate = limit.kind { return limit.text }
            return "fewer than \(limit.most)\(limit.perPrincipal ? " per principal" : "")"
        }
    }

    private func got(_ check: Check, _ request: DecisionRequest, _ counters: some CounterView) -> String? {
        switch check {
        case .selector(let kind): request.identity.text(of: kind)
        case .notBefore, .notAfter, .hours: TimeText.text(request.wallUSec)
        case .rights: request.asked.map(\.description) ?? "as much as may be had of \(request.offered)"
        case .reason: request.hasReason ? "given" : "none"
        case .limit(let limit): String(limit.used(of: rule.id, by: request.identity.uid, counters))
        }
    }
}

extension Identity {
    /// What was found of a caller for a selector; nil when it is not known.
    func text(of kind: SelectorKind) -> String? {
        switch kind {
        case .user: userName.map { "\($0) (\(uid))" } ?? String(uid)
        case .uid: String(uid)
        case .group, .gid: ([gid] + groups.filter { $0 != gid }).prefix(64).map(String.init).joined(separator: ", ")
        case .label: Self.text(label)
        case .cgroup: Self.text(cgroup)
        case .unit: Self.text(unit).map { unitIsOfSystemManager ? $0 : "\($0), not made by the system manager" }
        case .loginuid: loginuid.value.map { $0.map(String.init) ?? "none" }
        case .namespace: namespace.value
        case .exe: exe.value
        case .sha256: exeSHA256.value
        case .container: Self.text(container)
        case .pod: Self.text(pod)
        }
    }

    private static func text(_ fact: Fact<String?>) -> String? { fact.value.map { $0 ?? "none" } }
}
