// SPDX-License-Identifier: Apache-2.0

import Records
import VaultModel

/// `Renew` and `Release`, for the process that got the lease.
extension BrokerCore {
    /// Extends a lease; only when that is durable it holds longer.
    package func renew(
        _ id: String, _ caller: Caller, _ answer: @escaping (Result<Lease, Refusal>) -> Void
    ) {
        guard let lease = leases.held(id, by: caller) else { return answer(.failure(.notHeld(lease: id))) }
        let moment = loop.now()
        // Its timer may be late.
        guard leases.holds(lease, at: moment) else { return answer(.failure(.notHeld(lease: id))) }
        // A lease is extended only for what would be granted now, but for what it has used up itself.
        let decision = policy.decideUnused(
            .open, lease.name, asked: lease.rights, offered: holdings[lease.name]?.capability.rights, hasReason: true,
            caller.identity, moment)
        guard decision.isPermitted else {
            let denial = Denial(
                action: .open, name: lease.name, asked: lease.rights, decision: decision, moment: moment)
            return denials.deny(denial, request: grants.newRequestID(), caller) { answer(.failure($0)) }
        }
        // Without a time of its own it lasts until it is released, whatever is done.
        guard let expires = lease.expires else { return answer(.success(lease)) }
        let length = policy.inForce.rule(lease.rule)?.conditions.leaseUSec
        guard let extended = leases.extended(lease, byUSec: length, moment), extended.bootUSec > expires.bootUSec else {
            return answer(.failure(.quotaExceeded(limit: "max-lease")))
        }
        if let refusal = refusesRecord(caller) { return answer(.failure(refusal)) }
        let waiter = Journal.Waiter.then { outcome in
            guard outcome == .committed else { return answer(.failure(self.unrecorded)) }
            // It may have ended while the disk was at work.
            answer(self.leases.renew(lease, expires: extended) ? .success(lease) : .failure(.notHeld(lease: id)))
        }
        let event = event(lease, expiresUSec: extended.wallUSec, policy: policy.stamp, caller)
        journal.append(
            .leaseRenew(event), at: moment, changes: [leases.change(lease, expires: extended)], waiter: waiter)
    }

    /// Ends a lease; nil: it has ended, and its record is durable.
    package func release(_ id: String, _ caller: Caller, _ answer: @escaping (Refusal?) -> Void) {
        guard let lease = leases.held(id, by: caller) else { return answer(.notHeld(lease: id)) }
        if let refusal = refusesRecord(caller) { return answer(refusal) }
        leases.forget(lease)
        let waiter = Journal.Waiter.then { answer($0 == .committed ? nil : self.unrecorded) }
        let event = event(lease, expiresUSec: lease.expires?.wallUSec, policy: nil, caller)
        journal.append(.leaseRelease(event), changes: [.leaseEnded(id: lease.id)], waiter: waiter)
    }

    private func event(
        _ lease: Lease, expiresUSec: Int64?, policy: PolicyStamp?, _ caller: Caller
    ) -> Record.LeaseEvent {
        Record.LeaseEvent(
            request: grants.newRequestID(), policy: policy, peer: caller.peerText,
            capability: CapabilityText(name: lease.name.text), lease: LeaseText(id: lease.id, expiresUSec: expiresUSec),
            grant: lease.record, rule: lease.rule)
    }

    /// That a record was not committed.
    package var unrecorded: Refusal {
        .auditUnavailable(message: journal.failure ?? "the record was not committed")
    }

    /// Why no record can be written for a caller now; nil: one can, and counts.
    package func refusesRecord(_ caller: Caller) -> Refusal? {
        if let failure = journal.failure { return .auditUnavailable(message: failure) }
        return grants.admit(records: 1, caller) ? nil : grants.tooManyRecords
    }
}
