// SPDX-License-Identifier: Apache-2.0

/// A grant that is followed until it ends, and has not ended.
package struct StoredLease: Sendable, Hashable {
    package var id: String
    /// The index of its grant.
    package var record: UInt64
    package var capability: String
    /// The words of the rights.
    package var rights: [String]
    /// The rule that it was charged to.
    package var rule: String
    package var uid: UInt32
    /// The process that got it, as the daemon's pid namespace numbers it.
    package var pid: Int32
    /// With the boot id, the name of that process; nil before Linux 6.9.
    package var pidfdInode: UInt64?
    /// When that process started, in clock ticks since the boot; kept only where there is no inode.
    package var startTicks: UInt64?
    /// The boot in which its times and its process are to be found; a lease of another boot is over.
    package var bootID: String
    /// `CLOCK_REALTIME`, microseconds, as the other two for people; the boot clock decides.
    package var startedUSec: Int64
    package var expiresBootUSec: Int64?
    package var expiresUSec: Int64?
    package var renewableBootUSec: Int64?
    package var renewableUSec: Int64?

    package init(
        id: String, record: UInt64, capability: String, rights: [String], rule: String, uid: UInt32, pid: Int32,
        pidfdInode: UInt64? = nil, startTicks: UInt64? = nil, bootID: String, startedUSec: Int64,
        expiresBootUSec: Int64? = nil, expiresUSec: Int64? = nil, renewableBootUSec: Int64? = nil,
        renewableUSec: Int64? = nil
    ) {
        self.id = id
        self.record = record
        self.capability = capability
        self.rights = rights
        self.rule = rule
        self.uid = uid
        self.pid = pid
        self.pidfdInode = pidfdInode
        self.startTicks = startTicks
        self.bootID = bootID
        self.startedUSec = startedUSec
        self.expiresBootUSec = expiresBootUSec
        self.expiresUSec = expiresUSec
        self.renewableBootUSec = renewableBootUSec
        self.renewableUSec = renewableUSec
    }
}
