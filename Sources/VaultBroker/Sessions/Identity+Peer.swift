// SPDX-License-Identifier: Apache-2.0

import Processes
import SystemPackage
import VaultModel

extension Identity {
    /// A pinned peer in the words of the policy.
    init(
        _ peer: IdentifiedPeer, user: String?, exeSHA256: Fact<String>, ownNamespaces: NamespaceFacts?
    ) {
        let facts = peer.facts
        let unit = facts.unit
        self.init(
            uid: peer.credentials.uid, gid: peer.credentials.gid, groups: peer.groups, label: Fact(peer.label) { $0 },
            pid: peer.credentials.pid, pidfdInode: peer.pidfdInode, pin: peer.pin == .pidfd ? .pidfd : .weak,
            userName: user, cgroup: Fact(facts.cgroup) { $0 }, unit: Fact(unit) { $0?.name },
            unitIsOfSystemManager: (unit.value ?? nil).map { !$0.isBelowUserSlice } ?? false,
            loginuid: Fact(facts.loginUID) { $0 }, session: Fact(facts.session) { $0 },
            namespace: Fact(facts.namespaces) { namespaces in
                guard let ownNamespaces else { return "\(namespaces.pid)" }
                return namespaces.pid == ownNamespaces.pid && namespaces.user == ownNamespaces.user
                    ? "host" : "\(namespaces.pid)"
            }, exe: Fact(facts.executable) { $0.path }, exeSHA256: exeSHA256,
            idMapIsIdentity: peer.idMapIsIdentity)
    }
}

extension Fact {
    fileprivate init<Read>(_ fact: ReadFact<Read>, _ convert: (Read) -> Value) {
        switch fact {
        case .notRead: self = .unknown(Self.notAsked)
        case .known(let value): self = .known(convert(value))
        case .unknown(let why): self = .unknown("\(why)")
        }
    }
}

extension ProcessFactKinds {
    /// What has to be read of a process for these facts.
    init(_ selectors: SelectorKinds) {
        self = []
        if selectors.contains(.cgroup) || selectors.contains(.unit) { insert(.cgroup) }
        if selectors.contains(.loginuid) { insert(.loginUID) }
        if selectors.contains(.namespace) { insert(.namespaces) }
        // Whether it is still the file that was hashed is seen by its device and inode.
        if selectors.contains(.exe) || selectors.contains(.sha256) { insert(.executable) }
    }
}
