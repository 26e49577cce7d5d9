// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Logging
import Varlink
import VaultCore
import VaultInterface

/// Calls are taken up in turns: the core's `Turns` says whose it is, and here they are taken.
extension Broker {
    /// Hands out the calls that have come in, as long as there is room for their answers and its uid has its turn; the rest
    /// waits for the next.
    ///
    /// What is only asked is answered before the next call is taken up, so that no more than one answer of a connection is in
    /// the making, and nothing piles up behind one that goes on and on. Grants may overtake each other on their way.
    /// - Parameter isItsTurn: it has waited for it.
    func takeCalls(_ session: Session, isItsTurn: Bool = false) {
        defer { countIncoming(session) }
        if session.credential != nil { return }
        if let holder = session.fdHolder { return takeRequests(session, holder, isItsTurn: isItsTurn) }
        guard !session.isTurnDue, session.connection.hasInput else { return }
        let uid = session.identity.uid
        var start = SystemClock.bootTimeUSec()
        do {
            repeat {
                guard !session.isClosed, phase == .serving,
                    session.takesCalls(unreadLimit: core.turns.unreadLimit(uid))
                else { return }
                noteTurn()
                guard core.turns.mayTake(uid, isItsTurn: isItsTurn, at: start) else { return wait(session) }
                // What a timer has ended meanwhile does not count for this call any more: after a stop in the middle of a
                // turn (SIGSTOP, a machine that slept) timers come first, as at its beginning.
                guard isItsTurn || !loop.isTimerDue(at: BootTime(microseconds: start)) else { return wait(session) }
                guard var call = try session.connection.nextCall() else { return }
                let passed = call.descriptors.isEmpty ? [] : call.takeDescriptors()
                let price = CallPrice.of(call.method)
                core.turns.charge(price, uid)
                handle(call, passed, session)
                let now = SystemClock.bootTimeUSec()
                // What is done of it later counts for this turn as well: many tasks would begin in it otherwise.
                core.turns.took(max(1, now - start, price), calls: 1, uid)
                let isPaid = call.method == BrokerInterface.Open.method ? session.isAsking : session.isPaid
                session.isPaid = false
                if !isPaid { core.turns.charge(now - start - price, uid) }
                if call.method == BrokerInterface.Open.method { session.asked = nil }
                start = now
            } while session.connection.hasInput
        } catch {
            core.turns.took(max(1, SystemClock.bootTimeUSec() - start), calls: 1, uid)
            endAfterBadMessage(error, session)
        }
    }

    /// Has a connection wait for the next turn of its uid. It is not read from until then.
    func wait(_ session: Session) {
        session.isTurnDue = true
        core.turns.wait(session, of: session.identity.uid)
    }

    func turnHasCome(_ session: Session) {
        session.isTurnDue = false
        session.isReadTold = false
        guard !session.isClosed else { return }
        takeCalls(session, isItsTurn: true)
        if session.isReadDue, session.wantsInput(unreadLimit: core.turns.unreadLimit(session.identity.uid)) {
            session.isReadDue = false
            readInTurn(session, at: SystemClock.bootTimeUSec())
            if !session.isClosed { takeCalls(session, isItsTurn: true) }
        }
        pumpSoon(session)
    }

    /// To be called whenever something is taken up: at the end of this turn of the loop all begin anew.
    func noteTurn() {
        guard !isTurnNoted else { return }
        isTurnNoted = true
        loop.afterTurn { [weak self] in self?.assumeIsolated { $0.turnEnded() } }
    }

    private func turnEnded() {
        isTurnNoted = false
        guard let pause = core.turns.turnEnded() else { return }
        // What others have sent meanwhile comes first.
        guard pause > 0 else { return loop.afterTurn { [weak self] in self?.assumeIsolated { $0.serveTurns() } } }
        guard !isRoundTimed else { return }
        isRoundTimed = true
        _ = loop.timer(after: .microseconds(pause)) { [weak self] in
            self?.assumeIsolated { broker in
                broker.isRoundTimed = false
                broker.serveTurns()
            }
        }
    }

    private func serveTurns() {
        noteTurn()
        while let taker = core.turns.next() { taker.turnHasCome() }
    }

    /// Waits for the turn of the connection's uid, before a large answer is made of what others found. It is the whole turn.
    func waitForTurn(_ session: Session) async {
        let uid = session.identity.uid
        noteTurn()
        if core.turns.mayTake(uid) { return core.turns.took(Turns.usecPerTurn, calls: 1, uid) }
        await withCheckedContinuation { core.turns.wait(TurnOfTask($0, session, core.turns), of: uid) }
    }

    /// Does a piece of work for a connection in the turn of its uid, and charges what it took.
    func inTurn<Result>(of session: Session, _ body: () -> Result) async -> Result {
        await timedTurn(of: session, body).result
    }

    /// The same for one piece of a walk, which learns from it how many names the next may have.
    /// - Returns: nil where the session has ended meanwhile: all its turns come at once then.
    func inTurn<Result>(
        of session: Session, _ walk: inout NameWalk, _ body: (inout NameWalk) -> Result
    ) async -> Result? {
        let (result, took) = await timedTurn(of: session) { session.isClosed ? nil : body(&walk) }
        walk.took(took)
        return result
    }

    private func timedTurn<Result>(
        of session: Session, _ body: () -> Result
    ) async -> (result: Result, usec: Int64) {
        let uid = session.identity.uid
        noteTurn()
        let isItsTurn = core.turns.mayTake(uid)
        if !isItsTurn {
            await withCheckedContinuation { core.turns.wait(TurnOfTask($0, session, core.turns), of: uid) }
        }
        let start = SystemClock.bootTimeUSec()
        let result = body()
        let took = max(1, SystemClock.bootTimeUSec() - start)
        core.turns.charge(took, uid)
        // Who has waited has got a whole turn.
        if isItsTurn { core.turns.took(took, calls: 1, uid) }
        return (result, took)
    }

    // MARK: The daemon's log

    /// Writes a line that a client has caused, unless its uid has caused too many.
    func say(_ level: Logger.Level, _ message: Logger.Message, metadata: Logger.Metadata = [:], of uid: UInt32?) {
        guard log.logLevel <= level, logPace.admit(uid) else { return }
        log.log(level: level, message, metadata: metadata)
    }

    /// Says how much was not written.
    func saySuppressed() {
        for (uid, count) in logPace.suppressed(bootUSec: SystemClock.bootTimeUSec()) {
            log.notice("\(count) messages \(uid.map { "of uid \($0) " } ?? "")suppressed")
        }
    }
}

/// A task that goes on when it is its uid's turn.
private final class TurnOfTask: TurnTaker {
    private let continuation: CheckedContinuation<Void, Never>
    private let session: Session
    private let turns: Turns

    init(_ continuation: CheckedContinuation<Void, Never>, _ session: Session, _ turns: Turns) {
        self.continuation = continuation
        self.session = session
        self.turns = turns
    }

    func turnHasCome() {
        // Nothing is made for one that has gone.
        if !session.isClosed { turns.took(Turns.usecPerTurn, calls: 1, session.identity.uid) }
        continuation.resume()
    }
}
