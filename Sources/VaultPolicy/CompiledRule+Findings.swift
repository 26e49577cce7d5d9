// SPDX-License-Identifier: Apache-2.0

import VaultModel

extension CompiledRule {
    /// Holds everything that the rule wants of a caller, a time and a grant against a request that it is about. The
    /// same functions as in a decision tell what matched.
    func findings(_ request: DecisionRequest, _ counters: some CounterView) -> [Finding] {
        var findings = selectors.map { kind in
            finding(
                kind.rawValue, rule.to.values(of: kind).joined(separator: ", "), request.identity.text(of: kind),
                matches(kind, request.identity))
        }
        findings += timeFindings(request)
        if request.action == .open || request.action == .deposit { findings += rightsFindings(request) }
        if request.action == .open, rule.effect == .permit { findings += grantFindings(request, counters) }
        return findings
    }

    private func finding(_ key: String, _ wanted: String, _ got: String?, _ truth: Truth) -> Finding {
        Finding(
            rule: rule.id, selector: key, wanted: wanted, got: truth == .unknown ? nil : got,
            matched: truth == .unknown ? nil : truth == .yes)
    }

    private func timeFindings(_ request: DecisionRequest) -> [Finding] {
        let now = TimeText.text(request.wallUSec)
        var findings: [Finding] = []
        if let limit = rule.conditions.notBeforeUSec {
            findings.append(finding("not-before", TimeText.text(limit), now, notBefore(request)))
        }
        if let limit = rule.conditions.notAfterUSec {
            findings.append(finding("not-after", TimeText.text(limit), now, notAfter(request)))
        }
        if !rule.conditions.hours.isEmpty {
            let wanted = rule.conditions.hours.map(\.description).joined(separator: " or ")
            findings.append(finding("hours", wanted, now, hours(request)))
        }
        return findings
    }

    private func rightsFindings(_ request: DecisionRequest) -> [Finding] {
        let asked = request.asked.map(\.description)
        guard let most = rule.rights else {
            guard rule.effect == .permit, let wanted = request.asked, !wanted.isSubset(of: request.offered) else {
                return []
            }
            return [finding("rights", "at most \(request.offered), which the capability has", asked, .no)]
        }
        if rule.effect == .forbid {
            let matched = !most.isDisjoint(with: request.asked ?? request.offered)
            return [finding("rights", "any of \(most)", asked ?? "as much as may be had", Truth(matched))]
        }
        let available = most.intersection(request.offered)
        let matched = request.asked.map { !$0.isEmpty && $0.isSubset(of: available) } ?? !available.isEmpty
        return [finding("rights", "at most \(most)", asked ?? "of \(request.offered)", Truth(matched))]
    }

    private func grantFindings(_ request: DecisionRequest, _ counters: some CounterView) -> [Finding] {
        let conditions = rule.conditions
        let uid = request.identity.uid
        var findings: [Finding] = []
        if conditions.needsReason {
            findings.append(
                finding("reason", "required", request.hasReason ? "given" : "none", Truth(request.hasReason)))
        }
        func add(_ key: String, _ limit: UInt64?, _ scope: String, _ used: UInt64) {
            guard let limit else { return }
            findings.append(finding(key, "fewer than \(limit)\(scope)", String(used), Truth(used < limit)))
        }
        if let uses = conditions.uses {
            add("uses", uses.inAll, "", counters.used(rule: rule.id, principal: nil))
            add("uses", uses.perPrincipal, " per principal", counters.used(rule: rule.id, principal: uid))
        }
        if let limit = conditions.outstanding {
            add("outstanding", limit.inAll, "", counters.outstanding(rule: rule.id, principal: nil))
            add(
                "outstanding", limit.perPrincipal, " per principal", counters.outstanding(rule: rule.id, principal: uid)
            )
        }
        for (windows, principal) in [(conditions.rate?.inAll, nil), (conditions.rate?.perPrincipal, uid)] {
            for window in windows ?? [] {
                let recent = counters.recent(rule: rule.id, principal: principal, windowUSec: window.windowUSec)
                let scope = principal == nil ? "" : " per principal"
                findings.append(
                    finding("rate", "\(window)\(scope)", "\(recent) within it", Truth(recent < window.count)))
            }
        }
        return findings
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
