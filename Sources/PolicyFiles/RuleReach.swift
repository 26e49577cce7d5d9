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
            let effect = rule.effect == .forbid ? ", so it forbids nothing" : ""
            return PolicyProblem(
                severity: .warning, at: rule.place,
                message: "no capability\(whose) matches '\(pattern)' of the rule '\(rule.id)'\(effect)",
                remedy: Suggestion.remedy(
                    for: pattern.text, in: capabilities.map(\.name.text),
                    otherwise: "check the name, or add the capability"))
        }
        guard rule.actions.contains(.open), let rights = rule.rights,
            matching.allSatisfy({ $0.rights.isDisjoint(with: rights) })
        else { return nil }
        let verb = rule.effect == .permit ? "gives" : "forbids"
        return PolicyProblem(
            severity: .warning, at: rule.place,
            message: "the rule '\(rule.id)' \(verb) \(rights), which no capability that matches '\(pattern)' has",
            remedy: "name rights that '\(first.name)' has: \(first.rights)")
    }
}

/// Checks what no rule and no capability shows by itself.
struct SetChecker {
    let problems: ProblemList

    func check(_ set: PolicySet) {
        checkTaken("name", set.capabilities.map { ($0.name.text, $0.place) })
        checkTaken("id", set.rules.map { ($0.id, $0.place) })
        checkReach(of: set)
        let ids = Set(set.rules.map(\.id))
        for test in set.tests {
            guard let rule = test.rule, !ids.contains(rule) else { continue }
            problems.add(
                "a test expects the rule '\(rule)', which no file has",
                remedy: Suggestion.remedy(
                    for: rule, in: ids.sorted(), otherwise: "write the id of a rule, or leave 'rule' out"),
                at: test.place)
        }
    }

    private func checkTaken(_ what: String, _ texts: [(text: String, place: Place?)]) {
        var first: [String: Place?] = [:]
        for (text, place) in texts {
            guard let earlier = first[text] else {
                first[text] = .some(place)
                continue
            }
            problems.add(
                "the \(what) '\(text)' is taken\(earlier.map { ": it is used at \($0)" } ?? "")",
                remedy: "choose another \(what)", at: place)
        }
    }

    /// Warns of rules that are about nothing, as far as the files tell: capabilities can also be added by hand, and
    /// deposited where a rule lets somebody.
    private func checkReach(of set: PolicySet) {
        let deposits = set.rules.contains { $0.effect == .permit && $0.actions.contains(.deposit) }
        guard !set.capabilities.isEmpty, !deposits else { return }
        let reach = RuleReach(set.capabilities, whose: "of these files")
        for rule in set.rules { problems.add(reach.problems(of: rule)) }
    }
}
