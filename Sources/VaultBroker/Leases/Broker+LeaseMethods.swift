// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Processes
import Records
import Varlink
import VaultInterface
import VaultLedger
import VaultModel
import VaultPolicy

/// `Renew` and `Release`, for the process that got the lease, and `Leases`, for who administers.
extension Broker {
    // MARK: Renew

    /// Extends a lease; only when that is durable it holds longer.
    func renew(_ parameters: BrokerInterface.Renew.Parameters, _ answer: Answer, _ session: Session) {
        guard let lease = held(parameters.lease, by: session) else {
            return answer.refuse(.notHeld(lease: parameters.lease))
        }
        let moment = Moment.now()
        guard isStillPermitted(lease, answer, session, moment) else { return }
        // Without a time of its own it lasts until it is released, whatever is done.
        guard let expires = lease.expires else { return answer.reply(BrokerInterface.Renew.Reply(lease: lease.onWire)) }
        guard let extended = extended(lease, moment), extended.bootUSec > expires.bootUSec else {
            return answer.refuse(.quotaExceeded(limit: "max-lease"))
        }
        guard mayRecord(answer, session) else { return }
        append(
            .leaseRenew(
                .init(
                    request: newRequestID(), policy: policy.stamp, peer: session.peerText,
                    capability: CapabilityText(name: lease.name.text),
                    lease: LeaseText(id: lease.id, expiresUSec: extended.wallUSec), grant: lease.record,
                    rule: lease.rule)), at: moment,
            changes: [.leaseStarted(lease.stored(bootID: bootID, expires: extended))],
            waiter: .then { self.renewed(lease, extended, answer, $0) })
    }

    private func renewed(
        _ lease: Lease, _ expires: Moment, _ answer: Answer, _ outcome: CollectingBatch.Outcome
    ) {
        guard outcome == .committed else { return refuseUnrecorded(answer) }
        // It may have ended while the disk was at work.
        guard leases[lease.id] === lease else { return answer.refuse(.notHeld(lease: lease.id)) }
        lease.expires = expires
        time(lease)
        answer.reply(BrokerInterface.Renew.Reply(lease: lease.onWire))
    }

    /// From now as long as its rule says today, and no further than it could be renewed when it began.
    private func extended(_ lease: Lease, _ moment: Moment) -> Moment? {
        guard let renewable = lease.renewable,
            let length = policy.compiled.rule(lease.rule)?.conditions.leaseUSec
        else { return nil }
        let asked = moment.advanced(byUSec: length)
        return asked.bootUSec < renewable.bootUSec ? asked : renewable
    }

    /// A lease is extended only for what would be granted now, but for what it has used up itself.
    private func isStillPermitted(
        _ lease: Lease, _ answer: Answer, _ session: Session, _ moment: Moment
    ) -> Bool {
        let decision = policy.compiled.decide(
            request(
                .open, lease.name, asked: lease.rights, entry: table[lease.name], reason: "", session, moment),
            counters: UnusedCounters())
        if decision.isPermitted { return true }
        deny(
            Denial(action: .open, name: lease.name, asked: lease.rights, decision: decision, moment: moment),
            request: newRequestID(), answer, session)
        return false
    }

    // MARK: Release

    func release(_ parameters: BrokerInterface.Release.Parameters, _ answer: Answer, _ session: Session) {
        guard let lease = held(parameters.lease, by: session) else {
            return answer.refuse(.notHeld(lease: parameters.lease))
        }
        guard mayRecord(answer, session) else { return }
        forget(lease)
        append(
            .leaseRelease(
                .init(
                    request: newRequestID(), peer: session.peerText, capability: CapabilityText(name: lease.name.text),
                    lease: LeaseText(id: lease.id, expiresUSec: lease.expires?.wallUSec), grant: lease.record,
                    rule: lease.rule)), changes: [.leaseEnded(id: lease.id)],
            waiter: .then { $0 == .committed ? answer.reply(EmptyMessage()) : self.refuseUnrecorded(answer) })
    }

    /// The lease of this id, if the caller is the process that got it.
    private func held(_ id: String, by session: Session) -> Lease? {
        guard let lease = leases[id], let key = try? session.peer.processKey(), key == lease.holder.key else {
            return nil
        }
        return lease
    }

    private func refuseUnrecorded(_ answer: Answer) {
        answer.refuse(.auditUnavailable(message: recording.failure ?? "the record was not committed"))
    }

    private func mayRecord(_ answer: Answer, _ session: Session) -> Bool {
        if let failure = recording.failure {
            answer.refuse(.auditUnavailable(message: failure))
            return false
        }
        guard admit(records: 1, session) else {
            answer.refuse(.quotaExceeded(limit: "records-per-uid", retryAfterUSec: RecordPace.nextUSec()))
            return false
        }
        return true
    }

    // MARK: Leases

    func leases(
        _ parameters: AdminInterface.Leases.Parameters, _ session: Session
    ) async throws(VarlinkError) -> AdminInterface.Leases.Reply {
        let pattern = try parameters.pattern.map { text throws(VarlinkError) in try Self.pattern(text) }
        let found = leases.those { pattern?.matches($0.name) ?? true }
        let names = await userNames(Set(found.map(\.uid)))
        return .init(leases: found.map { $0.described(user: names[$0.uid]) })
    }

    /// The names of users that have one, looked up on the work thread where they are not known.
    func userNames(_ uids: Set<UInt32>) async -> [UInt32: String] {
        let now = SystemClock.bootTimeUSec()
        var names: [UInt32: String] = [:]
        for uid in uids {
            switch users.name(of: uid, bootUSec: now) {
            case .name(let name): names[uid] = name
            case .unknown:
                let name = await work.run { UserNames.lookUp(uid) }
                users.learn(name, of: uid, bootUSec: now)
                names[uid] = name
            }
        }
        return names
    }
}

extension Lease {
    /// As `Leases` lists it.
    fileprivate func described(user: String?) -> AdminInterface.Lease {
        .init(
            id: id, record: Int(clamping: record), name: name.text, rights: rights.words, rule: rule, uid: Int(uid),
            user: user, pid: Int(holder.key.pid), exe: holder.exe, startedUSec: Int(startedUSec),
            expiresUSec: expires.map { Int($0.wallUSec) }, renewableUSec: renewable.map { Int($0.wallUSec) })
    }
}
