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

    /// What was not read is unknown.
    package init(
        uid: UInt32, gid: UInt32, groups: [UInt32] = [], label: Fact<String?> = .unknown("not read"), pid: Int32 = 0,
        pidfdInode: UInt64? = nil, pin: Pin = .pidfd, userName: String? = nil,
        cgroup: Fact<String?> = .unknown("not read"), unit: Fact<String?> = .unknown("not read"),
        unitIsOfSystemManager: Bool = false, loginuid: Fact<UInt32?> = .unknown("not read"),
        session: Fact<UInt32?> = .unknown("not read"), namespace: Fact<String> = .unknown("not read"),
        exe: Fact<String> = .unknown("not read"), exeSHA256: Fact<String> = .unknown("not read"),
        idMapIsIdentity: Bool = true
    ) {
        self.uid = uid
        self.gid = gid
        self.groups = groups
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
    }
}
