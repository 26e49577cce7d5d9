// SPDX-License-Identifier: Apache-2.0

import Records
import VaultModel

/// One grant that is followed until it ends: by its time, by its holder, or by a revocation.
///
/// What ends is the permission, and the count of what is out: a descriptor that the holder keeps or has passed on cannot be
/// taken back by this. Its row in the ledger changes in the transaction of its record.
package final class Lease {
    package let id: String
    /// The index of the grant's record.
    package let record: UInt64
    package let name: CapabilityName
    package let rights: Rights
    /// The rule that it was charged to.
    package let rule: String
    package let uid: UInt32
    package let holder: Holder
    /// `CLOCK_REALTIME`, microseconds.
    package let startedUSec: Int64
    /// When it ends; nil: with its holder.
    package fileprivate(set) var expires: Moment?
    /// What the name led to when it was granted; nil where that is not known, or it leads to no file.
    package var opened: Record.Opened?
    /// Until when it can be renewed; nil: not at all.
    package let renewable: Moment?
    fileprivate var timer: TimerID?

    fileprivate init(
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

    /// As the ledger keeps it, with another end.
    fileprivate func stored(bootID: String, expires: Moment?) -> StoredLease {
        StoredLease(
            id: id, record: record, capability: name.text, rights: rights.words, rule: rule, uid: uid,
            pid: holder.key.pid, pidfdInode: holder.key.pidfdInode, startTicks: holder.key.startTicks, bootID: bootID,
            startedUSec: startedUSec, expiresBootUSec: expires?.bootUSec, expiresUSec: expires?.wallUSec,
            renewableBootUSec: renewable?.bootUSec, renewableUSec: renewable?.wallUSec)
    }
}

/// A process that holds leases, watched until it exits: once for a process, however many leases it has.
package final class Holder {
    package let key: HolderKey
    package let uid: UInt32
    /// On whose account it is. Of one of an earlier run only its uid is known.
    fileprivate let account: Account
    /// Its program, where a rule made the broker read it; for people.
    package let program: String?
    fileprivate var watch: (any HolderWatch)?
    fileprivate var leases: [String: Lease] = [:]

    fileprivate init(_ key: HolderKey, uid: UInt32, account: Account? = nil, program: String? = nil) {
        self.key = key
        self.uid = uid
        self.account = account ?? .user(uid)
        self.program = program
    }
}

/// Why a lease ends without its holder's having asked for it.
package enum LeaseEnd: String, Sendable {
    /// Its time has come.
    case time
    /// The rule permits it no longer.
    case revoked
    /// There is no such capability any more.
    case removed
    /// The machine was started anew.
    case reboot
    /// The process that got it has ended.
    case exit
    /// The process that got it was not there any more when the broker started.
    case gone

    /// How it is recorded.
    fileprivate func record(_ event: Record.LeaseEvent) -> Record {
        switch self {
        case .time, .revoked, .removed, .reboot: .leaseExpire(event)
        case .exit, .gone: .holderExit(event)
        }
    }
}

/// How many leases and holders there may be.
package struct LeaseLimits: Sendable {
    package var leasesPerUser: Int
    package var holders: Int
    package var holdersPerUser: Int

    package init(leasesPerUser: Int, holders: Int, holdersPerUser: Int) {
        self.leasesPerUser = leasesPerUser
        self.holders = holders
        self.holdersPerUser = holdersPerUser
    }
}

/// The leases that have not ended, who holds them, and the timers that they want.
package final class Leases {
    private let loop: any LoopPort
    private let holderPort: any HolderPort
    private let journal: Journal
    private let counters: CounterRoom
    private let limits: LeaseLimits
    private let bootID: String

    private var leases: [String: Lease] = [:]
    private var holders: [HolderKey: Holder] = [:]
    private var leasesOfUser: [Account: Int] = [:]
    private var holdersOfUser: [Account: Int] = [:]
    /// Leases that were over when they were read from the ledger: to be recorded as ended.
    private var over: [(StoredLease, LeaseEnd)] = []
    /// Leases that the ledger holds and whose grants were not sent.
    private var unsent: [String] = []

    package init(
        loop: any LoopPort, holders: any HolderPort, journal: Journal, counters: CounterRoom, limits: LeaseLimits,
        bootID: String
    ) {
        self.loop = loop
        holderPort = holders
        self.journal = journal
        self.counters = counters
        self.limits = limits
        self.bootID = bootID
    }

    package var count: Int { leases.count }
    package var holderCount: Int { holders.count }

    package subscript(id: String) -> Lease? { leases[id] }

    /// Those that `isMeant` picks, in the order of their grants.
    package func those(where isMeant: (Lease) -> Bool) -> [Lease] {
        leases.values.filter(isMeant).sorted { $0.record < $1.record }
    }

    /// The lease of this id, if the caller is the process that got it.
    func held(_ id: String, by caller: Caller) -> Lease? {
        guard let lease = leases[id], let key = caller.link?.holderKey(), key == lease.holder.key else { return nil }
        return lease
    }

    // MARK: Begin

    /// Sees to it that a caller that is about to get so many leases can be followed.
    /// - Returns: why it cannot.
    func follow(_ caller: Caller, leases more: Int, named name: CapabilityName) -> Result<Holder, Refusal> {
        let account = caller.identity.account
        guard leasesOfUser[account, default: 0] + more <= limits.leasesPerUser else {
            return .failure(.quotaExceeded(limit: "leases-per-uid"))
        }
        // What cannot be named has ended, or is hidden from us: nothing is sent to it.
        guard let link = caller.link, let key = link.holderKey() else {
            return .failure(.denied(name: name.text, record: nil))
        }
        if let holder = holders[key] { return .success(holder) }
        guard holders.count < limits.holders, holdersOfUser[account, default: 0] < limits.holdersPerUser else {
            return .failure(.quotaExceeded(limit: "holders"))
        }
        guard let watch = holderPort.watch(caller, key) else { return .failure(.busy) }
        let holder = Holder(key, uid: caller.identity.uid, account: account, program: link.program)
        holder.watch = watch
        return .success(holder)
    }

    /// Begins the lease of a grant that is about to be appended with the next index.
    /// - Parameters:
    ///   - lengthUSec: nil: it lasts as long as its holder.
    ///   - mostUSec: how far it can be renewed in all.
    /// - Returns: the lease, and what is to be stored with the grant's record.
    func begin(
        _ name: CapabilityName, _ rights: Rights, rule: String, holder: Holder, id: String, lengthUSec: Int64?,
        mostUSec: Int64, opened: Record.Opened? = nil, at moment: Moment
    ) -> (Lease, StateChange) {
        let lease = Lease(
            id: id, record: journal.nextIndex, name: name, rights: rights, rule: rule, uid: holder.uid, holder: holder,
            startedUSec: moment.wallUSec, expires: lengthUSec.map { moment.advanced(byUSec: $0) },
            renewable: lengthUSec.flatMap { $0 < mostUSec ? moment.advanced(byUSec: mostUSec) : nil })
        lease.opened = opened
        insert(lease)
        return (lease, .leaseStarted(lease.stored(bootID: bootID, expires: lease.expires)))
    }

    private func insert(_ lease: Lease) {
        precondition(leases.updateValue(lease, forKey: lease.id) == nil, "two leases have one id")
        let holder = lease.holder
        if holders.updateValue(holder, forKey: holder.key) == nil { holdersOfUser[holder.account, default: 0] += 1 }
        holder.leases[lease.id] = lease
        leasesOfUser[holder.account, default: 0] += 1
        time(lease)
    }

    /// Lets the lease end when it expires.
    private func time(_ lease: Lease) {
        if let timer = lease.timer { loop.cancel(timer) }
        lease.timer = lease.expires.map { loop.timer(at: $0.bootUSec, .lease(lease.id)) }
    }

    // MARK: Renew

    /// From now as long as its rule says today, and no further than it could be renewed when it began; nil: not at all.
    func extended(_ lease: Lease, byUSec length: Int64?, _ moment: Moment) -> Moment? {
        guard let renewable = lease.renewable, let length else { return nil }
        let asked = moment.advanced(byUSec: length)
        return asked.bootUSec < renewable.bootUSec ? asked : renewable
    }

    /// What is to be stored for a lease that is to end later.
    func change(_ lease: Lease, expires: Moment) -> StateChange {
        .leaseStarted(lease.stored(bootID: bootID, expires: expires))
    }

    /// The lease ends later, now that that is durable. What has ended in the meantime is not renewed.
    func renew(_ lease: Lease, expires: Moment) -> Bool {
        guard leases[lease.id] === lease else { return false }
        lease.expires = expires
        time(lease)
        return true
    }

    // MARK: End

    /// Whether a lease that was begun has not ended; its timer may be late.
    func holds(_ lease: Lease, at moment: Moment) -> Bool {
        guard let lease = leases[lease.id] else { return false }
        return lease.expires.map { moment.bootUSec < $0.bootUSec } ?? true
    }

    /// A timer of a lease has fired.
    package func expired(_ id: String) {
        if let lease = leases[id] { end(lease, .time) }
    }

    /// A process that holds leases has ended.
    package func exited(_ key: HolderKey) {
        guard let holder = holders[key], !isPlanted(.exitIgnored) else { return }
        for lease in holder.leases.values.sorted(by: { $0.record < $1.record }) { end(lease, .exit) }
    }

    /// Ends what these say is permitted to nobody any more.
    func endWhere(isRevoked: (Lease) -> Bool, isRemoved: (Lease) -> Bool) {
        guard !leases.isEmpty else { return }
        for lease in those(where: isRevoked) { end(lease, .revoked) }
        for lease in those(where: isRemoved) { end(lease, .removed) }
    }

    /// Ends a lease and records it. While the log cannot be written the row stays, and the end is recorded when the leases are
    /// read from the ledger again.
    private func end(_ lease: Lease, _ why: LeaseEnd) {
        guard leases[lease.id] === lease else { return }
        forget(lease)
        guard journal.isWorking else { return }
        recordEnd(lease.stored(bootID: bootID, expires: lease.expires), why)
    }

    /// Takes a lease out of what is followed.
    func forget(_ lease: Lease) {
        if let timer = lease.timer { loop.cancel(timer) }
        lease.timer = nil
        counters.ended(lease.rule, uid: lease.uid)
        guard leases.removeValue(forKey: lease.id) != nil else { return }
        Self.countDown(&leasesOfUser, lease.holder.account)
        let holder = lease.holder
        holder.leases[lease.id] = nil
        guard holder.leases.isEmpty else { return }
        if holders.removeValue(forKey: holder.key) != nil { Self.countDown(&holdersOfUser, holder.account) }
        unwatch(holder)
    }

    /// Ends the leases of grants that will not be sent. They get no record: the grant's `delivery` record says that it failed.
    func withdraw(_ ids: [String]) {
        if isPlanted(.leaseNotWithdrawn) { return }
        var isOver = false
        for id in ids {
            // By its id: after a failed commit it may have been read from the ledger anew.
            guard let lease = leases[id] else { continue }
            forget(lease)
            journal.add(.leaseEnded(id: lease.id))
            isOver = true
        }
        // From here on it is not counted as out any more: the log says so before anything else is granted.
        if isOver { journal.tellOutcomes() }
    }

    /// One that was to be followed got nothing after all.
    func release(_ holder: Holder) {
        if holder.leases.isEmpty { unwatch(holder) }
    }

    private func unwatch(_ holder: Holder) {
        holder.watch?.end()
        holder.watch = nil
    }

    private static func countDown(_ counts: inout [Account: Int], _ account: Account) {
        counts[account, default: 1] -= 1
        if counts[account] == 0 { counts[account] = nil }
    }

    private func recordEnd(_ lease: StoredLease, _ why: LeaseEnd) {
        let event = Record.LeaseEvent(
            peer: PeerText(uid: lease.uid, pid: lease.pid, pidfdInode: lease.pidfdInode),
            capability: CapabilityText(name: lease.capability),
            lease: LeaseText(id: lease.id, expiresUSec: lease.expiresUSec), grant: lease.record, rule: lease.rule,
            why: why.rawValue)
        journal.append(why.record(event), changes: [.leaseEnded(id: lease.id)])
    }

    // MARK: Start, and after a failed commit

    /// Follows the leases that the ledger holds in place of the ones known until now. Of those that are over,
    /// ``recordWhatIsOver()`` records the end; those of grants that were not sent end with the record of that.
    package func takeUp(_ stored: [StoredLease]) {
        for lease in those(where: { _ in true }) { forget(lease) }
        over = []
        unsent = []
        let unsentGrants = journal.unsent
        var gone: Set<HolderKey> = []
        let now = loop.bootUSec
        for stored in stored {
            let key = HolderKey(pid: stored.pid, pidfdInode: stored.pidfdInode, startTicks: stored.startTicks)
            if unsentGrants.contains(stored.record) {
                unsent.append(stored.id)
            } else if stored.bootID != bootID {
                over.append((stored, .reboot))
            } else if let expires = stored.expiresBootUSec, expires <= now {
                over.append((stored, .time))
            } else if !gone.contains(key), let holder = holders[key] ?? reopen(key, uid: stored.uid) {
                takeUp(stored, holder)
            } else {
                gone.insert(key)
                over.append((stored, .gone))
            }
        }
    }

    private func reopen(_ key: HolderKey, uid: UInt32) -> Holder? {
        guard let watch = holderPort.watch(key) else { return nil }
        let holder = Holder(key, uid: uid)
        holder.watch = watch
        return holder
    }

    private func takeUp(_ stored: StoredLease, _ holder: Holder) {
        guard let name = try? CapabilityName(stored.capability) else {
            release(holder)
            return over.append((stored, .removed))
        }
        insert(
            Lease(
                id: stored.id, record: stored.record, name: name, rights: (try? Rights.parse(stored.rights)) ?? [],
                rule: stored.rule, uid: stored.uid, holder: holder, startedUSec: stored.startedUSec,
                expires: Moment(wallUSec: stored.expiresUSec, bootUSec: stored.expiresBootUSec),
                renewable: Moment(wallUSec: stored.renewableUSec, bootUSec: stored.renewableBootUSec)))
        counters.began(stored.rule, uid: stored.uid)
        if isPlanted(.timerLostOnStart), let timer = leases[stored.id]?.timer { loop.cancel(timer) }
    }

    /// Records the end of the leases that were over when they were read from the ledger.
    package func recordWhatIsOver() {
        guard journal.isWorking else { return }
        for (lease, why) in over { recordEnd(lease, why) }
        over = []
        for id in unsent { journal.add(.leaseEnded(id: id)) }
        if !unsent.isEmpty { journal.tellOutcomes() }
        unsent = []
    }
}
