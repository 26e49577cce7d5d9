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
    package var containers: [TextPattern]
    package var pods: [TextPattern]

    package init(
        anyone: Bool = false, users: [NamedID] = [], uids: [UInt32] = [], groups: [NamedID] = [], gids: [UInt32] = [],
        labels: [TextPattern] = [], cgroups: [TextPattern] = [], units: [TextPattern] = [],
        loginuids: [NamedID] = [], namespaces: [String] = [], exes: [TextPattern] = [], sha256s: [String] = [],
        containers: [TextPattern] = [], pods: [TextPattern] = []
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
        self.containers = containers
        self.pods = pods
    }

    package static let anyone = SelectorSet(anyone: true)

    /// Which selectors are there.
    package var kinds: SelectorKinds {
        var kinds: SelectorKinds = []
        func add(_ kind: SelectorKind, _ isThere: Bool) {
            if isThere { kinds.formUnion(SelectorKinds(kind)) }
        }
        add(.user, !users.isEmpty)
        add(.uid, !uids.isEmpty)
        add(.group, !groups.isEmpty)
        add(.gid, !gids.isEmpty)
        add(.label, !labels.isEmpty)
        add(.cgroup, !cgroups.isEmpty)
        add(.unit, !units.isEmpty)
        add(.loginuid, !loginuids.isEmpty)
        add(.namespace, !namespaces.isEmpty)
        add(.exe, !exes.isEmpty)
        add(.sha256, !sha256s.isEmpty)
        add(.container, !containers.isEmpty)
        add(.pod, !pods.isEmpty)
        return kinds
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
        case .container: containers.map(\.text)
        case .pod: pods.map(\.text)
        }
    }

    /// Whether one of the selectors is authoritative.
    package var isAuthoritative: Bool { kinds.kinds.contains { $0.strength == .authoritative } }

    /// Whether the unit is all that says who is calling; it then must be one of the system manager.
    package var restsOnUnit: Bool { !anyone && !isAuthoritative && !units.isEmpty }
}

/// A user or group: the id that decides, and the name that was written and resolved to it, if a name was written.
package struct NamedID: Hashable, Sendable, CustomStringConvertible {
    package var name: String?
    package var id: UInt32

    package init(name: String? = nil, id: UInt32) {
        self.name = name
        self.id = id
    }

    /// As it was written.
    package var text: String { name ?? String(id) }

    /// The name with its id, or the id alone.
    package var description: String { name.map { "\($0) (\(id))" } ?? String(id) }
}

/// Why a rule about the name did not permit: one selector or condition, what it wanted and what was there. Kept in the
/// record of a decision.
package struct SelectorFailure: Sendable, Equatable {
    package var rule: String
    /// The key in a policy file, such as `unit` or `not-after`.
    package var selector: String
    package var wanted: String
    /// What was found; nil when it is not known.
    package var got: String?

    package init(rule: String, selector: String, wanted: String, got: String?) {
        self.rule = rule
        self.selector = selector
        self.wanted = wanted
        self.got = got
    }
}
