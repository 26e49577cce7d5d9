// SPDX-License-Identifier: Apache-2.0

/// Whom a rule is about. Selectors are ANDed, the values of one are ORed; an empty list does not select.
package struct SelectorSet: Sendable, Equatable {
    /// `to: anyone`, which is written out and stands alone.
    package var anyone: Bool
    package var users: [NamedID]
    package var uids: [UInt32]
    package var groups: [NamedID]
    package var gids: [UInt32]
    package var labels: [TextPattern]
    package var cgroups: [TextPattern]
    package var units: [TextPattern]
    package var loginuids: [NamedID]
    /// `host`, the only namespace that has a lasting name.
    package var namespaces: [String]
    package var exes: [TextPattern]
    /// Lower-case hexadecimal digits.
    package var sha256s: [String]

    package init(
        anyone: Bool = false, users: [NamedID] = [], uids: [UInt32] = [], groups: [NamedID] = [], gids: [UInt32] = [],
        labels: [TextPattern] = [], cgroups: [TextPattern] = [], units: [TextPattern] = [],
        loginuids: [NamedID] = [], namespaces: [String] = [], exes: [TextPattern] = [], sha256s: [String] = []
    ) {
        self.anyone = anyone
        self.users = users
        self.uids = uids
        self.groups = groups
        self.gids = gids
        self.labels = labels
        self.cgroups = cgroups
        self.units = units
        self.loginuids = loginuids
        self.namespaces = namespaces
        self.exes = exes
        self.sha256s = sha256s
    }

    package static let anyone = SelectorSet(anyone: true)

    /// Which selectors are there.
    package var kinds: SelectorKinds {
        SelectorKind.allCases.reduce(into: []) { kinds, kind in
            if !values(of: kind).isEmpty { kinds.formUnion(SelectorKinds(kind)) }
        }
    }

    /// What a selector wants, as it was written; empty when it does not select.
    package func values(of kind: SelectorKind) -> [String] {
        switch kind {
        case .user: users.map(\.text)
        case .uid: uids.map(String.init)
        case .group: groups.map(\.text)
        case .gid: gids.map(String.init)
        case .label: labels.map(\.text)
        case .cgroup: cgroups.map(\.text)
        case .unit: units.map(\.text)
        case .loginuid: loginuids.map(\.text)
        case .namespace: namespaces
        case .exe: exes.map(\.text)
        case .sha256: sha256s
        }
    }

    /// Whether one of the selectors is authoritative.
    package var isAuthoritative: Bool { kinds.kinds.contains { $0.strength == .authoritative } }

    /// Whether the unit is all that says who is calling; it then must be one of the system manager.
    package var restsOnUnit: Bool { !anyone && !isAuthoritative && !units.isEmpty }
}
