// SPDX-License-Identifier: Apache-2.0

import VaultModel

/// Checks what no rule and no capability shows by itself.
struct SetChecker {
    let problems: ProblemList

    func check(_ set: PolicySet) {
        checkNames(set.capabilities)
        checkIDs(set.rules)
        checkReach(of: set)
        let ids = Set(set.rules.map(\.id))
        for test in set.tests {
            guard let rule = test.rule, !ids.contains(rule) else { continue }
            problems.add(
                "a test expects the rule '\(rule)', which no file has",
                remedy: Suggestion.nearest(to: rule, in: ids.sorted()).map { "did you mean '\($0)'?" }
                    ?? "write the id of a rule, or leave 'rule' out", at: test.place)
        }
    }

    private func checkNames(_ capabilities: [Capability]) {
        var first: [CapabilityName: Capability] = [:]
        for capability in capabilities {
            guard let earlier = first[capability.name] else {
                first[capability.name] = capability
                continue
            }
            problems.add(
                "the name '\(capability.name)' is taken\(placeText(earlier.place))", remedy: "choose another name",
                at: place(capability.place))
        }
    }

    private func checkIDs(_ rules: [Rule]) {
        var first: [String: Rule] = [:]
        for rule in rules {
            guard let earlier = first[rule.id] else {
                first[rule.id] = rule
                continue
            }
            problems.add(
                "the id '\(rule.id)' is taken\(placeText(earlier.place))", remedy: "choose another id",
                at: place(rule.place))
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

    private func placeText(_ place: Place?) -> String { place.map { ": it is used at \($0)" } ?? "" }

    private func place(_ place: Place?) -> Place { place ?? Place(path: "", line: 0, column: 0) }
}
