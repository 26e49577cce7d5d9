// SPDX-License-Identifier: Apache-2.0

import Testing
import VaultModel

@testable import VaultCore

@Suite("Whose calls are taken up")
struct TurnsTests {
    private final class Taker: TurnTaker {
        let name: String
        var turns = 0
        init(_ name: String) { self.name = name }
        func turnHasCome() { turns += 1 }
    }

    @Test("a uid gets a millisecond or 64 calls in one turn of the loop, and others get theirs")
    func turn() {
        let stage = Stage()
        let turns = stage.core.turns
        for _ in 0..<Turns.callsPerTurn {
            #expect(turns.mayTake(1))
            turns.took(1, calls: 1, 1)
        }
        #expect(!turns.mayTake(1) && turns.mayTake(2))
        turns.took(Turns.usecPerTurn, calls: 1, 2)
        #expect(!turns.mayTake(2))
        #expect(turns.turnEnded() == nil, "nobody waits")
        #expect(turns.mayTake(1) && turns.mayTake(2))
    }

    @Test("who waits has its turn before another connection of its uid, and the uids one after the other")
    func order() {
        let stage = Stage()
        let turns = stage.core.turns
        let takers = ["1a", "1b", "2a"].map(Taker.init)
        turns.wait(takers[0], of: 1)
        turns.wait(takers[1], of: 1)
        turns.wait(takers[2], of: 2)
        #expect(!turns.mayTake(1), "others of its uid have waited for longer")
        #expect(turns.mayTake(1, isItsTurn: true) && turns.mayTake(3))
        #expect(turns.turnEnded() == 0)
        var served: [String] = []
        while let next = turns.next() as? Taker { served.append(next.name) }
        #expect(served == ["1a", "2a", "1b"])
        #expect(turns.turnEnded() == nil)
    }

    @Test("who has had its turn in this turn of the loop waits for the next")
    func nextTurn() {
        let stage = Stage()
        let turns = stage.core.turns
        let taker = Taker("a")
        turns.took(Turns.usecPerTurn, calls: 1, 1)
        turns.wait(taker, of: 1)
        #expect(turns.next() == nil)
        #expect(turns.turnEnded() == 0)
        #expect(turns.next() === taker)
    }

    @Test("who is over its budget waits until there is something left of it, and nobody else does")
    func budget() {
        let stage = Stage()
        let turns = stage.core.turns
        let taker = Taker("a")
        turns.charge(WorkPace.atOnce + 20_000, 1)
        #expect(!turns.mayTake(1) && turns.mayTake(2))
        turns.wait(taker, of: 1)
        #expect(turns.turnEnded() == Turns.pauseUSec)
        #expect(turns.next() == nil)
        stage.pass(1_000_000)
        #expect(turns.next() === taker)
    }

    @Test("for whom many descriptors are still to come, no further call is taken up until some have")
    func awaited() {
        let stage = Stage()
        stage.opensLater = true
        let caller = TestCaller(uid: 1_000)
        stage.begin(caller)
        while stage.core.turns.mayTake(1_000), stage.asked.count < 2 * Turns.mostAwaited { stage.open(caller) }
        #expect(stage.asked.count == Turns.mostAwaited)
        #expect(stage.core.turns.mayTake(1_001))
        while !stage.asked.isEmpty { stage.answerNext() }
        #expect(stage.core.turns.mayTake(1_000))
        #expect(stage.core.grants.awaited(by: 1_000) == 0)
    }

    @Test("with too much unread by a uid, each connection gets its next reply when it has read the one before")
    func unread() {
        let stage = Stage()
        let turns = stage.core.turns
        let callers = (0..<9).map { _ in TestCaller(uid: 1_000) }
        for caller in callers {
            stage.begin(caller)
            #expect(turns.unreadLimit(1_000) > 0)
            turns.hasUnread(1 << 20, caller.caller)
        }
        #expect(turns.unreadLimit(1_000) == 0)
        #expect(turns.unreadLimit(1_001) > 0)
        turns.hasUnread(100, callers[0].caller)
        stage.core.closed(callers[1].caller)
        #expect(turns.unreadLimit(1_000) > 0)
        for caller in callers { stage.core.closed(caller.caller) }
        turns.hasUnread(Turns.mostUnreadBytes, TestCaller(uid: 1_000).caller)
        #expect(turns.unreadLimit(1_000) > 0, "what closed connections had not read is forgotten")
    }

    @Test("a connection has its place from the moment in which it is accepted")
    func arrivals() {
        var limits = SessionLimits()
        limits.connectionsPerUser = 2
        let stage = Stage(sessionLimits: limits)
        let sessions = stage.core.sessions
        #expect(sessions.arrives(1_000))
        #expect(stage.begin(TestCaller(uid: 1_000)), "the one that arrived")
        #expect(sessions.arrives(1_000))
        #expect(!sessions.arrives(1_000))
        #expect(sessions.arrives(1_001))
        sessions.turnsAway(1_000)
        #expect(sessions.arrives(1_000))
        #expect(sessions.recordsRefusal(1_000))
        sessions.refusedForWantOfPlace(.uid(1_000))
        stage.commitAll()
        #expect(stage.texts("identity.refused")[0].contains("the limit of connections is reached"))
    }
}
