// SPDX-License-Identifier: Apache-2.0

import Processes
import Records
import Varlink
import VaultInterface
import VaultLedger
import VaultModel
import VaultPolicy

/// The record of a grant: what it counts is reserved, it is committed, and only then is the call answered.
extension Broker {
    func record(_ call: OpenCall) {
        if let failure = recording.failure {
            giveUp(call)
            return call.answer.refuse(.auditUnavailable(message: failure))
        }
        guard admit(records: call.items.count, call.session) else {
            giveUp(call)
            return call.answer.refuse(.quotaExceeded(limit: "records-per-uid", retryAfterUSec: RecordPace.nextUSec()))
        }
        let moment = call.moment
        guard var changes = charge(call, moment) else { return }
        for (place, item) in call.items.enumerated() {
            guard let decision = item.decision, let entry = item.entry, let acquired = item.acquired else { continue }
            // The last of the call carries all its changes, and wakes the call when it is durable.
            let isLast = place == call.items.count - 1
            if decision.isFollowed, let begun = begin(call, place, at: moment) { changes.append(begun) }
            let lease = call.items[place].lease
            let grant = Record.Grant(
                request: call.request, policy: policy.stamp, peer: call.session.peerText,
                capability: CapabilityText(
                    name: entry.capability.name.text, kind: entry.capability.kind.rawValue,
                    rights: acquired.rights.words, delivery: acquired.delivery.rawValue),
                rules: decision.rules, charged: decision.charged?.id, reason: call.reason,
                lease: lease.map { LeaseText(id: $0.id, expiresUSec: $0.expires?.wallUSec) },
                copy: acquired.copy.map { .init(uid: $0.uid, gid: $0.gid, mode: $0.permissions) })
            let index = append(
                .grant(grant), at: moment, changes: isLast ? changes : [], waiter: isLast ? .open(call) : nil)
            call.items[place].record = index
            call.factsUsed.formUnion(ProcessFactKinds(decision.kinds))
            deliveries.granted(index)
        }
    }

    /// Reserves what the charged rules count. Others may have used it up while the opener was at work, and the names of
    /// one call use it up for each other, so each is decided once more against what is left.
    /// - Returns: what is to be stored with the records; nil when the call was denied after all.
    private func charge(_ call: OpenCall, _ moment: Moment) -> [StateChange]? {
        var changes: [StateChange] = []
        var charges: [String: Int] = [:]
        counters.begin()
        for (place, item) in call.items.enumerated() {
            guard var decision = item.decision else { continue }
            if decision.charged?.conditions.counts == true {
                decision = self.decision(
                    .open, item.name, asked: item.asked ?? item.rights, entry: item.entry, reason: call.reason,
                    call.session, moment)
                guard decision.isPermitted else {
                    counters.rollBack()
                    refuse(
                        call,
                        Denial(
                            action: .open, name: item.name, asked: item.asked ?? item.rights, decision: decision,
                            moment: moment, reason: call.reason, chargedBefore: charges))
                    return nil
                }
                call.items[place].decision = decision
            }
            if let charged = decision.charged {
                changes += counters.charge(
                    charged, uid: call.session.identity.uid, at: moment, record: recording.nextIndex + UInt64(place))
                if charged.conditions.counts || charged.conditions.isFollowed { charges[charged.id, default: 0] += 1 }
            }
        }
        if let refusal = follow(call) {
            counters.rollBack()
            giveUp(call)
            call.answer.refuse(refusal)
            return nil
        }
        counters.keep()
        return changes
    }

    /// The commit that holds this call's grants has returned.
    func recorded(_ call: OpenCall, _ outcome: CollectingBatch.Outcome) {
        guard outcome == .committed else {
            for item in call.items { if let index = item.record { deliveries.voided(index) } }
            withdrawLeases(call)
            giveUp(call)
            return call.answer.refuse(.auditUnavailable(message: recording.failure ?? "the record was not committed"))
        }
        if call.session.isClosed { return notSent(call, errno: .brokenPipe) }
        call.answer.give(call, grantMessage(call))
    }

    private func grantMessage(_ call: OpenCall) -> [UInt8] {
        var grants: [BrokerInterface.Grant] = []
        grants.reserveCapacity(call.items.count)
        for (place, item) in call.items.enumerated() {
            guard let entry = item.entry, let acquired = item.acquired, let record = item.record else { continue }
            grants.append(
                BrokerInterface.Grant(
                    name: item.name.text, fileDescriptor: place, rights: acquired.rights.words,
                    kind: entry.capability.kind.rawValue, delivery: acquired.delivery.rawValue,
                    revocation: entry.revocation, record: Int(record),
                    lease: item.lease?.onWire))
        }
        return MessageText.reply(BrokerInterface.Open.Reply(grants: grants))
    }
}
