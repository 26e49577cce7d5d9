// SPDX-License-Identifier: Apache-2.0

import VaultModel

/// A decision, with what every rule had to do with it.
package struct Explanation: Sendable {
    package var decision: Decision

    /// For each rule that is about the action and the name, every selector and condition; for each other, the first
    /// thing that keeps it from being so. In the order of the ids of the rules.
    package var findings: [Finding]
}

/// One selector or condition of a rule, held against a request.
package struct Finding: Sendable, Equatable {
    package var rule: String
    /// The key in a policy file, such as `unit`, `capability` or `not-after`.
    package var selector: String
    package var wanted: String
    /// What was found; nil when it is not known.
    package var got: String?
    /// nil: it cannot be told, which makes a permit not match, and a forbid match.
    package var matched: Bool?

    package init(rule: String, selector: String, wanted: String, got: String?, matched: Bool?) {
        self.rule = rule
        self.selector = selector
        self.wanted = wanted
        self.got = got
        self.matched = matched
    }
}

extension CompiledPolicy {
    /// Decides as `decide` does, and holds every rule, suspended ones too, against the request.
    package func explain(_ request: DecisionRequest, counters: some CounterView) -> Explanation {
        let findings = all.flatMap { rule -> [Finding] in
            guard !suspended.contains(rule.rule.id) else {
                return [
                    Finding(
                        rule: rule.rule.id, selector: "suspended", wanted: "a rule in force", got: "suspended",
                        matched: false)
                ]
            }
            return explain(rule, request, counters)
        }
        return Explanation(decision: decide(request, counters: counters), findings: findings)
    }

    private func explain(_ rule: CompiledRule, _ request: DecisionRequest, _ counters: some CounterView) -> [Finding] {
        let action = Finding(
            rule: rule.rule.id, selector: rule.effect.rawValue, wanted: rule.actions.words.joined(separator: ", "),
            got: request.action.rawValue, matched: rule.actions.contains(request.action))
        guard action.matched == true else { return [action] }
        guard request.action.takesCapability else { return [action] + rule.findings(request, counters) }
        let name = Finding(
            rule: rule.rule.id, selector: "capability",
            wanted: rule.rule.capabilities.map(\.text).joined(separator: ", "), got: request.name?.text ?? "none",
            matched: request.name.map(rule.names) ?? false)
        return name.matched == true ? [action, name] + rule.findings(request, counters) : [name]
    }
}

extension CompiledRule {
    /// Whether the rule is about a name.
    func names(_ name: CapabilityName) -> Bool { rule.capabilities.contains { $0.matches(name) } }
}
