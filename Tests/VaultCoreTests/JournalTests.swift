// SPDX-License-Identifier: Apache-2.0

import Records
import Testing
import VaultModel

@testable import VaultCore

@Suite("The log as the broker sees it")
struct JournalTests {
    private let stage = Stage()
    private var journal: Journal { stage.core.journal }

    private func append(_ heard: @escaping (Journal.Outcome) -> Void = { _ in }) -> UInt64 {
        journal.append(.clockStep(newestUSec: 0), waiter: .then(heard))
    }

    @Test("what is appended in one turn is committed together, and nobody hears of it before it is durable")
    func groupCommit() {
        var heard = 0
        #expect(append { _ in heard += 1 } == 0)
        #expect(append { _ in heard += 1 } == 1)
        #expect(stage.batch == nil)
        stage.endTurn()
        #expect(stage.batch?.leaves.count == 2)
        #expect(heard == 0)
        stage.commit()
        #expect(heard == 2)
        #expect(journal.committed == 2)
    }

    @Test("what comes while the disk is at work goes with the next batch, which is sent before the answers")
    func pipelining() {
        var order: [String] = []
        _ = append { _ in order.append("first, with the next at the disk: \(self.stage.batch != nil)") }
        stage.endTurn()
        _ = append { _ in order.append("second") }
        _ = append()
        stage.endTurn()
        #expect(stage.batch?.leaves.count == 1)
        stage.commit()
        #expect(order == ["first, with the next at the disk: true"])
        #expect(stage.batch?.firstIndex == 1)
        #expect(stage.batch?.leaves.count == 2)
        stage.commit()
        #expect(order.count == 2)
    }

    @Test(
        "a failed commit voids its batch and the one behind it, in order, and nothing is recorded until the log is back"
    )
    func failure() {
        var heard: [String] = []
        _ = append { heard.append("first \($0)") }
        stage.endTurn()
        _ = append { heard.append("second \($0)") }
        stage.failCommit()
        #expect(heard == ["first voided", "second voided"])
        #expect(!journal.isWorking)
        #expect(journal.failure == "the disk failed")
        stage.reopen(Stage.restored(size: 1))
        #expect(journal.isWorking)
        #expect(journal.nextIndex == 1, "the index of a record that is not there is given again")
        #expect(journal.opened == 1)
    }

    @Test("what is durable is answered as such, though the next commit fails before the answers were made")
    func answeredBeforeFailure() {
        var heard: [Journal.Outcome] = []
        _ = append { heard.append($0) }
        stage.endTurn()
        _ = append { heard.append($0) }
        stage.commitReturns()
        #expect(heard.isEmpty)
        stage.core.commitFailed(LedgerError(.full, "full", remedy: "make room"))
        #expect(heard == [.committed, .voided])
    }

    @Test("a revocation, the start and the stop may take the space that is kept aside; nothing else does")
    func essential() {
        _ = append()
        stage.endTurn()
        #expect(stage.batch?.isEssential == false)
        journal.append(.stop(records: 1))
        stage.commit()
        #expect(stage.batch?.isEssential == true)
        stage.commit()
        journal.append(.revoke(Record.Revision(policy: PolicyStamp(revision: 1, sha256: "")), rules: []))
        stage.endTurn()
        #expect(stage.batch?.isEssential == true)
    }

    @Test(
        "the record that a run begins with is appended, before all others, whenever the log is back, until it is durable"
    )
    func beginning() {
        var heard: [Journal.Outcome] = []
        journal.begin(.start(version: "1", undelivered: 0, origin: "o"), at: stage.moment) { heard.append($0) }
        stage.endTurn()
        #expect(stage.batch?.isEssential == true, "also where nothing else has room")
        stage.failCommit()
        stage.reopen(Stage.restored())
        _ = append()
        stage.endTurn()
        stage.failCommit()
        stage.reopen(Stage.restored())
        _ = append()
        stage.commitAll()
        #expect(stage.types == ["start", "clock.step"])
        stage.reopen(Stage.restored(size: 2))
        _ = append()
        stage.commitAll()
        #expect(stage.types == ["start", "clock.step", "clock.step"], "and then no more")
        #expect(heard == [.voided])
    }

    @Test("what rides goes with the next batch, and causes none")
    func riders() {
        journal.ride(.countersCleared(rule: "gone"))
        stage.endTurn()
        #expect(stage.batch == nil)
        _ = append()
        stage.endTurn()
        #expect(stage.batch?.changes == [.countersCleared(rule: "gone")])
    }

    @Test("outcomes ride with the next batch; without one they are committed by themselves after 100 ms")
    func outcomes() {
        journal.granted(0)
        journal.sent(0)
        stage.endTurn()
        #expect(stage.batch == nil)
        stage.pass(99_999)
        stage.fire()
        #expect(stage.batch == nil)
        stage.pass(1)
        stage.fire()
        stage.commitAll()
        #expect(stage.types == ["delivery"])
        #expect(stage.changes == [.deliveredUpTo(1)])
        journal.granted(1)
        journal.notSent(1, errno: "EPIPE")
        _ = append()
        stage.commitAll()
        #expect(stage.types == ["delivery", "clock.step", "delivery"])
        #expect(!journal.owesOutcomes)
    }

    @Test("outcomes that a voided batch told are told again, and once only where it was stored after all")
    func toldAgain() {
        let first = append()
        journal.granted(first)
        stage.commitAll()
        journal.sent(first)
        _ = append()
        stage.endTurn()
        stage.failCommit()
        stage.reopen(Stage.restored(size: 1, undelivered: [first]))
        #expect(journal.owesOutcomes)
        stage.pass(100_000)
        stage.fire()
        stage.endTurn()
        stage.failCommit()
        stage.reopen(Stage.restored(size: 2, undelivered: []))
        #expect(!journal.owesOutcomes, "the record that told it is there")
    }

    @Test("a clock that is set back is recorded once, and trusted again when it has caught up")
    func clock() {
        _ = append()
        stage.moment.wallUSec -= 999_999
        #expect(journal.isTrusted(stage.moment), "time daemons correct by less than a second")
        #expect(!journal.noteClock(stage.moment))
        stage.moment.wallUSec -= 10
        #expect(!journal.isTrusted(stage.moment))
        #expect(journal.noteClock(stage.moment))
        #expect(!journal.noteClock(stage.moment))
        stage.moment.wallUSec += 20
        #expect(!journal.noteClock(stage.moment), "that it is right again is no record")
        stage.moment.wallUSec -= 60_000_000
        #expect(journal.noteClock(stage.moment), "and the next time is one")
        journal.acceptClock(stage.moment.wallUSec)
        #expect(journal.isTrusted(stage.moment))
    }

    @Test("a clock that is accepted is held against what was recorded while the acceptance was at the disk")
    func acceptedLate() {
        _ = append()
        stage.moment.wallUSec -= 60_000_000
        let accepted = stage.moment.wallUSec
        let acceptance = Record.clockAccept(
            peer: PeerText(uid: 0, pid: 1, pidfdInode: nil), reason: nil, newestUSec: 0, acceptedUSec: accepted)
        journal.append(acceptance, waiter: .then { _ in self.journal.acceptClock(accepted) })
        stage.pass(3_000_000)
        _ = append()
        stage.commitAll()
        #expect(stage.changes.last == .clockAccepted(usec: stage.moment.wallUSec))
        #expect(journal.isTrusted(stage.moment))
        stage.moment.wallUSec -= 3_000_000
        #expect(!journal.isTrusted(stage.moment), "a record has a later time")
    }

    @Test("what is stored is the newest time of a batch, whichever record has it")
    func newestOfBatch() {
        let newest = stage.moment.wallUSec
        _ = append()
        stage.moment.wallUSec -= 60_000_000
        _ = append()
        stage.endTurn()
        #expect(stage.batch?.lastTimeUSec == newest)
    }

    @Test("a database that is not the log gets no record, and says what to do")
    func distrust() {
        let finding = LogFinding.rolledBack(size: 1, signed: 3)
        journal.distrust(finding)
        #expect(!journal.isWorking)
        #expect(journal.finding != nil)
        #expect(journal.damage?.remedy == finding.remedy)
        journal.add(.countersCleared(rule: "r"))
        stage.endTurn()
        #expect(stage.batch == nil)
    }

    @Test("grants of the run before are told as unknown with the first batch")
    func unknown() {
        let stage = Stage(restored: Stage.restored(size: 9, undelivered: [4, 7]))
        stage.core.journal.append(.clockStep(newestUSec: 0))
        stage.commitAll()
        #expect(stage.texts("delivery").first?.contains("\"unknown\":[4,7]") == true)
        #expect(stage.changes == [.deliveredUpTo(11)])
    }
}
