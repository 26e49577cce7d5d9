// SPDX-License-Identifier: Apache-2.0

import VaultCore

/// A call that waits for the turn of its uid.
private final class WaitingCall: TurnTaker {
    private let goOn: () -> Void
    init(_ goOn: @escaping () -> Void) { self.goOn = goOn }
    func turnHasCome() { goOn() }
}

/// Calls are taken up in turns, as the shell does it; in every fourth life one of the users asks for more than its share.
extension World {
    /// Each of its calls takes a whole turn, and a few of them all of its budget.
    static let hostile: UInt32 = 1_002
    private static let nextRound = "those who wait have their turns"

    /// Takes up a call of a connection now, or when it is its uid's turn, unless the connection is gone by then.
    func takeUp(_ session: Session, _ body: @escaping () -> Void) {
        guard let core, let uid = session.caller?.identity.uid else { return }
        noteTurn()
        guard core.turns.mayTake(uid) else {
            say("  it waits for the turn of its uid")
            session.waitingCalls += 1
            let call = WaitingCall { [self, weak session] in
                guard let session, !session.isClosed else { return }
                session.waitingCalls -= 1
                guard administration.isServing else { return }
                say("a call of connection \(session.number) has its turn")
                pay(uid)
                body()
            }
            return core.turns.wait(call, of: uid)
        }
        pay(uid)
        body()
    }

    private func pay(_ uid: UInt32) {
        let isDear = uid == Self.hostile && livesEnded % 4 == 3
        core?.turns.took(isDear ? Turns.usecPerTurn : 1, calls: isDear ? 1 : 0, uid)
        core?.turns.charge(isDear ? 20_000 : 0, uid)
    }

    private func noteTurn() {
        afterTurn.append { [self] in
            guard let pause = core?.turns.turnEnded(), !events.contains(where: { $0.label == Self.nextRound }) else {
                return
            }
            later(Self.nextRound) { [self] in
                advance(pause)
                noteTurn()
                while let call = core?.turns.next() { call.turnHasCome() }
            }
        }
    }
}
