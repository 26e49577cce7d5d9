// SPDX-License-Identifier: Apache-2.0

import VaultModel

/// All rules in force, as one immutable value that is swapped whole.
package final class CompiledPolicy: Sendable {
    /// Counts the changes of the policy; a record of a decision names it.
    package let revision: Int

    /// The hash of the policy's contents, as whoever stores it computes it.
    package let sha256: String

    /// Every rule, suspended ones too, in the order of their ids.
    package let rules: [Rule]

    /// The ids of the rules that are there but do not count.
    package let suspended: Set<String>

    /// Which facts about a caller some rule selects on.
    package let selectorsUsed: SelectorKinds

    /// Whether some rule holds only at times, so that a decision may change by itself.
    package let hasTimes: Bool

    /// The rules that count: the forbids, then the permits, each in the order of their ids.
    let compiled: [CompiledRule]

    let index: RuleIndex

    /// `bootID` is that of the present boot: the times of rules that were applied in it run on the boot clock.
    package init(
        rules: [Rule], suspended: Set<String> = [], revision: Int, sha256: String, bootID: String? = nil
    ) {
        self.rules = rules.sorted { $0.id < $1.id }
        self.suspended = suspended
        self.revision = revision
        self.sha256 = sha256
        let active = self.rules.filter { !suspended.contains($0.id) }
        let inOrder = active.enumerated().map { CompiledRule($0.element, order: $0.offset, bootID: bootID) }
        compiled = inOrder.filter { $0.effect == .forbid } + inOrder.filter { $0.effect == .permit }
        index = RuleIndex(compiled)
        hasTimes = active.contains { $0.conditions.hasTimes }
        selectorsUsed = active.reduce(into: []) { $0.formUnion($1.to.kinds) }
    }

    package func rule(_ id: String) -> Rule? {
        var low = 0
        var high = rules.count
        while low < high {
            let middle = (low + high) / 2
            if rules[middle].id < id { low = middle + 1 } else { high = middle }
        }
        return low < rules.count && rules[low].id == id ? rules[low] : nil
    }
}

extension CompiledPolicy {
    /// The ids of all rules, suspended ones too.
    package var ids: Set<String> { Set(rules.map(\.id)) }

    /// Whether this very rule, unchanged, is in the policy and counts.
    package func isActive(_ rule: Rule) -> Bool {
        !suspended.contains(rule.id) && self.rule(rule.id) == rule
    }

    /// Whether a rule of this id permits to open, and counts.
    package func mayPermitOpening(_ id: String) -> Bool {
        guard !suspended.contains(id), let rule = rule(id) else { return false }
        return rule.effect == .permit && rule.actions.contains(.open)
    }
}

extension CompiledPolicy {
    /// Whether somebody may `admin` at any time, the clock notwithstanding: a policy under which nobody can repair it
    /// is not accepted.
    package var permitsAnybodyAdmin: Bool {
        let forbids = compiled.filter { $0.rule.effect == .forbid && $0.actions.contains(.admin) }.map(\.rule)
        return compiled.contains { permit in
            permit.rule.effect == .permit && permit.actions.contains(.admin) && !permit.rule.conditions.hasTimes
                && !forbids.contains { permit.rule.to.implies($0.to) }
        }
    }
}
