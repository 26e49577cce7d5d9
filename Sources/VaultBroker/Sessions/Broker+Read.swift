// SPDX-License-Identifier: Apache-2.0

import Descriptors
import JSONText
import SystemPackage
import Varlink
import VaultCore
import VaultInterface

/// Reading: bytes to messages, messages to calls.
extension Broker {
    /// What one turn of the loop reads from one connection, in bytes.
    static let readSize = 64 << 10

    func ready(_ number: UInt64, _ readiness: Readiness) {
        guard let session = sessions[number] else { return }
        if readiness.contains(.readable) {
            guard phase != .handingOver else { return setInterest(session) }
            let uid = session.identity.uid
            noteTurn()
            let now = SystemClock.bootTimeUSec()
            guard core.turns.mayTake(uid, at: now) else {
                session.isReadDue = true
                guard session.isTurnDue else { return wait(session) }
                // It is told at each turn of the loop, and mostly its turn comes behind the next one.
                if session.isReadTold { return setInterest(session, isTold: true) }
                session.isReadTold = true
                return
            }
            readInTurn(session, at: now)
            if !session.isClosed, !session.isAtEnd { takeRead(session) }
        } else if readiness.contains(.hangUp) || readiness.contains(.error) {
            return hungUp(session)
        }
        if readiness.contains(.writable), !session.isClosed { pump(session) }
    }

    /// Takes up what has been read. Where that has answered nothing there is nothing to send, unless it waits for the peer
    /// to read: that it sends may mean that it has.
    private func takeRead(_ session: Session) {
        takeCalls(session)
        guard !session.isClosed else { return }
        if session.connection.pendingBytes > 0 { pumpSoon(session) } else { setInterest(session) }
    }

    /// Nothing is left to read, and nobody to send to. What has come in before and waits for its turn is still done.
    private func hungUp(_ session: Session) {
        guard session.isTurnDue else { return close(session) }
        session.isAtEnd = true
        if let watch = session.watch { loop.unwatch(watch) }
        session.watch = nil
    }

    /// Reads in the turn of the connection's uid.
    func readInTurn(_ session: Session, at start: Int64) {
        read(session, at: start)
        core.turns.took(max(1, SystemClock.bootTimeUSec() - start), calls: 0, session.identity.uid)
    }

    private func read(_ session: Session, at bootUSec: Int64) {
        if isHeldBack(session) { return }
        switch session.connection.receive(into: readBuffer) {
        case .bytes:
            // Who has it read takes up what has come.
            core.sessions.received(session.caller, at: bootUSec)
            return countIncoming(session)
        case .nothing:
            return
        case .endOfFile:
            // Half a message is no call; what was asked before is still answered.
            session.isAtEnd = true
        case .failed:
            return close(session)
        case .refused(let error):
            endAfterBadMessage(error, session)
        }
        pumpSoon(session)
    }

    /// What came with half a message, or with a call that waits for its turn, is on the account of who sent it.
    func countIncoming(_ session: Session) {
        guard !core.sessions.hasIncoming(session.connection.waitingDescriptors, session.caller) else { return }
        recordRefusal("message", "more descriptors came in than may wait for their calls", session)
        close(session)
    }

    /// What came in is no message: said once, recorded, and the connection ended, since nothing behind it can be trusted.
    func endAfterBadMessage(_ error: any Error, _ session: Session) {
        recordRefusal("message", "\(error)", session)
        if session.fdHolder == nil {
            session.connection.end(with: .invalidParameter("message"))
        } else {
            session.mustClose = true
        }
        pumpSoon(session)
    }

    func handle(_ call: borrowing VarlinkCall, _ passed: [HeldDescriptor], _ session: Session) {
        guard isOwn(call.sender, session) else { return endForForeignMessage(session) }
        // The grants of an `Open` are looked at when they are sent; and who says what has arrived may have ended since.
        guard
            call.method == BrokerInterface.Open.method || call.method == BrokerInterface.Received.method
                || isStillThere(session)
        else { return }
        // Who takes no reply takes no further ones.
        let answer = Answer(session, call.slot, wantsMore: call.wantsMore && !call.isOneway) { self.pumpSoon($0) }
        // A oneway call that does nothing is done.
        session.asked = call.isOneway && !Self.acts.contains(call.method) ? nil : answer
        do {
            try dispatch(call, passed, answer, session)
        } catch {
            answer.refuse(error)
        }
    }

    /// Records that a connection was refused or ended for what came in over it.
    func recordRefusal(_ kind: String, _ problem: String, _ session: Session) {
        let uid = session.identity.uid
        say(.info, "a connection is refused: \(problem.cut(to: 256))", metadata: ["uid": "\(uid)"], of: uid)
        core.sessions.refuse(kind, problem, session.caller)
    }

    func endForForeignMessage(_ session: Session) {
        recordRefusal("identity", "a message came from another process than the one that connected", session)
        close(session)
    }

    /// A connection that was handed to another process serves nobody.
    func isOwn(_ sender: MessageSender, _ session: Session) -> Bool {
        switch sender {
        case .unattached: true
        case .process(let pid): pid == session.peer.credentials.pid
        case .several: false
        }
    }
}
