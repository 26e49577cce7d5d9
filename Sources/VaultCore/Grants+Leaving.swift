// SPDX-License-Identifier: Apache-2.0

import Records
import VaultModel
import VaultPolicy

/// What to do with a recorded call whose turn to leave has come.
package enum Verdict: Equatable, Sendable {
    case send
    /// Not now: nothing leaves on this connection until it is looked at again.
    case hold
    /// It is not sent, and this is answered in its place.
    case refuse(Refusal)
    /// The same, and the connection ends.
    case refuseAndEnd(Refusal)
}

/// The last look at a recorded call, and what became of it.
extension Grants {
    /// The last look, in the very turn in which a recorded call is to leave.
    func verdict(_ number: UInt64, _ caller: Caller) -> Verdict {
        guard let call = caller.queued(number) else { preconditionFailure("a grant waits that nobody knows of") }
        var denied: Refusal { .denied(name: call.items[0].name.text, record: nil) }
        guard isPlanted(.verdictLeftOut) || isStillPermitted(call) else {
            withdraw(call, reason: call.generation == policy.generation ? .expired : .revoked)
            return .refuse(denied)
        }
        if call.prepared == nil, let refusal = missesDeposit(call) {
            withdraw(call, reason: .expired)
            return .refuse(refusal)
        }
        let areHeld = call.items.allSatisfy { $0.lease.map { leases.holds($0, at: loop.now()) } ?? true }
        guard areHeld || isPlanted(.leaseNotLookedAt) else {
            withdraw(call, reason: .expired)
            return .refuse(denied)
        }
        switch recheck(call) {
        case .same: break
        case .asking: return .hold
        case .different:
            withdraw(call, reason: .identity)
            return .refuseAndEnd(denied)
        }
        for item in call.items {
            guard let acquired = item.acquired, let entry = item.entry,
                let problem = holdings.setRightAgain(acquired, entry)
            else { continue }
            let record = item.record
            withdraw(call, errno: problem.errnoName)
            return .refuse(.openFailed(name: item.name.text, errno: problem.errno, record: record))
        }
        // The last, since it counts as sent from here on.
        return sessions.takesMore(number, call.asked.takesContent ? nil : call.charge, caller) ? .send : .hold
    }

    /// Why a deposit cannot be sent: it may have gone, or be another, under the same policy, or another call may have been
    /// sent it for itself.
    private func missesDeposit(_ call: OpenCall) -> Refusal? {
        for item in call.items {
            guard let entry = item.entry, let deposit = entry.deposit else { continue }
            guard holdings[item.name] === entry, deposit.lasts(at: loop.now()) else {
                return .notFound(name: item.name.text)
            }
            if deposit.isOut(to: call), !isPlanted(.takenDepositSent) { return .busy }
        }
        return nil
    }

    /// Whether what was decided holds, if anything has changed since, or may have with the time. The record names the rule
    /// that was charged, so that it is this one that must still permit it.
    private func isStillPermitted(_ call: OpenCall) -> Bool {
        guard call.generation != policy.generation || (call.prepared == nil && policy.inForce.hasTimes) else {
            return true
        }
        let moment = loop.now()
        for item in call.items {
            guard let entry = item.entry, holdings[item.name] === entry, let decision = item.decision,
                policy.stillHolds(
                    decision, item.name, rights: item.rights, offered: entry.capability.rights,
                    hasReason: call.reason != nil, call.caller.identity, moment),
                !item.takes || policy.decide(.remove, item.name, call.caller.identity, moment).isPermitted
            else { return false }
        }
        call.generation = policy.generation
        // What permits it now may have times.
        call.prepared = nil
        return true
    }

    /// The process is alive, has the same ids, and whatever the deciding rules used is unchanged.
    private func recheck(_ call: OpenCall) -> CallerState {
        guard let link = call.caller.link else { return .different }
        if let saw = call.openerSawTheSame { return saw && link.recheck([], call) == .same ? .same : .different }
        // A connection that is looked at again and again does not put the opener to work each time.
        if call.isOpenerAsked { return .asking }
        let state = link.recheck(call.factsUsed, call)
        if case .asking = state { call.isOpenerAsked = true }
        return state
    }

    /// The opener has looked at the caller.
    func rechecked(_ call: OpenCall, isSame: Bool) {
        call.openerSawTheSame = isSame
        call.caller.link?.lookAgain()
    }

    // MARK: Outcomes

    /// `sendmsg(2)` has been called for a queued call.
    func passed(_ number: UInt64, _ caller: Caller, failure: String?, at bootUSec: Int64) {
        guard let call = caller.queued(number) else { return }
        if let failure { return withdraw(call, errno: failure) }
        if isPlanted(.descriptorKept) { return }
        caller.unqueue(call)
        call.charge = nil
        move(call, to: .sent, at: bootUSec)
        for item in call.items {
            if let index = item.record {
                outcomes.sent += 1
                journal.sent(index)
                caller.sent.add(index)
            }
            if let acquired = item.acquired, let entry = item.entry { holdings.delivered(acquired, entry) }
            if item.takes, let entry = item.entry { deposits.sent(entry) }
            if let rule = item.decision?.chargedID {
                counts.add(rule, uid: caller.identity.uid, isContent: call.asked.takesContent)
            }
            item.acquired = nil
            item.content = nil
        }
    }

    /// A connection has ended: what waits for its turn on it is not sent.
    func closed(_ caller: Caller, reason: DeliveryLog.Reason?) {
        if isPlanted(.closedNotWithdrawn) { return }
        for call in caller.unqueueAll() { withdraw(call, errno: reason == nil ? "EPIPE" : nil, reason: reason) }
    }

    /// What is recorded and will not be sent.
    func withdraw(_ call: OpenCall, errno: String? = nil, reason: DeliveryLog.Reason? = nil) {
        call.caller.unqueue(call)
        sessions.withdrawn(call.number, call.caller)
        for item in call.items {
            guard let index = item.record else { continue }
            outcomes.withdrawn += 1
            journal.notSent(index, errno: errno, reason: reason)
            item.record = nil
        }
        withdrawLeases(call)
        giveUp(call, .withdrawn)
    }

    func withdrawLeases(_ call: OpenCall) {
        guard let holder = call.holder else { return }
        leases.withdraw(call.items.compactMap { $0.lease?.id })
        for item in call.items { item.lease = nil }
        leases.release(holder)
        call.holder = nil
    }
}
