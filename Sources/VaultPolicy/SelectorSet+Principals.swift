// SPDX-License-Identifier: Apache-2.0

import VaultModel

/// Whom a rule is about, one by one: rules name several users, and each may fare otherwise.
extension SelectorSet {
    /// The selectors that say who somebody is, the first that a rule has: by a user, else a group, a label, a unit.
    private static let principalKinds: [SelectorKinds] = [
        [SelectorKinds(.user), SelectorKinds(.uid)], [SelectorKinds(.group), SelectorKinds(.gid)],
        SelectorKinds(.label), SelectorKinds(.unit),
    ]

    /// Which of its selectors name the principals; none where it takes whoever is as it says.
    var principalKinds: SelectorKinds {
        Self.principalKinds.first { !$0.isDisjoint(with: kinds) } ?? []
    }

    /// The same for each principal alone. None where no user can be both of those that `user` and `uid` name.
    var eachPrincipal: [SelectorSet] {
        switch principalKinds {
        case Self.principalKinds[0]: userIDs.map { with(uid: $0) }
        case Self.principalKinds[1]: groupIDs.map { with(gid: $0) }
        case Self.principalKinds[2]: labels.map { label in with { $0.labels = [label] } }
        case Self.principalKinds[3]: units.map { unit in with { $0.units = [unit] } }
        default: [self]
        }
    }

    /// The same for the principal that was described, as far as it was said who that is.
    func narrowed(to subject: Subject) -> SelectorSet {
        switch principalKinds {
        case Self.principalKinds[0]:
            return subject.uid.map { userIDs.contains($0) ? with(uid: $0) : self } ?? self
        case Self.principalKinds[1]:
            let groups = (subject.gid.map { [$0] } ?? []) + (subject.groups ?? [])
            return groups.first(where: groupIDs.contains).map { with(gid: $0) } ?? self
        case Self.principalKinds[2]:
            guard let label = subject.label, let found = labels.first(where: { $0.matches(label) }) else { return self }
            return with { $0.labels = [found] }
        case Self.principalKinds[3]:
            guard let unit = subject.unit, let found = units.first(where: { $0.matches(unit) }) else { return self }
            return with { $0.units = [found] }
        default: return self
        }
    }

    /// Who it is, where it is one: a group need not be the only one that is wanted.
    package var principal: Subject? {
        guard !principalKinds.isEmpty, eachPrincipal.count == 1 else { return nil }
        switch principalKinds {
        case Self.principalKinds[0]: return Subject(uid: userIDs.first)
        case Self.principalKinds[1]: return Subject(gid: groupIDs.first)
        case Self.principalKinds[2]: return Subject(label: labels.first?.text)
        default: return Subject(unit: units.first?.text)
        }
    }

    /// The users who are named by every selector that names users.
    private var userIDs: [UInt32] { Self.common(users.map(\.id), uids) }
    private var groupIDs: [UInt32] {
        // A caller has many groups: what `group` and `gid` want can be two.
        groups.isEmpty ? gids : groups.map(\.id)
    }

    private static func common(_ named: [UInt32], _ ids: [UInt32]) -> [UInt32] {
        if named.isEmpty { return ids }
        return ids.isEmpty ? named : named.filter(ids.contains)
    }

    private func with(uid: UInt32) -> SelectorSet {
        with {
            $0.users.removeAll { $0.id != uid }
            $0.uids.removeAll { $0 != uid }
        }
    }

    private func with(gid: UInt32) -> SelectorSet {
        with { if groups.isEmpty { $0.gids = [gid] } else { $0.groups.removeAll { $0.id != gid } } }
    }

    private func with(_ change: (inout SelectorSet) -> Void) -> SelectorSet {
        var copy = self
        change(&copy)
        return copy
    }
}
