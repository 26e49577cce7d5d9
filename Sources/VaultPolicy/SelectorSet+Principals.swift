// SPDX-License-Identifier: Apache-2.0

import VaultModel

/// Whom a rule is about, one by one: rules name several users, and each may fare otherwise.
extension SelectorSet {
    /// Which of its selectors name the principals; nil where it takes whoever is as it says.
    var principalKind: PrincipalKind? {
        let kinds = kinds
        return PrincipalKind.allCases.first { !$0.selectors.isDisjoint(with: kinds) }
    }

    /// The same for each principal alone. None where no user can be both of those that `user` and `uid` name.
    var eachPrincipal: [SelectorSet] {
        switch principalKind {
        case .uid: userIDs.map { with(uid: $0) }
        case .gid: groupIDs.map { with(gid: $0) }
        case .label: labels.map { label in with { $0.labels = [label] } }
        case .unit: units.map { unit in with { $0.units = [unit] } }
        case nil: [self]
        }
    }

    /// The same for the principal that was described, as far as it was said who that is.
    func narrowed(to subject: Subject) -> SelectorSet {
        switch principalKind {
        case .uid:
            return subject.uid.map { userIDs.contains($0) ? with(uid: $0) : self } ?? self
        case .gid:
            let groups = (subject.gid.map { [$0] } ?? []) + (subject.groups ?? [])
            return groups.first(where: groupIDs.contains).map { with(gid: $0) } ?? self
        case .label:
            guard let label = subject.label, let found = labels.first(where: { $0.matches(label) }) else { return self }
            return with { $0.labels = [found] }
        case .unit:
            guard let unit = subject.unit, let found = units.first(where: { $0.matches(unit) }) else { return self }
            return with { $0.units = [found] }
        case nil: return self
        }
    }

    /// Who it is, where it is one: a group need not be the only one that is wanted.
    package var principal: Subject? {
        guard let principalKind, eachPrincipal.count == 1 else { return nil }
        return switch principalKind {
        case .uid: Subject(uid: userIDs.first)
        case .gid: Subject(gid: groupIDs.first)
        case .label: Subject(label: labels.first?.text)
        case .unit: Subject(unit: units.first?.text)
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

extension SelectorSet {
    /// Whether every caller that this selects is surely selected by `other`. False when it cannot be told from the
    /// rules alone.
    func implies(_ other: SelectorSet) -> Bool {
        other.anyone || other.kinds.kinds.allSatisfy { implies(other, $0) }
    }

    /// Whether no caller can surely be selected by both. False when it cannot be told from the rules alone; a caller can
    /// be in many groups, and of facts that are not known a forbid takes all.
    func excludes(_ other: SelectorSet) -> Bool {
        let mine = [users.map(\.id), uids].filter { !$0.isEmpty }
        let others = [other.users.map(\.id), other.uids].filter { !$0.isEmpty }
        return mine.contains { ids in others.contains { Set(ids).isDisjoint(with: $0) } }
    }

    private func implies(_ other: SelectorSet, _ kind: SelectorKind) -> Bool {
        switch kind {
        case .user: impliesUser(other.users.map(\.id))
        case .uid: impliesUser(other.uids)
        case .group: impliesGroup(other.groups.map(\.id))
        case .gid: impliesGroup(other.gids)
        case .label: Self.implies(labels, other.labels)
        case .cgroup: Self.implies(cgroups, other.cgroups)
        case .unit: Self.implies(units, other.units)
        case .loginuid: Self.isSubset(loginuids.map(\.id), other.loginuids.map(\.id))
        case .namespace: Self.isSubset(namespaces, other.namespaces)
        case .exe: Self.implies(exes, other.exes)
        case .sha256: Self.isSubset(sha256s, other.sha256s)
        case .container: Self.implies(containers, other.containers)
        case .pod: Self.implies(pods, other.pods)
        }
    }

    private func impliesUser(_ wanted: [UInt32]) -> Bool {
        Self.isSubset(users.map(\.id), wanted) || Self.isSubset(uids, wanted)
    }

    private func impliesGroup(_ wanted: [UInt32]) -> Bool {
        Self.isSubset(groups.map(\.id), wanted) || Self.isSubset(gids, wanted)
    }

    /// Whether what one selector takes is all taken by the other; a selector that is not there takes everything.
    private static func isSubset<Value: Equatable>(_ values: [Value], _ others: [Value]) -> Bool {
        !values.isEmpty && values.allSatisfy(others.contains)
    }

    private static func implies(_ patterns: [TextPattern], _ others: [TextPattern]) -> Bool {
        !patterns.isEmpty
            && patterns.allSatisfy { pattern in
                others.contains { $0 == pattern || (pattern.isLiteral && $0.matches(pattern.text)) }
            }
    }
}
