// SPDX-License-Identifier: Apache-2.0

import VaultModel

extension CompiledPolicy {
    /// Whether this very rule, unchanged, is in the policy and counts.
    package func isActive(_ rule: Rule) -> Bool {
        !suspended.contains(rule.id) && self.rule(rule.id) == rule
    }
}
