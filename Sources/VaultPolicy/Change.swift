// SPDX-License-Identifier: Apache-2.0

import VaultModel

/// One difference between two policies.
package struct Change: Sendable, Equatable {
    package enum Kind: String, Sendable {
        case ruleAdd = "rule.add"
        case ruleRemove = "rule.remove"
        case ruleChange = "rule.change"
        /// A name in a rule stands for another id than before, or its time zone has another table. The texts say which.
        case ruleResolve = "rule.resolve"
        case capabilityAdd = "capability.add"
        case capabilityRemove = "capability.remove"
        case capabilityChange = "capability.change"
        /// The user under whose id a listener is made has another id than before. The texts are the ids.
        case capabilityResolve = "capability.resolve"
    }

    package var kind: Kind
    /// The id of the rule or the name of the capability.
    package var subject: String
    /// The document before and after; nil: there was none, there is none.
    package var before: String?
    package var after: String?

    package init(kind: Kind, subject: String, before: String?, after: String?) {
        self.kind = kind
        self.subject = subject
        self.before = before
        self.after = after
    }

    /// What differs, capabilities first, each in the order of names and ids. Whence a rule comes and where it is written
    /// makes no difference.
    package static func changes(
        from before: (capabilities: [Capability], rules: [Rule]), to after: (capabilities: [Capability], rules: [Rule])
    ) -> [Change] {
        let capabilities = compare(
            before.capabilities.map { ($0.name.text, $0.document) },
            after.capabilities.map { ($0.name.text, $0.document) },
            kinds: (.capabilityAdd, .capabilityRemove, .capabilityChange))
        let rules = compare(
            before.rules.map { ($0.id, $0.document) }, after.rules.map { ($0.id, $0.document) },
            kinds: (.ruleAdd, .ruleRemove, .ruleChange))
        let resolved = compare(
            before.rules.map { ($0.id, ids(of: $0)) }, after.rules.map { ($0.id, ids(of: $0)) },
            kinds: (.ruleAdd, .ruleRemove, .ruleResolve))
        let owners = compare(
            before.capabilities.map { ($0.name.text, owner(of: $0)) },
            after.capabilities.map { ($0.name.text, owner(of: $0)) },
            kinds: (.capabilityAdd, .capabilityRemove, .capabilityResolve))
        let changed = Set(rules.map(\.subject))
        let declared = Set(capabilities.map(\.subject))
        return
            (capabilities + owners.filter { $0.kind == .capabilityResolve && !declared.contains($0.subject) })
            .sorted { $0.subject < $1.subject }
            + (rules + resolved.filter { $0.kind == .ruleResolve && !changed.contains($0.subject) })
            .sorted { $0.subject < $1.subject }
    }

    private static func compare(
        _ before: [(String, String)], _ after: [(String, String)], kinds: (add: Kind, remove: Kind, change: Kind)
    ) -> [Change] {
        let old = Dictionary(before) { $1 }
        let new = Dictionary(after) { $1 }
        return Set(old.keys).union(new.keys).sorted().compactMap { key in
            switch (old[key], new[key]) {
            case (nil, let text?): Change(kind: kinds.add, subject: key, before: nil, after: text)
            case (let text?, nil): Change(kind: kinds.remove, subject: key, before: text, after: nil)
            case (let old?, let new?) where old != new:
                Change(kind: kinds.change, subject: key, before: old, after: new)
            default: nil
            }
        }
    }

    /// The user under whose id a capability is made, by name: `as www-data=33`.
    private static func owner(of capability: Capability) -> String {
        guard case .listener(.unix(_, _, _, let owner, _)) = capability.source, let name = owner.name else { return "" }
        return "as \(name)=\(owner.id)"
    }

    /// What the names of a rule stand for: `user alice=1000 group adm=4 zone Europe/Berlin=1f0c…`.
    private static func ids(of rule: Rule) -> String {
        let zones = rule.conditions.hours.map { "zone \($0.zone.name)=\($0.zone.fingerprint)" }
        return (names(of: rule) + zones).joined(separator: " ")
    }

    private static func names(of rule: Rule) -> [String] {
        [("user", rule.to.users), ("group", rule.to.groups), ("loginuid", rule.to.loginuids)]
            .flatMap { key, ids in ids.compactMap { id in id.name.map { "\(key) \($0)=\(id.id)" } } }
    }
}
