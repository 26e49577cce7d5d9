// SPDX-License-Identifier: Apache-2.0

import VaultModel
import VaultPolicy

/// Whether rules are about anything that there is: a name that is written wrong gives nothing, or forbids nothing.
package struct RuleReach {
    private let capabilities: [Capability]
    /// `of these files`, where others may exist beside them.
    private let whose: String
    /// Under which names rules let somebody deposit: what is not there may come.
    private let deposited: [NamePattern]

    /// For so many patterns that match nothing it is looked which name may have been meant; that takes the time of all names.
    static let mostSuggestions = 16

    package init(_ capabilities: [Capability], whose: String = "", depositedBy rules: [Rule] = []) {
        self.capabilities = capabilities
        deposited = rules.filter { $0.effect == .permit && $0.actions.contains(.deposit) }.flatMap(\.capabilities)
        self.whose = whose.isEmpty ? "" : " \(whose)"
    }

    /// What a pattern matches.
    private struct Match {
        var first: Capability
        /// Of all capabilities that it matches.
        var rights: Rights
    }

    /// A warning for each pattern that matches nothing, or nothing that has one of the rule's rights. Each name is looked up once
    /// among the patterns of all rules.
    package func problems(of rules: [Rule]) -> [PolicyProblem] {
        let patterns = PatternTrie(rules.flatMap(\.capabilities))
        let matches = matches(of: patterns)
        var numbers = patterns.numbers.makeIterator()
        var suggestions = 0
        return rules.flatMap { rule in
            rule.capabilities.compactMap { pattern -> PolicyProblem? in
                guard let match = numbers.next().flatMap({ matches[Int($0)] }) else {
                    if deposited.contains(where: { $0.overlaps(pattern) }) { return nil }
                    suggestions += 1
                    return nothing(pattern, rule, suggests: suggestions <= Self.mostSuggestions)
                }
                return noRight(pattern, rule, match)
            }
        }
    }

    /// By the pattern's number.
    private func matches(of patterns: PatternTrie) -> [Int: Match] {
        var matches: [Int: Match] = [:]
        var found: [Int32] = []
        for capability in capabilities {
            found.removeAll(keepingCapacity: true)
            patterns.match(capability.name, into: &found)
            for number in found {
                matches[Int(number), default: Match(first: capability, rights: [])].rights.formUnion(capability.rights)
            }
        }
        return matches
    }

    private func nothing(_ pattern: NamePattern, _ rule: Rule, suggests: Bool) -> PolicyProblem {
        let effect = rule.effect == .forbid ? ", so it forbids nothing" : ""
        return PolicyProblem(
            severity: .warning, at: rule.place,
            message: "no capability\(whose) matches '\(pattern)' of the rule '\(rule.id)'\(effect)",
            remedy: Suggestion.remedy(
                for: pattern.text, in: suggests ? capabilities.map(\.name.text) : [],
                otherwise: "check the name, or add the capability"))
    }

    private func noRight(_ pattern: NamePattern, _ rule: Rule, _ match: Match) -> PolicyProblem? {
        guard rule.actions.contains(.open), let rights = rule.rights, match.rights.isDisjoint(with: rights)
        else { return nil }
        let verb = rule.effect == .permit ? "gives" : "forbids"
        return PolicyProblem(
            severity: .warning, at: rule.place,
            message: "the rule '\(rule.id)' \(verb) \(rights), which no capability that matches '\(pattern)' has",
            remedy: "name rights that '\(match.first.name)' has: \(match.first.rights)")
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
        let wrong = set.tests.filter { test in test.rule.map { !ids.contains($0) } ?? false }
        let sorted = wrong.isEmpty ? [] : ids.sorted()
        for (number, test) in wrong.enumerated() {
            let rule = test.rule ?? ""
            problems.add(
                "a test expects the rule '\(rule)', which no file has",
                remedy: Suggestion.remedy(
                    for: rule, in: number < RuleReach.mostSuggestions ? sorted : [],
                    otherwise: "write the id of a rule, or leave 'rule' out"),
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
        problems.add(reach.problems(of: set.rules))
    }
}
