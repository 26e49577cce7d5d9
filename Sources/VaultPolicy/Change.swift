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
    package static func changes<Rules: RandomAccessCollection<Rule>>(
        from before: (capabilities: [Capability], rules: Rules), to after: (capabilities: [Capability], rules: Rules)
    ) -> [Change] {
        var found: [Change] = []
        for (name, old, new) in pairs(before.capabilities, after.capabilities, by: \.name.text) {
            if let old, let new, old.saysTheSame(as: new) { continue }
            let (was, isNow) = (old?.document, new?.document)
            if was != isNow {
                let kind: Kind = old == nil ? .capabilityAdd : new == nil ? .capabilityRemove : .capabilityChange
                found.append(Change(kind: kind, subject: name, before: was, after: isNow))
            } else if let old = old.map(owner), let new = new.map(owner), old != new {
                found.append(Change(kind: .capabilityResolve, subject: name, before: old, after: new))
            }
        }
        for (id, old, new) in pairs(before.rules, after.rules, by: \.id) {
            if let old, let new, old.saysTheSame(as: new) { continue }
            let (was, isNow) = (old?.document, new?.document)
            if was != isNow {
                let kind: Kind = old == nil ? .ruleAdd : new == nil ? .ruleRemove : .ruleChange
                found.append(Change(kind: kind, subject: id, before: was, after: isNow))
            } else if let old = old.map(ids), let new = new.map(ids), old != new {
                found.append(Change(kind: .ruleResolve, subject: id, before: old, after: new))
            }
        }
        return found
    }

    private typealias Pair<Item> = (key: String, before: Item?, after: Item?)

    /// What there was and what there is of each key, in the order of the keys. Of a key that is there twice the last one counts.
    private static func pairs<Items: RandomAccessCollection>(
        _ before: Items, _ after: Items, by key: (Items.Element) -> String
    ) -> [Pair<Items.Element>] {
        let (old, new) = (inOrder(before, by: key), inOrder(after, by: key))
        var pairs: [Pair<Items.Element>] = []
        pairs.reserveCapacity(max(old.count, new.count))
        var (left, right) = (0, 0)
        while left < old.count || right < new.count {
            if right == new.count || (left < old.count && old[left].key < new[right].key) {
                pairs.append((old[left].key, old[left].item, nil))
                left += 1
            } else if left == old.count || new[right].key < old[left].key {
                pairs.append((new[right].key, nil, new[right].item))
                right += 1
            } else {
                pairs.append((old[left].key, old[left].item, new[right].item))
                left += 1
                right += 1
            }
        }
        return pairs
    }

    private static func inOrder<Items: RandomAccessCollection>(
        _ items: Items, by key: (Items.Element) -> String
    ) -> [(key: String, item: Items.Element)] {
        let keyed = items.map { (key: key($0), item: $0) }
        if zip(keyed, keyed.dropFirst()).allSatisfy({ $0.key < $1.key }) { return keyed }
        let sorted = keyed.enumerated().sorted { ($0.element.key, $0.offset) < ($1.element.key, $1.offset) }
            .map(\.element)
        return sorted.indices.filter { $0 + 1 == sorted.count || sorted[$0 + 1].key != sorted[$0].key }
            .map { sorted[$0] }
    }

    /// Under whose ids a capability is made, by name: `as www-data=33 group adm=4`.
    private static func owner(of capability: Capability) -> String {
        guard let maker = capability.source.maker else { return "" }
        let ids: [(key: String, id: NamedID?)] = [("as", maker.user), ("group", maker.group)]
        return ids.compactMap { key, id in id?.name.map { "\(key) \($0)=\(id?.id ?? 0)" } }.joined(separator: " ")
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

extension Rule {
    /// Whether both have the same document and ids, for sure: whence they come and where they are written makes no difference.
    fileprivate func saysTheSame(as other: Rule) -> Bool {
        id == other.id && effect == other.effect && actions == other.actions && capabilities == other.capabilities
            && to == other.to && rights == other.rights && conditions == other.conditions
    }
}

extension Capability {
    /// Whether both are declared the same, but for the place.
    package func saysTheSame(as other: Capability) -> Bool {
        name == other.name && source == other.source && rights == other.rights && delivery == other.delivery
            && opening == other.opening
    }
}
