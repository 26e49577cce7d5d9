// SPDX-License-Identifier: Apache-2.0

import VaultModel

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
            } else if case .selector(let position) = check {
                let kind = selectors[position]
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
        case .selector(let position): selectors[position].rawValue
        case .notBefore: "not-before"
        case .notAfter: "not-after"
        case .hours: "hours"
        case .rights: "rights"
        case .reason: "reason"
        case .uses: "uses"
        case .outstanding: "outstanding"
        case .rate: "rate"
        }
    }

    private func wanted(_ check: Check, _ request: DecisionRequest) -> String {
        let conditions = rule.conditions
        switch check {
        case .selector(let position): return selectorTexts[position]
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
        case .uses(let perPrincipal): return Self.limit(conditions.uses, perPrincipal)
        case .outstanding(let perPrincipal): return Self.limit(conditions.outstanding, perPrincipal)
        case .rate(let window, let perPrincipal): return perPrincipal ? "\(window) per principal" : "\(window)"
        }
    }

    private static func limit(_ limit: Limit<UInt64>?, _ perPrincipal: Bool) -> String {
        "fewer than \(limit?[perPrincipal] ?? 0)\(perPrincipal ? " per principal" : "")"
    }

    private func got(_ check: Check, _ request: DecisionRequest, _ counters: some CounterView) -> String? {
        func principal(_ perPrincipal: Bool) -> UInt32? { perPrincipal ? request.identity.uid : nil }
        switch check {
        case .selector(let position): return request.identity.text(of: selectors[position])
        case .notBefore, .notAfter, .hours: return TimeText.text(request.wallUSec)
        case .rights: return request.asked.map(\.description) ?? "as much as may be had of \(request.offered)"
        case .reason: return request.hasReason ? "given" : "none"
        case .uses(let perPrincipal):
            return String(counters.used(rule: rule.id, principal: principal(perPrincipal)))
        case .outstanding(let perPrincipal):
            return String(counters.outstanding(rule: rule.id, principal: principal(perPrincipal)))
        case .rate(let window, let perPrincipal):
            let principal = principal(perPrincipal)
            return String(counters.recent(rule: rule.id, principal: principal, windowUSec: window.windowUSec))
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
        }
    }

    private static func text(_ fact: Fact<String?>) -> String? { fact.value.map { $0 ?? "none" } }
}
