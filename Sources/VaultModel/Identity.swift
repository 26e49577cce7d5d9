// SPDX-License-Identifier: Apache-2.0

/// How firmly the broker holds on to the process that it looked at.
package enum Pin: String, Sendable {
    /// By a pidfd taken from the socket.
    case pidfd

    /// By a process id alone, which can be reused: only what was fixed at connect counts.
    case weak
}

/// A caller, as the broker sees it.
package struct Identity: Sendable, Equatable {
    // Fixed at connect, by the kernel, on the socket.
    package var uid: UInt32
    package var gid: UInt32
    /// The supplementary groups (`SO_PEERGROUPS`).
    package var groups: [UInt32]
    /// Why there may be groups, `gid` among them, that the caller had and left; nil: they are all.
    package var groupsProblem: String?
    /// The security label (`SO_PEERSEC`); nil: the kernel has none for it.
    package var label: Fact<String?>
    package var pid: Int32
    package var pidfdInode: UInt64?
    package var pin: Pin
    /// The name of `uid`, for people; nothing is decided by it.
    package var userName: String?

    // Read of the process, after connect.
    package var cgroup: Fact<String?>
    /// The first component of the cgroup path that is not a slice; nil: there is none.
    package var unit: Fact<String?>
    /// Whether the unit was made by the system manager, that is, does not lie below `user.slice`.
    package var unitIsOfSystemManager: Bool
    /// nil: not set.
    package var loginuid: Fact<UInt32?>
    package var session: Fact<UInt32?>
    /// `host`, or the inode of another pid namespace.
    package var namespace: Fact<String>
    package var exe: Fact<String>
    /// Lower-case hexadecimal digits.
    package var exeSHA256: Fact<String>
    /// Whether ids mean the same in the broker's user namespace and on the host, so that 65534 is a user and not the
    /// id of everybody that the map does not have.
    package var idMapIsIdentity: Bool
    /// On whose account it goes what it uses, where that is not its uid's.
    package var otherAccount: Account?
    /// Of a caller that somebody described: what was said in place of a control group.
    package var saidContainer: Fact<String?>?
    package var saidPod: Fact<String?>?

    /// On whose account it goes what it uses.
    package var account: Account { otherAccount ?? .user(uid) }

    /// What was not read is unknown.
    package init(
        uid: UInt32, gid: UInt32, groups: [UInt32] = [], label: Fact<String?> = .unknown("not read"), pid: Int32 = 0,
        pidfdInode: UInt64? = nil, pin: Pin = .pidfd, userName: String? = nil,
        cgroup: Fact<String?> = .unknown("not read"), unit: Fact<String?> = .unknown("not read"),
        unitIsOfSystemManager: Bool = false, loginuid: Fact<UInt32?> = .unknown("not read"),
        session: Fact<UInt32?> = .unknown("not read"), namespace: Fact<String> = .unknown("not read"),
        exe: Fact<String> = .unknown("not read"), exeSHA256: Fact<String> = .unknown("not read"),
        idMapIsIdentity: Bool = true, groupsProblem: String? = nil, otherAccount: Account? = nil
    ) {
        self.uid = uid
        self.gid = gid
        self.groups = groups
        self.groupsProblem = groupsProblem
        self.label = label
        self.pid = pid
        self.pidfdInode = pidfdInode
        self.pin = pin
        self.userName = userName
        self.cgroup = cgroup
        self.unit = unit
        self.unitIsOfSystemManager = unitIsOfSystemManager
        self.loginuid = loginuid
        self.session = session
        self.namespace = namespace
        self.exe = exe
        self.exeSHA256 = exeSHA256
        self.idMapIsIdentity = idMapIsIdentity
        self.otherAccount = otherAccount
    }
}

/// Something about a process that was read, or could not be. That there is none (no label, no unit, no login uid) is
/// something known.
package enum Fact<Value: Sendable & Equatable>: Sendable, Equatable {
    case known(Value)

    /// Why it is not known.
    case unknown(String)

    package var value: Value? {
        switch self {
        case .known(let value): value
        case .unknown: nil
        }
    }
}

extension Fact {
    /// Why a fact is not known that nobody has read, since neither a rule nor the configuration asks for it.
    package static var notAsked: String { "neither a rule nor the configuration asks for it" }

    /// Why it is not known, if somebody tried to find out.
    package var problem: String? {
        guard case .unknown(let why) = self, why != Self.notAsked, why != Self.notRead else { return nil }
        return why
    }

    /// The reason of those that come without one.
    package static var notRead: String { "not read" }
}

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
    package var container: String?
    package var pod: String?

    package init(
        uid: UInt32? = nil, gid: UInt32? = nil, groups: [UInt32]? = nil, label: String? = nil, cgroup: String? = nil,
        unit: String? = nil, loginuid: UInt32? = nil, namespace: String? = nil, exe: String? = nil,
        sha256: String? = nil, container: String? = nil, pod: String? = nil
    ) {
        self.container = container
        self.pod = pod
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
        saidContainer = subject.container.map { .known($0) }
        saidPod = subject.pod.map { .known($0) }
    }

    /// Units below `user.slice` are those of a user's own manager and of logins.
    private static func isOfSystemManager(_ subject: Subject) -> Bool {
        guard let unit = subject.unit else { return false }
        let isOfUser = unit.hasPrefix("user@") || (unit.hasPrefix("session-") && unit.hasSuffix(".scope"))
        return !isOfUser && subject.cgroup?.hasPrefix("/user.slice/") != true
    }
}
