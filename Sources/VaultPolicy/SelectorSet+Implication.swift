// SPDX-License-Identifier: Apache-2.0

import VaultModel

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
