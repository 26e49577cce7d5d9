// SPDX-License-Identifier: Apache-2.0

import Descriptors
import SystemPackage

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
