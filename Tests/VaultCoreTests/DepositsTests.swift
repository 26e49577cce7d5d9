// SPDX-License-Identifier: Apache-2.0

import Records
import Testing
import VaultModel
import VaultPolicy

@testable import VaultCore

@Suite("What clients pass in")
struct DepositsTests {
    static let second: Int64 = 1_000_000

    /// What one call was answered.
    final class Heard {
        var deposited: [Result<[UInt64], Refusal>] = []
        var confirmed: [Refusal?] = []
        var removed: [Result<UInt64, Refusal>] = []

        var refusal: Refusal? {
            if case .failure(let refusal)? = deposited.last { refusal } else { nil }
        }
    }

    func put(
        _ stage: Stage, _ caller: TestCaller, _ names: [String] = ["d"], replaces: Bool = false, rights: Rights? = nil,
        lastsUSec: Int64? = nil
    ) -> Heard {
        if caller.stage == nil { stage.begin(caller) }
        let heard = Heard()
        let requests = names.map {
            DepositRequest(
                name: Stage.name($0), descriptor: TestDescriptor(), rights: rights, replaces: replaces,
                lastsUSec: lastsUSec)
        }
        stage.core.deposit(requests, caller.caller) { heard.deposited.append($0) }
        return heard
    }

    func held(_ stage: Stage, _ name: String = "d") -> CapabilityEntry? {
        stage.core.holdings[Stage.name(name)]
    }

    /// Takes a deposit, and sends it.
    func take(_ stage: Stage, _ caller: TestCaller, _ name: String = "d") -> TestAnswer {
        if caller.stage == nil { stage.begin(caller) }
        let answer = TestAnswer()
        stage.core.open(
            OpenRequest([.init(Stage.name(name), takes: true)]), reason: nil, caller.caller, answer)
        return answer
    }

    func send(_ stage: Stage, _ answer: TestAnswer, _ caller: TestCaller) -> String {
        let call = answer.call
        #expect(stage.core.verdict(call.number, caller.caller) == .send)
        stage.core.passed(call.number, caller.caller, failure: nil)
        return call.items[0].taking?.id ?? ""
    }

    func confirm(_ stage: Stage, _ id: String, _ caller: TestCaller) -> Heard {
        let heard = Heard()
        stage.core.confirm(id, caller.caller) { heard.confirmed.append($0) }
        return heard
    }

    /// What the ledger's table holds.
    func stored(_ stage: Stage) -> [StoredDeposit] {
        var deposits: [StoredDeposit] = []
        for change in stage.changes {
            switch change {
            case .depositAdded(let deposit): deposits.append(deposit)
            case .depositRemoved(let id): deposits.removeAll { $0.id == id }
            default: break
            }
        }
        return deposits
    }

    @Test("one is held when its record is durable, and not before")
    func recordedFirst() throws {
        let stage = Stage()
        let caller = TestCaller()
        let heard = put(stage, caller)
        #expect(held(stage) == nil && heard.deposited.isEmpty)
        stage.endTurn()
        #expect(held(stage) == nil && heard.deposited.isEmpty)
        stage.commitAll()
        #expect(try heard.deposited.map { try $0.get() } == [[0]])
        #expect(held(stage)?.deposit?.uid == 1_000)
        #expect(stage.keptDeposits == [held(stage)?.deposit?.id])
        #expect(stored(stage).map(\.name) == ["d"])
        let text = stage.texts("deposit")[0]
        #expect(text.contains(#""name":"d","kind":"deposit","rights":["read"],"delivery":"shared""#), "\(text)")
        #expect(granted(stage, TestCaller(uid: 2), ["d"]).items[0].acquired?.delivery == .shared)
    }

    @Test("one whose commit fails is not held, and its name is free again")
    func voided() {
        let stage = Stage()
        let heard = put(stage, TestCaller())
        stage.endTurn()
        stage.failCommit()
        guard case .auditUnavailable = heard.refusal else {
            Issue.record("\(heard.deposited)")
            return
        }
        #expect(held(stage) == nil)
        stage.reopen(Stage.restored())
        let again = put(stage, TestCaller())
        stage.commitAll()
        #expect(again.refusal == nil && held(stage) != nil)
    }

    @Test("a voided one that turns out to be stored is recorded as lost")
    func storedAfterAll() {
        let stage = Stage()
        _ = put(stage, TestCaller())
        stage.endTurn()
        guard let batch = stage.batch, case .depositAdded(let deposit)? = batch.changes.first else {
            Issue.record("no deposit is at the disk")
            return
        }
        stage.failCommit()
        var restored = Stage.restored(size: 1, unacknowledged: 0..<1)
        restored.deposits = [deposit]
        stage.reopen(restored)
        stage.commitAll()
        #expect(stage.texts("remove")[0].contains(#""why":"lost""#))
        #expect(stage.changes.contains(.depositRemoved(id: deposit.id)))
    }

    @Test("the name of a capability, and of another's deposit, is taken")
    func nameTaken() {
        let rules = [Stage.permit(), Stage.forbid("f", name: "kept")]
        let stage = Stage(rules: rules)
        #expect(put(stage, TestCaller(), ["a"], replaces: true).refusal == .nameTaken(name: "a"))
        _ = put(stage, TestCaller())
        // While it is being recorded the name is nobody's.
        #expect(put(stage, TestCaller()).refusal == .busy)
        stage.commitAll()
        #expect(put(stage, TestCaller()).refusal == .nameTaken(name: "d"))
        let first = held(stage)
        let again = put(stage, TestCaller(), replaces: true)
        stage.commitAll()
        #expect(again.refusal == nil && held(stage) !== first)
        #expect(stored(stage).count == 1)
        #expect(stage.texts("deposit")[1].contains("\"replaces\":\"\(first?.deposit?.id ?? "")\""))
    }

    @Test("all names of a call, or none")
    func allOrNothing() {
        let stage = Stage()
        #expect(put(stage, TestCaller(), ["d", "a"]).refusal == .nameTaken(name: "a"))
        stage.commitAll()
        #expect(held(stage) == nil && stage.texts("deposit").isEmpty)
        let both = put(stage, TestCaller(), ["d", "e"])
        stage.commitAll()
        #expect(both.refusal == nil && held(stage) != nil && held(stage, "e") != nil)
    }

    @Test("what a rule counts, and what one may have, is refused beyond, and free again behind a removal")
    func limits() {
        let counted = Stage.permit("r", Conditions(deposits: Limit(inAll: 2)))
        let stage = Stage(rules: [counted], depositLimits: DepositLimits(inAll: 100, perUser: 100))
        let caller = TestCaller()
        _ = put(stage, caller, ["d", "e"])
        stage.commitAll()
        let third = put(stage, caller, ["f"])
        stage.commitAll()
        guard case .denied(let name, _, let message, _) = third.refusal else {
            Issue.record("\(third.deposited)")
            return
        }
        #expect(name == "f" && message.contains("2 deposits"))
        // The one in whose place it comes counts too, until it has gone.
        remove(stage, "d", caller)
        let again = put(stage, caller, ["f"])
        stage.commitAll()
        #expect(again.refusal == nil)

        let small = Stage(depositLimits: DepositLimits(inAll: 100, perUser: 1))
        _ = put(small, caller.copy, ["d"])
        small.commitAll()
        #expect(put(small, caller.copy, ["e"]).refusal == .quotaExceeded(limit: "deposits-per-uid"))
        #expect(put(small, caller.copy, ["d"], replaces: true).refusal == nil)
    }

    func remove(_ stage: Stage, _ name: String, _ caller: TestCaller) {
        guard let entry = held(stage, name) else { return }
        let heard = Heard()
        stage.core.removeDeposit(entry, caller.caller) { heard.removed.append($0) }
        #expect(held(stage, name) != nil)
        stage.commitAll()
        #expect(heard.removed.count == 1 && held(stage, name) == nil)
    }

    @Test("what carries other rights than were said, and what a rule has to name, is refused")
    func judgement() {
        let stage = Stage()
        #expect(
            put(stage, TestCaller(), rights: .write).refusal
                == .invalidDescriptor(
                    name: "d",
                    message: "it carries the rights read, and is handed out as it is: ask for these, or for none"))
        stage.judged = .success(
            JudgedDeposit(holding: TestHolding(), type: "directory", rights: .read, flags: 0, needs: .directories))
        #expect(
            put(stage, TestCaller()).refusal
                == .invalidDescriptor(
                    name: "d", message: "it is a directory, and the rule 'r' does not say directories: yes"))
        stage.adopt([Stage.permit("r", Conditions(depositsToo: .directories))])
        #expect(put(stage, TestCaller()).refusal == nil)
        stage.judged = .failure(InvalidDeposit("no"))
        #expect(put(stage, TestCaller(), ["e"]).refusal == .invalidDescriptor(name: "e", message: "no"))
    }

    @Test("one whose time has come is out of reach, though its timer is late, and its record follows")
    func expiry() {
        let stage = Stage()
        _ = put(stage, TestCaller(), lastsUSec: Self.second)
        stage.commitAll()
        let waiting = granted(stage, TestCaller(), ["d"])
        stage.pass(Self.second)
        #expect(stage.core.verdict(waiting.number, waiting.caller) == .refuse(.notFound(name: "d")))
        #expect(stage.open(TestCaller(), ["d"]).refusals == [.notFound(name: "d")])
        stage.fire()
        stage.commitAll()
        #expect(held(stage) == nil && stored(stage).isEmpty)
        #expect(stage.texts("remove")[0].contains(#""why":"time""#))
    }

    @Test("the time of one that comes while the log cannot be written is recorded when it can")
    func expiryUnrecorded() {
        let stage = Stage()
        _ = put(stage, TestCaller(), lastsUSec: Self.second)
        stage.commitAll()
        var restored = Stage.restored(size: 1)
        restored.deposits = stored(stage)
        _ = stage.open(TestCaller())
        stage.endTurn()
        stage.failCommit()
        stage.pass(Self.second)
        stage.fire()
        #expect(held(stage) == nil)
        stage.reopen(restored)
        stage.commitAll()
        #expect(stage.texts("remove")[0].contains(#""why":"time""#))
    }

    @Test("a deposit that is taken is nobody else's until it is confirmed, and then it is gone")
    func take() {
        let stage = Stage()
        _ = put(stage, TestCaller())
        stage.commitAll()
        let (taker, other) = (TestCaller(uid: 2), TestCaller(uid: 3))
        let answer = take(stage, taker)
        // From the turn in which it is asked for.
        #expect(take(stage, other).refusals == [.busy])
        #expect(stage.open(other, ["d"]).refusals == [.busy])
        stage.commitAll()
        #expect(stage.texts("grant")[0].contains(#""take":true"#))
        // What was not sent cannot have arrived.
        let id = answer.call.items[0].taking?.id ?? ""
        #expect(confirm(stage, id, taker).confirmed == [.notHeld(lease: id)])
        #expect(send(stage, answer, taker) == id)
        #expect(stage.open(other, ["d"]).refusals == [.busy])
        #expect(confirm(stage, id, other).confirmed == [.notHeld(lease: id)])
        let heard = confirm(stage, id, taker)
        #expect(heard.confirmed.isEmpty && held(stage) != nil)
        #expect(confirm(stage, id, taker).confirmed == [.notHeld(lease: id)])
        stage.commitAll()
        #expect(heard.confirmed == [nil] && held(stage) == nil && stored(stage).isEmpty)
        #expect(stage.texts("take.confirm")[0].contains("\"grant\":1"))
        #expect(stage.keptDeposits.isEmpty)
    }

    @Test("what is not confirmed is there again", arguments: ["disconnect", "time", "unsent"])
    func notConfirmed(_ way: String) {
        let stage = Stage()
        _ = put(stage, TestCaller())
        stage.commitAll()
        let taker = TestCaller(uid: 2)
        let answer = take(stage, taker)
        stage.commitAll()
        if way != "unsent" { _ = send(stage, answer, taker) }
        switch way {
        case "time":
            stage.pass(Deposits.confirmUSec)
            stage.fire()
        default: stage.core.closed(taker.caller)
        }
        answer.forget()
        let again = TestCaller(uid: 3)
        let second = take(stage, again)
        stage.commitAll()
        let heard = confirm(stage, send(stage, second, again), again)
        stage.commitAll()
        #expect(heard.confirmed == [nil] && held(stage) == nil)
    }

    @Test("who may open it and not remove it cannot take it, and what is no deposit cannot be taken")
    func takeNeedsRemove() {
        let stage = Stage(rules: [Stage.permit()])
        _ = put(stage, TestCaller())
        stage.commitAll()
        #expect(take(stage, TestCaller(), "a").refusals == [.notTakeable(name: "a")])
        var rule = Stage.permit()
        rule.actions = ActionSet(.open)
        stage.adopt([rule])
        let answer = take(stage, TestCaller())
        stage.commitAll()
        guard case .denied = answer.refusals.first else {
            Issue.record("\(answer.refusals)")
            return
        }
        #expect(stage.texts("deny")[0].contains(#""action":"remove""#))
    }

    @Test("a capability that is declared under its name takes its place, with a record")
    func declared() {
        let stage = Stage()
        _ = put(stage, TestCaller())
        stage.commitAll()
        stage.adopt([Stage.permit()], [Stage.file(), Stage.file("d")])
        stage.commitAll()
        #expect(held(stage)?.deposit == nil && held(stage) != nil)
        #expect(stage.texts("remove")[0].contains(#""why":"declared""#))
        #expect(stage.core.deposits.count == 0 && stage.keptDeposits.isEmpty)
        // What is there stays with another policy that does not name it.
        _ = put(stage, TestCaller(), ["e"])
        stage.commitAll()
        stage.adopt([Stage.permit()], [])
        #expect(held(stage, "e")?.deposit != nil && held(stage) == nil)
    }

    @Test("a permission that goes while the record is at the disk keeps it from being held")
    func revokedMeanwhile() {
        let stage = Stage()
        let heard = put(stage, TestCaller())
        stage.endTurn()
        stage.adopt([])
        stage.commitAll()
        #expect(heard.refusal == .denied(name: "d", record: nil))
        #expect(held(stage) == nil && stored(stage).isEmpty)
        #expect(stage.texts("remove")[0].contains(#""why":"revoked""#))
    }

    @Test("what a start finds in the ledger and has no descriptor is lost, and the log says so")
    func lost() {
        let first = Stage()
        _ = put(first, TestCaller())
        first.commitAll()
        var restored = Stage.restored(size: 1)
        restored.deposits = stored(first)
        let stage = Stage(restored: restored)
        stage.core.endWhatIsOver()
        stage.commitAll()
        #expect(stage.texts("remove")[0].contains(#""why":"lost""#))
        #expect(stage.texts("remove")[0].contains(#""deposited":0"#))
    }

    @Test("a hang-up is told once")
    func hangUp() {
        let stage = Stage()
        _ = put(stage, TestCaller())
        stage.commitAll()
        let id = held(stage)?.deposit?.id ?? ""
        #expect(stage.core.hungUp(id) != nil && stage.core.hungUp(id) == nil)
        stage.commitAll()
        #expect(stage.texts("deposit.hangup").count == 1 && held(stage) != nil)
        #expect(stage.core.hungUp("another") == nil)
    }
}

extension TestCaller {
    /// Another connection of the same process.
    fileprivate var copy: TestCaller { TestCaller() }
}
