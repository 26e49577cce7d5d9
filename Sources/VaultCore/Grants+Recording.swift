// SPDX-License-Identifier: Apache-2.0

import Records
import VaultModel
import VaultPolicy

/// The records of a call: what its rules count is reserved, leases begin, and nothing leaves before it is durable.
extension Grants {
    func record(_ call: OpenCall) {
        if let failure = journal.failure { return refuse(call, .auditUnavailable(message: failure)) }
        // It was decided in this turn.
        guard admit(records: call.items.count, call.caller, at: call.moment.bootUSec) else {
            return refuse(call, tooManyRecords)
        }
        if let prepared = call.prepared { return record(call, prepared) }
        var changes: [StateChange]
        switch counters.attempt({ charge(call) }) {
        case .success(let charged): changes = charged
        case .failure(.denied(let denial)): return deny(call, denial)
        case .failure(.refused(let refusal)): return refuse(call, refusal)
        }
        move(call, to: .committing, at: loop.bootUSec)
        for (place, item) in call.items.enumerated() {
            guard let decision = item.decision, let entry = item.entry, let acquired = item.acquired else {
                preconditionFailure("a grant is recorded of what was not acquired")
            }
            // The last of the call carries all its changes, and wakes the call when it is durable.
            let isLast = place == call.items.count - 1
            let lease = begin(call, place, decision, acquired, &changes)
            if item.takes { take(call, place, entry, lease) }
            let index = journal.append(
                .grant(grant(call, place, decision, entry, acquired, lease)), at: call.moment,
                changes: isLast && !isPlanted(.chargeNotStored) ? changes : [], waiter: isLast ? .open(call) : nil)
            isRecorded(call, place, index, decision)
        }
        if call.reason == nil, !call.asked.takesContent {
            call.asked.prepared = PreparedOpen(call.items, generation: call.generation)
        }
        if isPlanted(.sentBeforeDurable) { recorded(call, .committed, at: loop.bootUSec) }
    }

    /// What the record of one grant tells.
    private func grant(
        _ call: OpenCall, _ place: Int, _ decision: Decision, _ entry: CapabilityEntry,
        _ acquired: AcquiredDescriptor, _ lease: Lease?
    ) -> Record.Grant {
        var grant = Record.Grant(
            request: call.request, policy: policy.stamp, peer: call.caller.peerText,
            capability: CapabilityText(entry.capability, acquired), rules: decision.rules,
            charged: decision.chargedID, reason: call.reason,
            lease: lease.map { LeaseText(id: $0.id, expiresUSec: $0.expires?.wallUSec) } ?? call.items[place].taking,
            copy: acquired.checked.copy.map(Record.Copy.init), opened: acquired.checked.opened)
        grant.connected = acquired.checked.connected
        grant.rulesMore = decision.rulesMore
        grant.deposit = entry.deposit?.id
        grant.isTake = call.items[place].takes
        if let content = call.items[place].content { grant.deliver(content) }
        return grant
    }

    /// The same of a call like the one before: nothing counts it, and the texts of its records are there.
    private func record(_ call: OpenCall, _ prepared: PreparedOpen) {
        move(call, to: .committing, at: loop.bootUSec)
        for place in call.items.indices {
            let item = prepared.items[place]
            guard let acquired = call.items[place].acquired, let entry = call.items[place].entry else {
                preconditionFailure("a grant is recorded of what was not acquired")
            }
            let waiter = place == call.items.count - 1 ? Journal.Waiter.open(call) : nil
            let index: UInt64
            if let text = prepared.text(place, acquired) {
                index = journal.append(text, request: call.number, at: call.moment, waiter: waiter)
            } else {
                let grant = grant(call, place, item.decision, entry, acquired, nil)
                if prepared.isNew(place) {
                    prepared.keep(journal.prepare(grant, request: "\(runID)-"), place, acquired)
                }
                index = journal.append(.grant(grant), at: call.moment, waiter: waiter)
            }
            isRecorded(call, place, index, item.decision)
        }
        if isPlanted(.sentBeforeDurable) { recorded(call, .committed, at: loop.bootUSec) }
    }

    private func isRecorded(_ call: OpenCall, _ place: Int, _ index: UInt64, _ decision: Decision) {
        call.items[place].record = index
        call.factsUsed.formUnion(decision.kinds)
        journal.granted(index)
    }

    private enum NotCharged: Error {
        case denied(Denial)
        case refused(Refusal)
    }

    /// Reserves what the charged rules count. Others may have used it up while descriptors were made, and the names of one call
    /// use it up for each other, so each is decided once more against what is left.
    /// - Returns: what is to be stored with the records.
    private func charge(_ call: OpenCall) -> Result<[StateChange], NotCharged> {
        var changes: [StateChange] = []
        var charges: [String: Int] = [:]
        var followed = 0
        for (place, item) in call.items.enumerated() {
            guard var decision = item.decision else { continue }
            if decision.charged?.conditions.counts == true {
                let asked = item.asked ?? item.rights
                decision = policy.decide(
                    .open, item.name, asked: asked, offered: item.entry?.capability.rights,
                    hasReason: call.reason != nil, call.caller.identity, call.moment)
                guard decision.isPermitted else {
                    return .failure(
                        .denied(
                            Denial(
                                action: .open, name: item.name, asked: asked, decision: decision, moment: call.moment,
                                reason: call.reason, chargedBefore: charges)))
                }
                call.items[place].decision = decision
            }
            if call.follows(decision) { followed += 1 }
            guard let charged = decision.charged else { continue }
            changes += counters.charge(
                charged, uid: call.caller.identity.uid, at: call.moment, record: journal.nextIndex + UInt64(place),
                leavesNothing: !call.follows(decision))
            if charged.conditions.counts || charged.conditions.isFollowed { charges[charged.id, default: 0] += 1 }
        }
        guard followed > 0 else { return .success(changes) }
        return leases.follow(call.caller, leases: followed, named: call.items[0].name).map { holder in
            call.holder = holder
            return changes
        }.mapError(NotCharged.refused)
    }

    private func begin(
        _ call: OpenCall, _ place: Int, _ decision: Decision, _ acquired: AcquiredDescriptor,
        _ changes: inout [StateChange]
    ) -> Lease? {
        guard call.follows(decision), let charged = decision.charged, let holder = call.holder else { return nil }
        let (lease, change) = leases.begin(
            call.items[place].name, acquired.rights, rule: charged.id, holder: holder,
            id: "\(runID)-\(journal.nextIndex)", lengthUSec: decision.leaseUSec, mostUSec: decision.maxLeaseUSec ?? 0,
            opened: acquired.checked.opened, at: call.moment)
        call.items[place].lease = lease
        changes.append(change)
        return lease
    }

    /// The deposit is the call's from the grant that is about to be appended with the next index.
    private func take(_ call: OpenCall, _ place: Int, _ entry: CapabilityEntry, _ lease: Lease?) {
        let index = journal.nextIndex
        let end = call.moment.advanced(byUSec: Deposits.confirmUSec).wallUSec
        let taking = LeaseText(
            id: lease?.id ?? "\(runID)-\(index)", expiresUSec: min(lease?.expires?.wallUSec ?? end, end))
        call.items[place].taking = taking
        deposits.take(entry, for: call, id: taking.id, grant: index)
    }

    /// The commit that holds a call's grants has returned.
    func recorded(_ call: OpenCall, _ outcome: Journal.Outcome, at bootUSec: Int64) {
        guard outcome == .committed else {
            for item in call.items { if let index = item.record { journal.voided(index) } }
            withdrawLeases(call)
            return refuse(
                call, .auditUnavailable(message: journal.failure ?? "the record was not committed"))
        }
        if call.caller.isGone { return withdraw(call, errno: "EPIPE") }
        move(call, to: .queued, at: bootUSec)
        call.caller.queue(call)
        call.answer.grant(call)
    }
}
