// SPDX-License-Identifier: Apache-2.0

import Records
import Testing
import VaultModel

@testable import VaultCore

@Suite("Grants that are followed until they end")
struct LeasesTests {
    private static let second: Int64 = 1_000_000
    private static let leased = Stage.permit("r", Conditions(leaseUSec: second, maxLeaseUSec: 3 * second))
    private static let one = Stage.permit("r", Conditions(outstanding: Limit(inAll: 1)))

    private func granted(_ stage: Stage, _ caller: TestCaller) -> OpenCall {
        let answer = stage.open(caller)
        stage.commitAll()
        return answer.call
    }

    /// Grants and sends one.
    private func sent(_ stage: Stage, _ caller: TestCaller) -> String {
        let call = granted(stage, caller)
        stage.core.passed(call.number, caller.caller, failure: nil)
        return call.items[0].lease?.id ?? ""
    }

    private func stored(_ stage: Stage) -> [StoredLease] {
        var leases: [StoredLease] = []
        for change in stage.changes {
            switch change {
            case .leaseStarted(let lease):
                leases.removeAll { $0.id == lease.id }
                leases.append(lease)
            case .leaseEnded(let id): leases.removeAll { $0.id == id }
            default: break
            }
        }
        return leases
    }

    @Test("a lease begins with its record, its holder is watched, and its time ends it with a record")
    func time() {
        let stage = Stage(rules: [Self.leased])
        let caller = TestCaller()
        let id = sent(stage, caller)
        #expect(stored(stage).map(\.id) == [id])
        #expect(stage.watched.count == 1)
        stage.pass(Self.second)
        stage.fire()
        stage.commitAll()
        #expect(stage.texts("lease.expire")[0].contains("\"why\":\"time\""))
        #expect(stored(stage).isEmpty)
        #expect(stage.core.leases.count == 0)
        #expect(stage.watched.isEmpty)
    }

    @Test("one that has expired is not sent, though its timer is late")
    func lateTimer() {
        let stage = Stage(rules: [Self.leased])
        let caller = TestCaller()
        let call = granted(stage, caller)
        stage.pass(Self.second)
        #expect(stage.core.verdict(call.number, caller.caller) == .refuse(.denied(name: "a", record: nil)))
        stage.commitAll()
        #expect(stored(stage).isEmpty)
        #expect(stage.texts("delivery")[0].contains("\"reason\":\"expired\""))
    }

    @Test("the end of the holder ends all its leases")
    func exit() throws {
        let stage = Stage(rules: [Self.leased])
        let caller = TestCaller()
        _ = sent(stage, caller)
        _ = sent(stage, caller)
        stage.core.exited(try #require(caller.key))
        stage.commitAll()
        #expect(stage.texts("holder.exit").count == 2)
        #expect(stored(stage).isEmpty)
    }

    @Test("a revocation ends the leases of its rule, a removal those of its capability")
    func revoked() {
        let stage = Stage(rules: [Self.leased])
        _ = sent(stage, TestCaller())
        stage.adopt([])
        stage.commitAll()
        #expect(stage.texts("lease.expire")[0].contains("\"why\":\"revoked\""))
        stage.adopt([Self.leased])
        _ = sent(stage, TestCaller())
        stage.adopt([Self.leased], [])
        stage.commitAll()
        #expect(stage.texts("lease.expire")[1].contains("\"why\":\"removed\""))
    }

    @Test("what is out counts until it ends")
    func outstanding() {
        let stage = Stage(rules: [Self.one])
        let caller = TestCaller()
        let id = sent(stage, caller)
        #expect(stage.open(caller).calls.isEmpty)
        stage.commitAll()
        var refusals: [Refusal?] = []
        stage.core.release(id, caller.caller) { refusals.append($0) }
        stage.commitAll()
        #expect(refusals == [nil])
        #expect(granted(stage, caller).stage == .queued)
    }

    @Test("the lease of a grant that is not sent ends before anything else is granted")
    func withdrawn() {
        let stage = Stage(rules: [Self.one])
        let caller = TestCaller()
        let call = granted(stage, caller)
        stage.core.passed(call.number, caller.caller, failure: "EPIPE")
        let next = stage.open(TestCaller(pid: 8))
        stage.commitAll()
        #expect(next.calls.count == 1)
        #expect(stage.types == ["grant", "delivery", "grant"])
    }

    @Test("the lease of a grant that was not sent while the log could not be written ends when the log is back")
    func withdrawnWithoutLog() {
        let stage = Stage(rules: [Self.one])
        let caller = TestCaller()
        let call = granted(stage, caller)
        stage.core.journal.append(.clockStep(newestUSec: 0))
        stage.endTurn()
        stage.failCommit()
        stage.core.passed(call.number, caller.caller, failure: "EPIPE")
        stage.reopen(Stage.restored(size: 1, undelivered: [0], leases: stored(stage)))
        #expect(stage.core.counters.outstanding(rule: "r", principal: nil) == 0)
        stage.commitAll()
        #expect(stored(stage).isEmpty)
        #expect(stage.types == ["grant", "delivery"])
    }

    @Test("so does that of a grant that was voided and turns out to be stored")
    func storedAfterAll() {
        let stage = Stage(rules: [Self.one])
        stage.open(TestCaller())
        stage.endTurn()
        let batch = stage.batch
        stage.failCommit()
        var leases: [StoredLease] = []
        for case .leaseStarted(let lease) in batch?.changes ?? [] { leases.append(lease) }
        #expect(leases.count == 1)
        stage.reopen(
            Stage.restored(size: 1, undelivered: [0], unacknowledged: 0..<1, leases: leases))
        stage.commitAll()
        #expect(stage.texts("delivery")[0].contains("\"reason\":\"commit-unknown\""))
        #expect(stage.changes.contains(.leaseEnded(id: leases[0].id)))
        #expect(stage.open(TestCaller()).refusals.isEmpty)
    }

    // MARK: Renew and release

    @Test("a renewal holds when it is durable, and no further than max-lease")
    func renew() {
        let stage = Stage(rules: [Self.leased])
        let caller = TestCaller()
        let start = stage.moment.bootUSec
        let id = sent(stage, caller)
        var ends: [Int64?] = []
        func renew() {
            stage.core.renew(id, caller.caller) { result in ends.append((try? result.get())?.expires?.bootUSec) }
        }
        stage.pass(Self.second / 2)
        renew()
        #expect(stage.core.leases[id]?.expires?.bootUSec == start + Self.second, "not before its record is durable")
        stage.commitAll()
        stage.pass(Self.second * 9 / 10)
        renew()
        stage.commitAll()
        stage.pass(Self.second * 9 / 10)
        renew()
        stage.commitAll()
        #expect(ends == [start + Self.second * 3 / 2, start + Self.second * 12 / 5, start + 3 * Self.second])
        renew()
        #expect(ends.last == .some(nil), "it is as long as it can be")
    }

    @Test("one that has expired is not renewed, though its timer is late")
    func renewedLate() {
        let stage = Stage(rules: [Self.leased])
        let caller = TestCaller()
        let id = sent(stage, caller)
        stage.pass(Self.second)
        var refusals: [Refusal] = []
        stage.core.renew(id, caller.caller) { if case .failure(let refusal) = $0 { refusals.append(refusal) } }
        #expect(refusals == [.notHeld(lease: id)])
    }

    @Test("only the process that got a lease renews and releases it")
    func notHeld() {
        let stage = Stage(rules: [Self.leased])
        let id = sent(stage, TestCaller())
        let other = TestCaller(pid: 8)
        var refusals: [Refusal?] = []
        stage.core.release(id, other.caller) { refusals.append($0) }
        stage.core.renew(id, other.caller) { if case .failure(let refusal) = $0 { refusals.append(refusal) } }
        #expect(refusals == [.notHeld(lease: id), .notHeld(lease: id)])
    }

    @Test("a renewal that is not permitted any more is denied, and one whose commit fails does not hold")
    func renewRefused() {
        let stage = Stage(rules: [Self.leased])
        let caller = TestCaller()
        let id = sent(stage, caller)
        stage.adopt([Self.leased, Stage.forbid("f")])
        var refusals: [Refusal] = []
        func renew() {
            stage.core.renew(id, caller.caller) { if case .failure(let refusal) = $0 { refusals.append(refusal) } }
        }
        renew()
        stage.commitAll()
        guard case .denied = refusals.last else {
            Issue.record("\(refusals)")
            return
        }
        stage.adopt([Self.leased])
        stage.pass(1_000)
        renew()
        stage.endTurn()
        let stored = stored(stage)
        stage.failCommit()
        #expect(refusals.last == .auditUnavailable(message: "the disk failed"))
        stage.reopen(Stage.restored(size: 1, leases: stored))
        #expect(stage.core.leases[id]?.expires?.bootUSec == stored[0].expiresBootUSec)
    }

    // MARK: Limits and starts

    @Test("so many leases and holders, for each user and in all")
    func limits() {
        let stage = Stage(
            rules: [Self.leased], limits: LeaseLimits(leasesPerUser: 3, holders: 3, holdersPerUser: 2))
        #expect(stage.open(TestCaller(pid: 1)).refusals.isEmpty)
        #expect(stage.open(TestCaller(pid: 2)).refusals.isEmpty)
        #expect(stage.open(TestCaller(pid: 3)).refusals == [.quotaExceeded(limit: "holders")])
        #expect(stage.open(TestCaller(pid: 2), ["a", "a"]).refusals == [.quotaExceeded(limit: "leases-per-uid")])
        #expect(stage.open(TestCaller(uid: 2, pid: 4)).refusals.isEmpty)
        #expect(stage.open(TestCaller(uid: 3, pid: 5)).refusals == [.quotaExceeded(limit: "holders")])
        stage.canWatch = false
        #expect(stage.core.leases.count == 3)
    }

    @Test("who cannot be watched gets nothing that has to be followed")
    func unwatched() {
        let stage = Stage(rules: [Self.leased])
        stage.canWatch = false
        #expect(stage.open(TestCaller()).refusals == [.busy])
        #expect(stage.core.counters.outstanding(rule: "r", principal: nil) == 0)
    }

    @Test("a start takes up what has not ended, and records what has")
    func takenUp() throws {
        let first = Stage(rules: [Self.leased])
        let ids = (1...4).map { sent(first, TestCaller(pid: $0)) }
        var leases = stored(first)
        leases[1].expiresBootUSec = 1
        leases[2].bootID = "another"
        let second = Stage(rules: [Self.leased], restored: Stage.restored(size: 8, leases: leases))
        second.ended = [try #require(TestCaller(pid: 4).key)]
        second.core.leases.takeUp(leases)
        second.core.leases.recordWhatIsOver()
        second.commitAll()
        #expect(second.core.leases.those { _ in true }.map(\.id) == [ids[0]])
        #expect(second.core.counters.outstanding(rule: "r", principal: nil) == 1)
        #expect(second.texts("lease.expire").count == 2)
        #expect(second.texts("holder.exit")[0].contains("\"why\":\"gone\""))
        second.pass(Self.second)
        second.fire()
        #expect(second.core.leases.count == 0, "its time still runs")
    }
}
