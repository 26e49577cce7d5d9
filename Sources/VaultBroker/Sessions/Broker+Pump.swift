// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Processes
import Varlink
import VaultCore
import VaultInterface
import VaultModel
import VaultPolicy

/// Sending: answers leave a connection in order, and a grant is checked once more in the very turn in which it leaves.
extension Broker {
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

    /// Sends whatever may be sent now, then handles calls that waited for room.
    func pump(_ session: Session) {
        guard !session.isClosed else { return }
        let result = session.connection.flush { verdict($0, session) }
        for passing in session.connection.takePassings() { passed(passing, session) }
        session.isBlocked = result == .blocked
        core.turns.hasUnread(session.connection.pendingBytes, session.caller)
        if session.connection.pendingBytes <= core.turns.unreadLimit(session.identity.uid) { session.noteRead() }
        switch result {
        case .failed: return close(session)
        case .crowded: core.sessions.waits(session.caller)
        case .done, .blocked, .held: break
        }
        if session.mustClose { return close(session) }
        if let holder = session.fdHolder { lookAtTakings(session, holder) }
        if !session.isAtEnd || session.connection.openCalls > 0 { takeCalls(session) }
        guard !session.isClosed else { return }
        let isFinished = session.connection.isFinished && session.fdHolder?.isWaiting != true
        if isFinished || (session.isAtEnd && session.isIdle) { return close(session) }
        setInterest(session)
    }

    /// - Parameter isTold: it was told again and again that there is something to read, and waits for its turn all the same.
    ///   Until then the interest stays: mostly its turn comes with the next turn of the loop, and two system calls are saved.
    func setInterest(_ session: Session, isTold: Bool = false) {
        guard let watch = session.watch else { return }
        var interest: Interest = []
        if session.isBlocked { interest.insert(.writable) }
        if session.isTurnDue, !isTold {
            if session.interest.contains(.readable) { interest.insert(.readable) }
        } else if phase != .handingOver, !session.isHeldBack,
            session.wantsInput(unreadLimit: core.turns.unreadLimit(session.identity.uid))
        {
            interest.insert(.readable)
        }
        guard interest != session.interest else { return }
        session.interest = interest
        loop.change(watch, to: interest)
    }

    // MARK: The last checks of a grant

    private func verdict(_ token: UInt64, _ session: Session) -> OutputQueue.Verdict {
        if session.mustClose, session.fdHolder != nil || session.credential != nil { return .hold }
        switch core.verdict(token, session.caller) {
        case .send: return .send
        case .hold: return .hold
        case .refuse(let refusal) where session.credential != nil,
            .refuseAndEnd(let refusal) where session.credential != nil:
            refuseCredential(session, refusal)
            return .hold
        case .refuse(let refusal): return .replace(session.refusal(refusal, inPlaceOf: token))
        case .refuseAndEnd(let refusal):
            session.mustClose = true
            return .replace(session.refusal(refusal, inPlaceOf: token))
        }
    }

    /// Has the opener look whether facts about the caller are what they were.
    func askOpener(_ session: Session, _ facts: ProcessFactKinds, _ call: OpenCall) {
        opener.inspect(pidfd: session.peer.pidfd, kinds: facts, of: session.identity.uid) { result in
            let now = try? result.get()
            self.core.rechecked(
                call, isSame: now?.differences(from: session.peer.facts, among: facts).isEmpty ?? false)
        }
    }

    private func passed(_ passing: OutputQueue.Passing, _ session: Session) {
        core.passed(passing.token, session.caller, failure: passing.failure?.name)
    }

    /// Looks again in a moment: no event says that a peer has read, or that descriptors in flight have landed.
    func pumpLater(_ session: Session) {
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
