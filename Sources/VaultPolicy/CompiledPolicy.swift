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

    /// The rules that count: the forbids, then the permits, each in the order of their ids.
    let compiled: [CompiledRule]

    let index: RuleIndex

    let depositPermits: [CompiledRule]

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
        depositPermits = compiled.filter { $0.rule.effect == .permit && $0.actions.contains(.deposit) }
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
