// SPDX-License-Identifier: Apache-2.0

import VaultModel

/// Whether rules are about anything that there is: a name that is written wrong gives nothing, or forbids nothing.
package struct RuleReach {
    private let capabilities: [Capability]
    /// `of these files`, where others may exist beside them.
    private let whose: String

    package init(_ capabilities: [Capability], whose: String = "") {
        self.capabilities = capabilities
        self.whose = whose.isEmpty ? "" : " \(whose)"
    }

    /// A warning for each pattern that matches nothing, or nothing that has one of the rule's rights.
    package func problems(of rule: Rule) -> [PolicyProblem] {
        rule.capabilities.compactMap { problem(of: rule, $0) }
    }

    private func problem(of rule: Rule, _ pattern: NamePattern) -> PolicyProblem? {
        let matching = capabilities.filter { pattern.matches($0.name) }
        guard let first = matching.first else {
            let nearest = Suggestion.nearest(to: pattern.text, in: capabilities.map(\.name.text))
            let effect = rule.effect == .forbid ? ", so it forbids nothing" : ""
            return warning(
                rule, "no capability\(whose) matches '\(pattern)' of the rule '\(rule.id)'\(effect)",
                nearest.map { "did you mean '\($0)'?" } ?? "check the name, or add the capability")
        }
        guard rule.actions.contains(.open), let rights = rule.rights,
            matching.allSatisfy({ $0.rights.isDisjoint(with: rights) })
        else { return nil }
        let verb = rule.effect == .permit ? "gives" : "forbids"
        return warning(
            rule, "the rule '\(rule.id)' \(verb) \(rights), which no capability that matches '\(pattern)' has",
            "name rights that '\(first.name)' has: \(first.rights)")
    }

    private func warning(_ rule: Rule, _ message: String, _ remedy: String) -> PolicyProblem {
        let place = rule.place ?? Place(path: "", line: 0, column: 0)
        return PolicyProblem(
            severity: .warning, path: place.path, line: place.line, column: place.column, message: message,
            remedy: remedy)
    }
}
