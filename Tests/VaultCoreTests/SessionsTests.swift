// SPDX-License-Identifier: Apache-2.0

import Records
import Testing
import VaultModel

@testable import VaultCore

@Suite("Connections: who has a place, and for how long")
struct SessionsTests {
    private static func limits(_ set: (inout SessionLimits) -> Void) -> SessionLimits {
        var limits = SessionLimits()
        set(&limits)
        return limits
    }

    @Test("a stop is final: whoever was about to suspend or to serve comes too late")
    func stopIsFinal() {
        let stage = Stage()
        #expect(stage.core.sessions.suspend() && !stage.core.sessions.suspend())
        #expect(stage.core.sessions.serve() && !stage.core.sessions.serve())
        #expect(stage.core.sessions.leave())
        #expect(!stage.core.sessions.suspend() && !stage.core.sessions.serve())
        #expect(stage.core.sessions.phase == .leaving)
    }

    @Test("a user has so many places, and no more; one beyond is refused, and recorded")
    func places() {
        let stage = Stage(sessionLimits: Self.limits { $0.connectionsPerUser = 2 })
        let callers = (0..<3).map { _ in TestCaller(uid: 1_000) }
        #expect(callers.map(stage.begin) == [true, true, false])
        #expect(stage.begin(TestCaller(uid: 1_001)))
        stage.commitAll()
        #expect(stage.texts("identity.refused")[0].contains("the limit of connections is reached"))
        stage.core.closed(callers[0].caller)
        #expect(stage.begin(TestCaller(uid: 1_000)))
    }

    @Test("when all places are taken, the longest idle one of the user with most goes")
    func displacing() {
        let stage = Stage(
            sessionLimits: Self.limits {
                $0.connections = 3
                $0.connectionsForAdmin = 0
            })
        let (busy, idle, other) = (TestCaller(uid: 1_000), TestCaller(uid: 1_000), TestCaller(uid: 1_001))
        busy.isIdle = false
        for caller in [busy, idle, other] {
            stage.begin(caller)
            stage.pass(1_000)
        }
        #expect(stage.begin(TestCaller(uid: 1_002)))
        #expect(idle.ended == [nil])
        #expect(busy.ended.isEmpty && other.ended.isEmpty)
        #expect(stage.core.sessions.count == 3)
        other.isIdle = false
        #expect(!stage.begin(TestCaller(uid: 1_003)), "nobody is idle")
    }

    @Test("some places are for who may administer")
    func placesOfAdministrators() {
        let admin = Rule(
            id: "admin", effect: .permit, actions: ActionSet(.admin), capabilities: [], to: SelectorSet(uids: [5]),
            origin: .granted)
        let stage = Stage(
            rules: [admin],
            sessionLimits: Self.limits {
                $0.connections = 4
                $0.connectionsForAdmin = 2
            })
        let callers = (0..<3).map { TestCaller(uid: 1_000 + UInt32($0)) }
        for caller in callers { caller.isIdle = false }
        #expect(callers.map(stage.begin) == [true, true, false])
        #expect(stage.begin(TestCaller(uid: 5)))
    }

    @Test("who says nothing, or half a message, is ended when its time is over")
    func overdue() {
        let stage = Stage(
            sessionLimits: Self.limits {
                $0.idleUSec = 1_000_000
                $0.halfMessageUSec = 2_000_000
            })
        let (silent, half, waiting) = (TestCaller(pid: 1), TestCaller(pid: 2), TestCaller(pid: 3))
        half.halfMessageSinceUSec = stage.moment.bootUSec
        half.isIdle = false
        waiting.isIdle = false
        for caller in [silent, half, waiting] { stage.begin(caller) }
        stage.pass(900_000)
        stage.core.sessions.received(silent.caller, at: stage.moment.bootUSec)
        stage.pass(900_000)
        _ = stage.core.sweep()
        #expect(silent.ended.isEmpty, "something came in")
        stage.pass(300_000)
        _ = stage.core.sweep()
        #expect(silent.ended == [nil])
        #expect(half.ended == [nil])
        #expect(waiting.ended.isEmpty, "it is owed something")
        stage.commitAll()
        #expect(stage.texts("identity.refused")[0].contains("a message stayed half sent"))
    }

    @Test("a stop takes nobody in, lets go who is owed nothing, and closes when nobody is left and the disk rests")
    func leaving() {
        let stage = Stage()
        let (idle, busy) = (TestCaller(pid: 1), TestCaller(pid: 2))
        busy.isIdle = false
        stage.begin(idle)
        stage.open(busy)
        stage.endTurn()
        #expect(stage.core.sessions.leave())
        #expect(!stage.core.sessions.leave())
        #expect(idle.ended == [nil])
        #expect(busy.takesNoMore && busy.ended.isEmpty)
        #expect(!stage.begin(TestCaller(pid: 3)))
        #expect(!stage.core.sessions.closeIfLeft())
        stage.core.closed(busy.caller)
        #expect(!stage.core.sessions.closeIfLeft(), "a commit is under way")
        stage.commitAll()
        #expect(stage.core.sessions.closeIfLeft())
        #expect(!stage.core.sessions.closeIfLeft(), "once")
        #expect(stage.core.sessions.isOver)
    }

    @Test("a stop waits for those who are being looked at, until their time is over")
    func leavingArrivals() {
        let stage = Stage()
        let sessions = stage.core.sessions
        #expect(sessions.arrives(1_000) && sessions.arrives(1_001) && sessions.hasArrivals)
        #expect(sessions.leave())
        #expect(!sessions.closeIfLeft())
        sessions.turnsAway(1_000)
        #expect(!sessions.closeIfLeft(), "one is left")
        #expect(!stage.begin(TestCaller(uid: 1_001)))
        #expect(!sessions.hasArrivals && sessions.closeIfLeft())

        let late = Stage().core.sessions
        #expect(late.arrives(1_000) && late.leave() && !late.closeIfLeft())
        late.endAll()
        #expect(late.closeIfLeft())
    }

    @Test("who can wait leaves a quarter of the places of its uid")
    func room() {
        var limits = SessionLimits()
        limits.connectionsPerUser = 4
        let stage = Stage(sessionLimits: limits)
        let sessions = stage.core.sessions
        #expect(sessions.arrives(0) && sessions.arrives(0))
        #expect(stage.begin(TestCaller(uid: 0)))
        #expect(sessions.hasRoom(for: 0))
        #expect(sessions.arrives(0))
        #expect(!sessions.hasRoom(for: 0) && sessions.hasRoom(for: 1_000))
        #expect(sessions.arrives(0), "the quarter")
        sessions.turnsAway(0)
        sessions.turnsAway(0)
        #expect(sessions.hasRoom(for: 0))
    }
}
