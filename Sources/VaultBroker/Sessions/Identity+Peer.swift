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
            loginuid: Self.login(facts), session: Fact(facts.session) { $0 },
            namespace: Fact(facts.namespaces) { namespaces in
                guard let ownNamespaces else { return "\(namespaces.pid)" }
                return namespaces.pid == ownNamespaces.pid && namespaces.user == ownNamespaces.user
                    ? "host" : "\(namespaces.pid)"
            }, exe: Fact(facts.executable) { $0.path }, exeSHA256: exeSHA256,
            idMapIsIdentity: peer.idMapIsIdentity,
            groupsProblem: Fact(facts.groups) { $0 }.reason, otherAccount: Self.otherAccount(facts))
    }

    /// Whose ids are not ours is counted by who made its namespace; where that is not known, with all others of whom it is not.
    private static func otherAccount(_ facts: ProcessFacts) -> Account? {
        switch facts.namespaceOwner {
        case .notRead, .known(nil): nil
        case .known(let owner?): .namespaces(of: owner)
        case .unknown: facts.groups == .unknown(.otherUserNamespace) ? .namespaces(of: nil) : nil
        }
    }

    private static func login(_ facts: ProcessFacts) -> Fact<UInt32?> {
        guard case .known(let uid?) = facts.loginUID, !facts.isLoginManaged else { return Fact(facts.loginUID) { $0 } }
        return .unknown(
            "it says \(uid), which the process may have set itself: its control group is no session of that user")
    }
}

extension Fact {
    fileprivate var reason: String? {
        guard case .unknown(let why) = self else { return nil }
        return why
    }

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
        self.init(rawValue: 0)
        guard !Self.atConnect.isSuperset(of: selectors) else { return }
        if !selectors.isDisjoint(with: Self.byControlGroup) { insert(.cgroup) }
        // Whether a login uid was set by others is seen by the control group.
        if selectors.contains(.loginuid) { formUnion([.loginUID, .cgroup]) }
        if selectors.contains(.group) || selectors.contains(.gid) { insert(.groups) }
        if selectors.contains(.namespace) { insert(.namespaces) }
        // Whether it is still the file that was hashed is seen by its device and inode.
        if selectors.contains(.exe) || selectors.contains(.sha256) { insert(.executable) }
    }

    /// What the control group tells.
    private static let byControlGroup: SelectorKinds = [
        SelectorKinds(.cgroup), SelectorKinds(.unit), SelectorKinds(.container), SelectorKinds(.pod),
    ]

    /// What is as it was at `connect(2)`, whatever became of the process: of these nothing has to be read.
    private static let atConnect: SelectorKinds = [SelectorKinds(.user), SelectorKinds(.uid), SelectorKinds(.label)]
}
