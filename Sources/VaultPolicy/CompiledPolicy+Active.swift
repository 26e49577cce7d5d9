// SPDX-License-Identifier: Apache-2.0

import VaultModel

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
