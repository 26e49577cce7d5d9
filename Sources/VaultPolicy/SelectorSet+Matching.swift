// SPDX-License-Identifier: Apache-2.0

import VaultModel

extension SelectorSet {
    /// Whether a selector matches a caller. Called only for selectors that are there.
    ///
    /// `systemUnitOnly`: the unit must be one of the system manager, since a permit has nothing else to go by, and
    /// users name their own units.
    func matches(_ kind: SelectorKind, _ identity: Identity, systemUnitOnly: Bool) -> Truth {
        if identity.pin == .weak, !kind.isFixedAtConnect { return .unknown }
        return switch kind {
        case .user: matchesUser(identity) { id in users.contains { $0.id == id } }
        case .uid: matchesUser(identity) { uids.contains($0) }
        case .group: matchesGroup(identity) { id in groups.contains { $0.id == id } }
        case .gid: matchesGroup(identity) { gids.contains($0) }
        case .label: matchesText(labels, identity.label)
        case .cgroup: matchesText(cgroups, identity.cgroup)
        case .unit: matchesUnit(identity, systemUnitOnly: systemUnitOnly)
        case .loginuid: matchesLogin(identity)
        case .namespace: matchesText(identity.namespace) { namespaces.contains($0) }
        case .exe: matchesText(identity.exe) { exe in exes.contains { $0.matches(exe) } }
        case .sha256: matchesText(identity.exeSHA256) { sha256s.contains($0) }
        case .container: matchesText(containers, identity.container)
        case .pod: matchesText(pods, identity.pod)
        }
    }

    private func matchesUser(_ identity: Identity, _ isWanted: (UInt32) -> Bool) -> Truth {
        identity.hasOverflow(identity.uid) ? .unknown : Truth(isWanted(identity.uid))
    }

    /// Any of the groups will do; one that cannot be told apart could be the one that is wanted. In a user namespace of one's own
    /// groups can be left and others be entered, so there none is known.
    private func matchesGroup(_ identity: Identity, _ isWanted: (UInt32) -> Bool) -> Truth {
        if identity.groupsProblem != nil { return .unknown }
        var hasOverflow = identity.hasOverflow(identity.gid)
        if !hasOverflow, isWanted(identity.gid) { return .yes }
        for group in identity.groups {
            if identity.hasOverflow(group) {
                hasOverflow = true
            } else if isWanted(group) {
                return .yes
            }
        }
        return hasOverflow ? .unknown : .no
    }

    private func matchesText(_ patterns: [TextPattern], _ fact: Fact<String?>) -> Truth {
        switch fact {
        case .known(let text?): Truth(patterns.contains { $0.matches(text) })
        case .known(nil): .no
        case .unknown: .unknown
        }
    }

    private func matchesText(_ fact: Fact<String>, _ isWanted: (String) -> Bool) -> Truth {
        switch fact {
        case .known(let text): Truth(isWanted(text))
        case .unknown: .unknown
        }
    }

    private func matchesUnit(_ identity: Identity, systemUnitOnly: Bool) -> Truth {
        let truth = matchesText(units, identity.unit)
        return truth == .yes && systemUnitOnly ? Truth(identity.unitIsOfSystemManager) : truth
    }

    /// The kernel shows a login uid that the id map does not have as if none were set.
    private func matchesLogin(_ identity: Identity) -> Truth {
        switch identity.loginuid {
        case .known(let uid?):
            identity.hasOverflow(uid) ? .unknown : Truth(loginuids.contains { $0.id == uid })
        case .known(nil): identity.idMapIsIdentity ? .no : .unknown
        case .unknown: .unknown
        }
    }
}

extension Identity {
    /// What the kernel shows in place of ids that a user namespace does not map.
    static let overflowID: UInt32 = 65534

    /// Whether an id stands for any that the map does not have.
    func hasOverflow(_ id: UInt32) -> Bool { id == Self.overflowID && !idMapIsIdentity }
}
