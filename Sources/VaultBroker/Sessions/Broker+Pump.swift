// SPDX-License-Identifier: Apache-2.0

import Descriptors
import SystemPackage
import Varlink
import VaultInterface
import VaultModel
import VaultPolicy

/// Sending: answers leave a connection in order, and a grant is checked once more in the very turn in which it leaves.
extension Broker {
    /// So many messages with descriptors may lie unread with a peer before it is asked whether it reads at all.
    static let mostUndrained = 4
    /// When to look again at what epoll does not report, in microseconds.
    static let retryUSec: Int64 = 10_000

    /// Sends at the end of this turn, so that what several calls are answered goes out together.
    func pumpSoon(_ session: Session) {
        guard !session.isPumpDue, !session.isClosed else { return }
        session.isPumpDue = true
        duePumps.append(session)
        guard duePumps.count == 1 else { return }
        loop.afterTurn { [weak self] in
            self?.assumeIsolated { broker in
                var due: [Session] = []
                swap(&due, &broker.duePumps)
                for session in due {
                    session.isPumpDue = false
                    broker.pump(session)
                }
            }
        }
    }

    func pumpAll() {
        for session in sessions.values where !session.grants.isEmpty { pumpSoon(session) }
    }

    /// Sends whatever may be sent now, then takes up calls that waited for room.
    func pump(_ session: Session) {
        guard !session.isClosed else { return }
        let result = session.connection.flush { verdict($0, session) }
        for passing in session.connection.takePassings() { passed(passing, session) }
        session.isBlocked = result == .blocked
        switch result {
        case .failed: return close(session)
        case .crowded: retry(session)
        case .done, .blocked, .held: break
        }
        if session.mustClose { return close(session) }
        if !session.isAtEnd || session.connection.openCalls > 0 { takeCalls(session) }
        guard !session.isClosed else { return }
        if session.connection.isFinished || (session.isAtEnd && session.isIdle) { return close(session) }
        setInterest(session)
    }

    func setInterest(_ session: Session) {
        guard let watch = session.watch else { return }
        var interest: Interest = []
        if session.isBlocked { interest.insert(.writable) }
        if !session.isAtEnd, session.connection.wantsInput { interest.insert(.readable) }
        guard interest != session.interest else { return }
        session.interest = interest
        loop.change(watch, to: interest)
    }

    // MARK: The last checks of a grant

    private func verdict(_ token: UInt64, _ session: Session) -> OutputQueue.Verdict {
        guard let call = session.grants[token] else { preconditionFailure("a grant waits that nobody knows of") }
        guard isStillPermitted(call) else {
            return withdraw(call, session, .revoked, .denied(name: call.items[0].name.text))
        }
        guard holdsLeases(call) else {
            return withdraw(call, session, .expired, .denied(name: call.items[0].name.text))
        }
        switch recheck(call, session) {
        case .same: break
        case .asking: return .hold
        case .different:
            session.mustClose = true
            return withdraw(call, session, .identity, .denied(name: call.items[0].name.text))
        }
        guard isDrained(session) else { return .hold }
        if let (name, problem) = setRightAgain(call) {
            let record = call.items.first { $0.name == name }?.record
            session.grants[call.number] = nil
            notSent(call, errno: problem.errno)
            return .replace(
                MessageText.error(BrokerError.openFailed(name, problem, record: record).varlinkError))
        }
        return .send
    }

    /// A recorded grant that will not be sent after all.
    private func withdraw(
        _ call: OpenCall, _ session: Session, _ reason: DeliveryLog.Reason, _ error: BrokerError
    ) -> OutputQueue.Verdict {
        session.grants[call.number] = nil
        notSent(call, reason: reason)
        return .replace(MessageText.error(error.varlinkError))
    }

    /// Decides again if anything has changed since the decision. The rule that was charged must still permit it: the
    /// record names that one.
    private func isStillPermitted(_ call: OpenCall) -> Bool {
        guard call.generation != generation else { return true }
        let moment = Moment.now()
        for item in call.items {
            guard let entry = item.entry, table[item.name] === entry, let charged = item.decision?.charged else {
                return false
            }
            // What this grant itself has used up must not deny it, so nothing counts as used.
            let again = policy.compiled.decide(
                request(.open, item.name, asked: item.rights, entry: entry, reason: call.reason, call.session, moment),
                counters: UnusedCounters())
            guard again.isPermitted, policy.compiled.isActive(charged) else { return false }
        }
        call.generation = generation
        return true
    }

    private enum Same { case same, different, asking }

    /// SECURITY step 9: the process is alive, has the same ids, and whatever the deciding rule used is unchanged.
    private func recheck(_ call: OpenCall, _ session: Session) -> Same {
        switch identification.recheck(session.peer, using: call.factsUsed) {
        case .unchanged:
            return .same
        case .changed, .refused:
            return .different
        case .needsOpener(let facts):
            if let saw = call.openerSawTheSame { return saw ? .same : .different }
            opener.inspect(pidfd: session.peer.pidfd, kinds: facts) { result in
                let now = try? result.get()
                call.openerSawTheSame = now?.differences(from: session.peer.facts, among: facts).isEmpty ?? false
                self.pumpSoon(session)
            }
            return .asking
        }
    }

    /// Whether the peer reads what it gets: descriptors that nobody receives fill the quota of in-flight descriptors,
    /// and then nobody gets any (`ETOOMANYREFS`).
    private func isDrained(_ session: Session) -> Bool {
        guard session.undrainedMessages >= Self.mostUndrained else { return true }
        if (try? session.connection.unreadByClient()) == 0 {
            session.undrainedMessages = 0
            session.undrainedSinceUSec = nil
            return true
        }
        retry(session)
        return false
    }

    private func passed(_ passing: OutputQueue.Passing, _ session: Session) {
        guard let call = session.grants.removeValue(forKey: passing.token) else { return }
        if let failure = passing.failure { return notSent(call, errno: failure) }
        for place in call.items.indices {
            if let index = call.items[place].record { deliveries.sent(index) }
            if let end = call.items[place].acquired?.pipeEnd { call.items[place].entry?.pairs.delivered(end) }
            if let rule = call.items[place].decision?.charged { sent.add(rule.id, uid: session.identity.uid) }
            call.items[place].acquired = nil
        }
        session.undrainedMessages += 1
        session.undrainedSinceUSec = nil
        session.lastActiveUSec = SystemClock.bootTimeUSec()
        scheduleDelivery()
    }

    /// Looks again in a moment: no event tells that a peer has read, or that descriptors in flight have landed.
    private func retry(_ session: Session) {
        if session.undrainedSinceUSec == nil { session.undrainedSinceUSec = SystemClock.bootTimeUSec() }
        guard !session.isRetryTimed else { return }
        session.isRetryTimed = true
        let number = session.number
        _ = loop.timer(after: .microseconds(Self.retryUSec)) { [weak self] in
            self?.assumeIsolated { broker in
                guard let session = broker.sessions[number] else { return }
                session.isRetryTimed = false
                broker.pump(session)
            }
        }
    }
}
