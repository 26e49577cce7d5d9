// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Processes
import Records
import SystemPackage
import VaultInterface
import VaultLedger
import VaultModel

/// Grants that are followed until they end: those of rules with `lease` or `outstanding`.
///
/// A lease begins in the turn in which its grant is appended, and its row changes in the grant's transaction. It ends at
/// once, and its end is recorded; while the log cannot be written the row stays, and the end is recorded when the
/// leases are taken up again.
extension Broker {
    // MARK: Begin

    /// Sees to it that the caller can be followed, if one of the grants is to be.
    /// - Returns: why it cannot; nil also for a call of which nothing is followed.
    func follow(_ call: OpenCall) -> BrokerError? {
        var followed = 0
        for item in call.items where item.decision?.isFollowed == true { followed += 1 }
        guard followed > 0 else { return nil }
        let uid = call.session.identity.uid
        guard leases.count(ofUser: uid) + followed <= configuration.limits.leasesPerUser else {
            return .quotaExceeded(limit: "leases-per-uid")
        }
        // What cannot be named has ended, or is hidden from us: nothing is sent to it.
        guard let key = try? call.session.peer.processKey() else { return .denied(name: call.items[0].name.text) }
        if let holder = leases.holder(key) {
            call.holder = holder
            return nil
        }
        guard leases.holderCount < configuration.holderLimit,
            leases.holderCount(ofUser: uid) < configuration.holderLimitPerUser
        else { return .quotaExceeded(limit: "holders") }
        let holder = Holder(
            key, uid: uid, pidfd: call.session.peer.pidfd, exe: call.session.identity.exe.value)
        guard watch(holder) else { return .busy }
        call.holder = holder
        return nil
    }

    /// Begins the lease of a grant that is about to be appended, with the index that it will get.
    /// - Returns: what is to be stored with it.
    func begin(_ call: OpenCall, _ place: Int, at moment: Moment) -> StateChange? {
        let item = call.items[place]
        guard let decision = item.decision, decision.isFollowed, let charged = decision.charged,
            let acquired = item.acquired, let holder = call.holder
        else { return nil }
        let most = decision.maxLeaseUSec ?? 0
        let lease = Lease(
            id: "\(runID)-\(recording.nextIndex)", record: recording.nextIndex, name: item.name,
            rights: acquired.rights, rule: charged.id, uid: call.session.identity.uid, holder: holder,
            startedUSec: moment.wallUSec, expires: decision.leaseUSec.map { moment.advanced(byUSec: $0) },
            renewable: decision.leaseUSec.flatMap { $0 < most ? moment.advanced(byUSec: most) : nil })
        leases.insert(lease)
        time(lease)
        call.items[place].lease = lease
        return .leaseStarted(lease.stored(bootID: bootID, expires: lease.expires))
    }

    /// Whether every grant of the call that has a lease has it still.
    func holdsLeases(_ call: OpenCall) -> Bool {
        call.holder == nil || call.items.allSatisfy { $0.lease.map { leases[$0.id] != nil } ?? true }
    }

    private func watch(_ holder: Holder) -> Bool {
        let key = holder.key
        holder.watch = try? loop.watch(holder.pidfd, for: .readable) { [weak self] _ in
            self?.assumeIsolated { $0.exited(key) }
        }
        return holder.watch != nil
    }

    /// Lets the lease end when it expires.
    func time(_ lease: Lease) {
        if let timer = lease.timer { loop.cancel(timer) }
        guard let expires = lease.expires else { return }
        let id = lease.id
        lease.timer = loop.timer(at: BootTime(microseconds: expires.bootUSec)) { [weak self] in
            self?.assumeIsolated { broker in
                if let lease = broker.leases[id] { broker.end(lease, .time) }
            }
        }
    }

    // MARK: End

    /// Ends a lease that has not ended, and records it.
    func end(_ lease: Lease, _ why: LeaseEnd) {
        guard leases[lease.id] === lease else { return }
        forget(lease)
        guard recording.isWorking else { return }
        recordEnd(lease.stored(bootID: bootID, expires: lease.expires), why)
    }

    /// Ends the leases of grants that will not be sent: their `delivery` record tells of them.
    func withdrawLeases(_ call: OpenCall) {
        guard call.holder != nil else { return }
        var isOver = false
        for place in call.items.indices {
            // By its id: after a failed commit it may have been taken up anew.
            guard let id = call.items[place].lease?.id else { continue }
            call.items[place].lease = nil
            guard let lease = leases[id] else { continue }
            forget(lease)
            if recording.isWorking { recording.collecting.changes.append(.leaseEnded(id: lease.id)) }
            isOver = true
        }
        // From here on it is not counted as out any more: the log says so before anything else is granted.
        if isOver, recording.isWorking { appendDelivery() }
    }

    /// Takes a lease out of what is followed.
    func forget(_ lease: Lease) {
        if let timer = lease.timer { loop.cancel(timer) }
        lease.timer = nil
        counters.ended(lease.rule, uid: lease.uid)
        if leases.remove(lease) { unwatch(lease.holder) }
    }

    private func unwatch(_ holder: Holder) {
        if let watch = holder.watch { loop.unwatch(watch) }
        holder.watch = nil
    }

    private func exited(_ key: ProcessKey) {
        guard let holder = leases.holder(key) else { return }
        for lease in holder.leases.values.sorted(by: { $0.record < $1.record }) { end(lease, .exit) }
    }

    /// Ends what the policy in force permits to nobody any more.
    func endRevokedLeases() {
        guard leases.count > 0 else { return }
        let policy = policy.compiled
        for lease in leases.those(where: { !policy.mayPermitOpening($0.rule) }) { end(lease, .revoked) }
        for lease in leases.those(where: { table[$0.name] == nil }) { end(lease, .removed) }
    }

    private func recordEnd(_ lease: StoredLease, _ why: LeaseEnd) {
        append(
            why.record(
                .init(
                    peer: PeerText(uid: lease.uid, pid: lease.pid, pidfdInode: lease.pidfdInode),
                    capability: CapabilityText(name: lease.capability),
                    lease: LeaseText(id: lease.id, expiresUSec: lease.expiresUSec), grant: lease.record,
                    rule: lease.rule, why: why.rawValue)), changes: [.leaseEnded(id: lease.id)])
    }

    // MARK: Start, and after a failed commit

    /// Takes up the leases that the ledger holds in place of those that are known. Those that are over are recorded by
    /// `endWhatIsOver`.
    func takeUp(_ stored: [StoredLease]) {
        for lease in leases.sorted { forget(lease) }
        leasesOver = []
        var gone: Set<ProcessKey> = []
        let now = SystemClock.bootTimeUSec()
        for stored in stored {
            let key = ProcessKey(pid: stored.pid, pidfdInode: stored.pidfdInode, startTicks: stored.startTicks)
            if stored.bootID != bootID {
                leasesOver.append((stored, .reboot))
            } else if let expires = stored.expiresBootUSec, expires <= now {
                leasesOver.append((stored, .time))
            } else if !gone.contains(key), let holder = leases.holder(key) ?? reopen(key, uid: stored.uid) {
                takeUp(stored, holder)
            } else {
                gone.insert(key)
                leasesOver.append((stored, .gone))
            }
        }
    }

    private func reopen(_ key: ProcessKey, uid: UInt32) -> Holder? {
        guard let pidfd = key.reopen() else { return nil }
        let holder = Holder(key, uid: uid, pidfd: pidfd)
        return watch(holder) ? holder : nil
    }

    private func takeUp(_ stored: StoredLease, _ holder: Holder) {
        guard let name = try? CapabilityName(stored.capability) else {
            if holder.leases.isEmpty { unwatch(holder) }
            return leasesOver.append((stored, .removed))
        }
        let lease = Lease(
            id: stored.id, record: stored.record, name: name, rights: (try? Rights.parse(stored.rights)) ?? [],
            rule: stored.rule, uid: stored.uid, holder: holder, startedUSec: stored.startedUSec,
            expires: Moment(wallUSec: stored.expiresUSec, bootUSec: stored.expiresBootUSec),
            renewable: Moment(wallUSec: stored.renewableUSec, bootUSec: stored.renewableBootUSec))
        leases.insert(lease)
        counters.began(lease.rule, uid: lease.uid)
        time(lease)
    }

    /// Records the end of what was over when it was taken up, and ends what the policy no longer permits.
    func endWhatIsOver() {
        guard recording.isWorking else { return }
        recordWhatIsOver()
        endRevokedLeases()
    }

    func recordWhatIsOver() {
        for (lease, why) in leasesOver { recordEnd(lease, why) }
        leasesOver = []
    }
}

extension Moment {
    func advanced(byUSec usec: Int64) -> Moment {
        Moment(wallUSec: wallUSec.saturatingAdding(usec), bootUSec: bootUSec.saturatingAdding(usec))
    }

    /// nil unless both are there.
    fileprivate init?(wallUSec: Int64?, bootUSec: Int64?) {
        guard let wallUSec, let bootUSec else { return nil }
        self.init(wallUSec: wallUSec, bootUSec: bootUSec)
    }
}
