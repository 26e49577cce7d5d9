// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Processes
import Records
import VaultInterface
import VaultLedger
import VaultModel

/// One grant that is followed until it ends: by its time, by its holder, or by a revocation.
///
/// Lives on the broker's loop. What ends is the permission, and the count of what is out: a descriptor that the holder
/// keeps or has passed on cannot be taken back by this.
final class Lease {
    let id: String
    /// The index of the grant's record.
    let record: UInt64
    let name: CapabilityName
    let rights: Rights
    /// The rule that it was charged to.
    let rule: String
    let uid: UInt32
    let holder: Holder
    /// `CLOCK_REALTIME`, microseconds.
    let startedUSec: Int64
    /// When it ends; nil: with its holder.
    var expires: Moment?
    /// Until when it can be renewed; nil: not at all.
    let renewable: Moment?
    /// Fires when it expires.
    var timer: TimerToken?

    init(
        id: String, record: UInt64, name: CapabilityName, rights: Rights, rule: String, uid: UInt32, holder: Holder,
        startedUSec: Int64, expires: Moment?, renewable: Moment?
    ) {
        self.id = id
        self.record = record
        self.name = name
        self.rights = rights
        self.rule = rule
        self.uid = uid
        self.holder = holder
        self.startedUSec = startedUSec
        self.expires = expires
        self.renewable = renewable
    }

    /// As it crosses the wire.
    var onWire: BrokerInterface.Lease {
        .init(id: id, expiresUSec: expires.map { Int($0.wallUSec) }, renewableUSec: renewable.map { Int($0.wallUSec) })
    }

    /// As the ledger keeps it.
    func stored(bootID: String, expires: Moment?) -> StoredLease {
        StoredLease(
            id: id, record: record, capability: name.text, rights: rights.words, rule: rule, uid: uid,
            pid: holder.key.pid, pidfdInode: holder.key.pidfdInode, startTicks: holder.key.startTicks, bootID: bootID,
            startedUSec: startedUSec, expiresBootUSec: expires?.bootUSec, expiresUSec: expires?.wallUSec,
            renewableBootUSec: renewable?.bootUSec, renewableUSec: renewable?.wallUSec)
    }
}

/// A process that holds leases, watched until it exits: one descriptor for a process, however many leases it has.
final class Holder {
    let key: ProcessKey
    let uid: UInt32
    /// Readable when the process has ended.
    let pidfd: HeldDescriptor
    /// Its program, where a rule made the broker read it; for people.
    let exe: String?
    var watch: WatchToken?
    var leases: [String: Lease] = [:]

    init(_ key: ProcessKey, uid: UInt32, pidfd: HeldDescriptor, exe: String? = nil) {
        self.key = key
        self.uid = uid
        self.pidfd = pidfd
        self.exe = exe
    }
}
