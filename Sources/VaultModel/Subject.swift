// SPDX-License-Identifier: Apache-2.0

/// A caller as somebody describes it in a question (`vault policy explain --user alice …`): what is nil was not said.
package struct Subject: Sendable, Equatable {
    package var uid: UInt32?
    package var gid: UInt32?
    package var groups: [UInt32]?
    package var label: String?
    package var cgroup: String?
    package var unit: String?
    package var loginuid: UInt32?
    package var namespace: String?
    package var exe: String?
    package var sha256: String?

    package init(
        uid: UInt32? = nil, gid: UInt32? = nil, groups: [UInt32]? = nil, label: String? = nil, cgroup: String? = nil,
        unit: String? = nil, loginuid: UInt32? = nil, namespace: String? = nil, exe: String? = nil,
        sha256: String? = nil
    ) {
        self.uid = uid
        self.gid = gid
        self.groups = groups
        self.label = label
        self.cgroup = cgroup
        self.unit = unit
        self.loginuid = loginuid
        self.namespace = namespace
        self.exe = exe
        self.sha256 = sha256
    }
}

extension Identity {
    /// What is taken for the facts that a description of a caller leaves out.
    package enum Unsaid: Sendable {
        /// They are not known: what depends on them is open.
        case unknown
        /// There are none: no other group, no label, no unit, no login, another user and another program than any
        /// that a rule names, in the host's namespace.
        case absent
    }

    /// A caller that somebody described.
    package init(_ subject: Subject, unsaid: Unsaid) {
        // An id that the map does not have is one that is not known.
        let missingID: UInt32 = unsaid == .unknown ? 65534 : .max
        func fact<Value>(_ value: Value?, _ absent: Value) -> Fact<Value> {
            value.map(Fact.known) ?? (unsaid == .unknown ? .unknown("not said") : .known(absent))
        }
        let groups = (subject.gid.map { [$0] } ?? []) + (subject.groups ?? [])
        self.init(
            uid: subject.uid ?? missingID, gid: groups.first ?? missingID, groups: Array(groups.dropFirst()),
            label: fact(subject.label.map { .some($0) }, nil), cgroup: fact(subject.cgroup.map { .some($0) }, nil),
            unit: fact(subject.unit.map { .some($0) }, nil),
            unitIsOfSystemManager: Self.isOfSystemManager(subject),
            loginuid: fact(subject.loginuid.map { .some($0) }, nil), namespace: fact(subject.namespace, "host"),
            exe: fact(subject.exe, ""), exeSHA256: fact(subject.sha256, ""),
            idMapIsIdentity: unsaid == .absent)
    }

    /// Units below `user.slice` are those of a user's own manager and of logins.
    private static func isOfSystemManager(_ subject: Subject) -> Bool {
        guard let unit = subject.unit else { return false }
        let isOfUser = unit.hasPrefix("user@") || (unit.hasPrefix("session-") && unit.hasSuffix(".scope"))
        return !isOfUser && subject.cgroup?.hasPrefix("/user.slice/") != true
    }
}
