// SPDX-License-Identifier: Apache-2.0

import Descriptors
import SystemPackage

/// Who is at the other end of an accepted connection.
package struct IdentifiedPeer: Sendable {
    /// How firmly the process is known that the socket's credentials speak of.
    package enum Pin: Equatable, Sendable {
        /// The kernel gave a descriptor of the very process (`SO_PEERPIDFD`).
        case pidfd
        /// A kernel before 6.5: the descriptor is of whoever had the pid shortly after the connection. Only what the
        /// socket itself says counts.
        case weak
    }

    /// `SO_PEERCRED`: pid, effective uid and gid at connect(2).
    package let credentials: ProcessCredentials

    /// `SO_PEERGROUPS`: the supplementary groups at connect(2).
    package let groups: [UInt32]

    /// `SO_PEERSEC`; a known nil: this system has no labels.
    package let label: ReadFact<String?>

    package let pin: Pin

    /// Of the process, for polling, signalling, and for passing to the opener; closed with the last copy of this.
    package let pidfd: HeldDescriptor

    /// With the boot id, this names the process for ever; nil before Linux 6.9.
    package let pidfdInode: UInt64?

    /// The control group that the process was in when it was identified; nil where the kernel does not say by pidfd.
    package let cgroupID: UInt64?

    /// What was asked for. After an answer of the opener, `merge` it here.
    package var facts: ProcessFacts

    /// False in a user namespace that renumbers ids: then 65534 may stand for anybody, and matches nothing.
    package let idMapIsIdentity: Bool

    /// What the privileged opener could find out in place of this process.
    package func needsOpener(among kinds: ProcessFactKinds) -> ProcessFactKinds {
        pin == .weak ? [] : facts.forPrivilegedReader(among: kinds)
    }
}

/// Names a process within one boot, for as long as the boot lasts: when the process has ended, no other gets the same
/// name. It can be written down, and the process found again by it.
package struct ProcessKey: Hashable, Sendable {
    /// In this process's pid namespace.
    package let pid: Int32
    /// The inode of its pidfd in pidfs; nil before Linux 6.9.
    package let pidfdInode: UInt64?
    /// When it started, in clock ticks since the boot; only where there is no inode.
    package let startTicks: UInt64?

    package init(pid: Int32, pidfdInode: UInt64?, startTicks: UInt64?) {
        self.pid = pid
        self.pidfdInode = pidfdInode
        self.startTicks = startTicks
    }

    /// The name of a process that is there. Asks the kernel only where there is no inode.
    ///
    /// - Throws: `ESRCH` when it has ended.
    init(pid: Int32, pidfd: borrowing some Descriptor & ~Copyable, pidfdInode: UInt64?) throws(Errno) {
        let ticks = pidfdInode == nil ? try ProcessDirectory(pid: pid, pinnedBy: pidfd).startTicks() : nil
        self.init(pid: pid, pidfdInode: pidfdInode, startTicks: ticks)
    }

    /// Opens the process again (`pidfd_open(2)`).
    ///
    /// - Returns: a descriptor of that very process; nil when it has ended, whoever has its pid by now.
    package func reopen() -> HeldDescriptor? {
        guard let pidfd = try? HeldDescriptor(ProcessDescriptor.open(pid)),
            (try? ProcessDescriptor.isAlive(pidfd)) == true,
            let now = try? ProcessKey(
                pid: pid, pidfd: pidfd, pidfdInode: ProcessDescriptor.inode(of: pidfd)), now == self
        else { return nil }
        return pidfd
    }
}

extension IdentifiedPeer {
    /// What names the process at the other end.
    ///
    /// - Throws: `ESRCH` when it has ended and the kernel gave no inode for it.
    package func processKey() throws(Errno) -> ProcessKey {
        try ProcessKey(pid: credentials.pid, pidfd: pidfd, pidfdInode: pidfdInode)
    }
}
