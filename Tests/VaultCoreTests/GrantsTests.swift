// SPDX-License-Identifier: Apache-2.0

import Records
import Testing
import VaultModel

@testable import VaultCore

@Suite("The walk of an Open")
struct GrantsTests {
    @Test("it is decided, opened, recorded and only then queued; sending it is told in a record")
    func walk() {
        let stage = Stage()
        let caller = TestCaller()
        let answer = stage.open(caller)
        #expect(!answer.isGiven)
        stage.endTurn()
        #expect(!answer.isGiven, "its record is at the disk")
        stage.commit()
        #expect(answer.call.stage == .queued)
        #expect(caller.caller.isOwedGrants)
        #expect(stage.core.verdict(answer.call.number, caller.caller) == .send)
        stage.core.passed(answer.call.number, caller.caller, failure: nil)
        #expect(answer.call.stage == .sent)
        #expect(answer.call.items[0].acquired == nil, "the broker's own copy is closed")
        #expect(stage.core.grants.sent(under: "r").map(\.count) == [1])
        stage.pass(100_000)
        stage.fire()
        stage.commitAll()
        #expect(stage.types == ["grant", "delivery"])
        #expect(stage.texts("delivery")[0].contains("\"sent\":[[0,0]]"))
    }

    @Test("the record names the request, the rule, the reason and what leaves")
    func record() {
        let stage = Stage()
        let answer = stage.open(TestCaller(), reason: "the report")
        stage.commitAll()
        let text = stage.texts("grant")[0]
        #expect(text.contains("\"request\":\"\(answer.call.request)\""))
        #expect(text.contains("\"charged\":\"r\""))
        #expect(text.contains("\"reason\":\"the report\""))
        #expect(text.contains("\"name\":\"a\",\"kind\":\"file\",\"rights\":[\"read\"],\"delivery\":\"fresh\""))
    }

    @Test("what nobody permits is denied with a record, whether or not there is such a thing")
    func denied() {
        let stage = Stage(rules: [])
        let answer = stage.open(TestCaller())
        let missing = stage.open(TestCaller(), ["missing"])
        #expect(!answer.isGiven)
        stage.commitAll()
        #expect(answer.refusals == [.denied(name: "a", record: 0)])
        #expect(missing.refusals == [.denied(name: "missing", record: 1)])
        #expect(stage.types == ["deny", "deny"])
    }

    @Test("who may have it and finds that it does not exist hears so")
    func notFound() {
        let stage = Stage()
        let answer = stage.open(TestCaller(), ["missing"])
        #expect(answer.refusals == [.notFound(name: "missing")])
        #expect(stage.types == [])
    }

    @Test("of several names all are opened or none: the first failure is recorded and the others are given up")
    func allOrNone() {
        let stage = Stage(capabilities: [Stage.file("a"), Stage.file("b")])
        stage.opensLater = true
        let answer = stage.open(TestCaller(), ["a", "b"])
        stage.answerNext(fails: true)
        #expect(!answer.isGiven, "the other is awaited")
        stage.answerNext()
        stage.commitAll()
        #expect(answer.refusals == [.openFailed(name: "a", errno: .noSuchFileOrDirectory, record: 0)])
        #expect(stage.types == ["open.failed"])
    }

    @Test("what took its time is decided again, by the policy of then")
    func decidedAgain() {
        let stage = Stage()
        stage.opensLater = true
        let answer = stage.open(TestCaller())
        stage.adopt([])
        stage.answerNext()
        stage.commitAll()
        #expect(answer.refusals == [.denied(name: "a", record: 0)])
    }

    @Test("a declaration that changed while it was opened is opened anew")
    func openedAnew() {
        let stage = Stage()
        stage.opensLater = true
        let answer = stage.open(TestCaller())
        stage.adopt([Stage.permit()], [Stage.file("a", .eachGrant, delivery: .shared)])
        stage.answerNext()
        #expect(stage.asked.count == 1, "of the new one")
        stage.answerNext()
        stage.commitAll()
        #expect(answer.call.items[0].entry === stage.core.holdings[Stage.name("a")])
    }

    @Test("who has gone gets nothing, and no record is written for it")
    func gone() {
        let stage = Stage()
        stage.opensLater = true
        let caller = TestCaller()
        let answer = stage.open(caller)
        stage.core.closed(caller.caller)
        stage.answerNext()
        stage.commitAll()
        #expect(!answer.isGiven)
        #expect(stage.types.isEmpty)
    }

    @Test("a connection that ends while the record is at the disk: the grant is recorded as not sent")
    func goneAtTheDisk() {
        let stage = Stage()
        let caller = TestCaller()
        let answer = stage.open(caller)
        stage.endTurn()
        stage.core.closed(caller.caller)
        stage.commit()
        #expect(!answer.isGiven)
        stage.pass(100_000)
        stage.fire()
        stage.commitAll()
        #expect(stage.texts("delivery")[0].contains("\"failed\":[{\"index\":0,\"errno\":\"EPIPE\"}]"))
    }

    @Test("a failed commit: refused, and nothing of it leaves")
    func voided() {
        let stage = Stage()
        let answer = stage.open(TestCaller())
        stage.endTurn()
        stage.failCommit()
        #expect(answer.refusals == [.auditUnavailable(message: "the disk failed")])
        let next = stage.open(TestCaller())
        #expect(next.refusals == [.auditUnavailable(message: "the disk failed")], "and so is the next at once")
    }

    // MARK: Verdict

    @Test("a revocation between record and sending: withdrawn, and the connection is looked at in that turn")
    func revoked() {
        let stage = Stage()
        let caller = TestCaller()
        let call = granted(stage, caller)
        stage.adopt([])
        #expect(caller.lookedAgain == 1)
        #expect(stage.core.verdict(call.number, caller.caller) == .refuse(.denied(name: "a", record: nil)))
        #expect(call.stage == .withdrawn)
        stage.pass(100_000)
        stage.fire()
        stage.commitAll()
        #expect(stage.texts("delivery")[0].contains("\"reason\":\"revoked\""))
    }

    @Test("another rule that permits does not stand in for the one that was charged")
    func chargedRule() {
        let stage = Stage(rules: [Stage.permit("r"), Stage.permit("s")])
        let caller = TestCaller()
        let call = granted(stage, caller)
        stage.adopt([Stage.permit("r"), Stage.permit("s")], suspended: ["r"])
        #expect(stage.core.verdict(call.number, caller.caller) == .refuse(.denied(name: "a", record: nil)))
    }

    @Test("what a grant has used up itself does not deny it when it is looked at again")
    func usedUpByItself() {
        let once = Stage.permit("r", Conditions(uses: Limit(inAll: 1)))
        let stage = Stage(rules: [once])
        let caller = TestCaller()
        let call = granted(stage, caller)
        stage.adopt([once, Stage.permit("s", name: "other")])
        #expect(stage.core.verdict(call.number, caller.caller) == .send)
    }

    @Test("a permit whose time is over is over when it is to be sent, though nothing else has changed")
    func timeIsOver() {
        let start = Stage().moment
        let rule = Stage.permit("r", Conditions(notAfterUSec: start.wallUSec + 1_000_000))
        let stage = Stage(rules: [rule, Stage.permit("s", Conditions(leaseUSec: 1_000))])
        let caller = TestCaller()
        let call = granted(stage, caller)
        #expect(call.items[0].decision?.charged?.id == "r")
        #expect(stage.core.verdict(call.number, caller.caller) == .send)
        stage.pass(1_000_000)
        #expect(stage.core.verdict(call.number, caller.caller) == .refuse(.denied(name: "a", record: nil)))
        stage.pass(100_000)
        stage.fire()
        stage.commitAll()
        #expect(stage.texts("delivery")[0].contains("\"reason\":\"expired\""))
    }

    @Test("a forbid that has begun holds for what waits, too")
    func forbidBegins() {
        let start = Stage().moment
        let forbid = Stage.forbid("f", Conditions(notBeforeUSec: start.wallUSec + 1_000_000))
        let stage = Stage(rules: [Stage.permit(), forbid])
        let caller = TestCaller()
        let call = granted(stage, caller)
        stage.pass(1_000_000)
        #expect(stage.core.verdict(call.number, caller.caller) == .refuse(.denied(name: "a", record: nil)))
    }

    @Test("a clock that is set back: permits with times do not hold for what waits")
    func clockSetBack() {
        let rule = Stage.permit("r", Conditions(notAfterUSec: Stage().moment.wallUSec + 1_000_000))
        let stage = Stage(rules: [rule])
        let caller = TestCaller()
        let call = granted(stage, caller)
        stage.moment.wallUSec -= 60_000_000
        #expect(stage.core.verdict(call.number, caller.caller) == .refuse(.denied(name: "a", record: nil)))
    }

    @Test("who is not the same any more gets nothing, and loses the connection")
    func otherIdentity() {
        let stage = Stage()
        let caller = TestCaller()
        let call = granted(stage, caller)
        caller.state = .different
        #expect(stage.core.verdict(call.number, caller.caller) == .refuseAndEnd(.denied(name: "a", record: nil)))
    }

    @Test(
        "while the opener looks whether it is the same, nothing leaves; what it saw decides", arguments: [true, false])
    func asked(isSame: Bool) {
        let stage = Stage()
        let caller = TestCaller()
        let call = granted(stage, caller)
        caller.state = .asking
        for _ in 0..<3 { #expect(stage.core.verdict(call.number, caller.caller) == .hold) }
        #expect(caller.rechecks == 1, "the opener is asked once, however often the connection is looked at")
        stage.core.rechecked(call, isSame: isSame)
        #expect(caller.lookedAgain == 1)
        caller.state = .same
        let verdict = stage.core.verdict(call.number, caller.caller)
        #expect(verdict == (isSame ? .send : .refuseAndEnd(.denied(name: "a", record: nil))))
    }

    @Test("who does not read is sent no more descriptors")
    func undrained() {
        let stage = Stage()
        let caller = TestCaller()
        caller.isReading = false
        for _ in 0..<4 {
            let call = granted(stage, caller)
            #expect(stage.core.verdict(call.number, caller.caller) == .send, "a few may lie unread")
            stage.core.passed(call.number, caller.caller, failure: nil)
        }
        let call = granted(stage, caller)
        #expect(stage.core.verdict(call.number, caller.caller) == .hold)
        #expect(caller.looksLater == 1)
        stage.pass(11_000_000)
        _ = stage.core.sweep()
        #expect(caller.ended == [.undrained])
        stage.pass(100_000)
        stage.fire()
        stage.commitAll()
        #expect(stage.texts("delivery").contains { $0.contains("\"reason\":\"undrained\"") })
    }

    @Test("what is sent in one flush counts before it is known what became of it")
    func undrainedInOneFlush() {
        let stage = Stage()
        let caller = TestCaller()
        caller.isReading = false
        let calls = (0..<5).map { _ in granted(stage, caller) }
        let verdicts = calls.map { stage.core.verdict($0.number, caller.caller) }
        #expect(verdicts == [.send, .send, .send, .send, .hold])
    }

    @Test("what is shared is set right once more in the turn in which it leaves")
    func setRightAgain() {
        let stage = Stage(capabilities: [Stage.file("a", .onFirstUse, delivery: .shared)])
        let caller = TestCaller()
        let call = granted(stage, caller)
        stage.checkFails = true
        #expect(
            stage.core.verdict(call.number, caller.caller)
                == .refuse(.openFailed(name: "a", errno: .permissionDenied, record: 0)))
    }

    @Test("sendmsg fails: the grant is recorded as failed with its error")
    func sendFails() {
        let stage = Stage()
        let caller = TestCaller()
        let call = granted(stage, caller)
        stage.core.passed(call.number, caller.caller, failure: "ECONNRESET")
        #expect(call.stage == .withdrawn)
        stage.pass(100_000)
        stage.fire()
        stage.commitAll()
        #expect(stage.texts("delivery")[0].contains("\"errno\":\"ECONNRESET\""))
    }

    // MARK: Limits

    @Test("callers at once never have one more than allowed, and what is used up is denied")
    func usedUp() {
        let stage = Stage(rules: [Stage.permit("r", Conditions(uses: Limit(inAll: 2)))])
        let answers = (0..<4).map { _ in stage.open(TestCaller()) }
        stage.commitAll()
        #expect(answers.map(\.calls.count) == [1, 1, 0, 0])
        #expect(stage.types == ["grant", "grant", "deny", "deny"])
        #expect(stage.changes.contains(.counter(RuleCounter(rule: "r", principal: nil, used: 2))))
    }

    @Test("the names of one call use it up for each other, and one that is too many takes none")
    func usedUpByOneCall() {
        let stage = Stage(rules: [Stage.permit("r", Conditions(uses: Limit(inAll: 2)))])
        let answer = stage.open(TestCaller(), ["a", "a", "a"])
        stage.commitAll()
        #expect(answer.calls.isEmpty)
        #expect(stage.texts("deny")[0].contains("\"chargedBefore\":{\"r\":2}"))
        #expect(stage.core.counters.used(rule: "r", principal: nil) == 0)
        #expect(stage.open(TestCaller(), ["a", "a"]).refusals.isEmpty)
    }

    @Test("what a voided batch had used up is free again")
    func voidedUse() {
        let stage = Stage(rules: [Stage.permit("r", Conditions(uses: Limit(inAll: 1)))])
        stage.open(TestCaller())
        stage.endTurn()
        stage.failCommit()
        stage.reopen(Stage.restored())
        let answer = stage.open(TestCaller())
        stage.commitAll()
        #expect(answer.calls.count == 1)
    }

    @Test("a uid writes so many records in a second, and is told in how long it may write more")
    func pace() {
        let stage = Stage(recordsPerUser: 2)
        for _ in 0..<2 { stage.open(TestCaller()) }
        stage.pass(400_000)
        #expect(
            stage.open(TestCaller()).refusals == [.quotaExceeded(limit: "records-per-uid", retryAfterUSec: 600_000)])
        #expect(stage.open(TestCaller(uid: 2)).refusals.isEmpty, "another user has a share of its own")
        stage.pass(600_000)
        #expect(stage.open(TestCaller()).refusals.isEmpty)
    }

    // MARK: What can be delivered

    @Test("a pipe has two ends, and who may have both has to name one")
    func pipeEnds() {
        let pipe = Capability(name: Stage.name("p"), source: .pipe, opening: .onFirstUse)
        let stage = Stage(capabilities: [pipe])
        let both = stage.open(TestCaller(), ["p"])
        let read = stage.open(TestCaller(), ["p"], rights: .read)
        let write = stage.open(TestCaller(), ["p"], rights: .write)
        stage.commitAll()
        #expect(
            both.refusals == [
                .denied(
                    name: "p", record: 0,
                    message: "not permitted: name one end: rights read or rights write")
            ])
        #expect(read.call.items[0].acquired?.rights == .read)
        #expect(write.call.items[0].acquired?.rights == .write)
        #expect(stage.core.holdings.descriptorCount == 0, "both ends of one pair are with the grants")
    }

    @Test("what is shared is delivered with all its rights or not at all")
    func sharedRights() {
        let shared = Capability(
            name: Stage.name("s"), source: .file(path: "/s", create: nil, noFollow: false), rights: [.read, .write],
            delivery: .shared, opening: .onFirstUse)
        let stage = Stage(capabilities: [shared])
        let part = stage.open(TestCaller(), ["s"], rights: .read)
        let whole = stage.open(TestCaller(), ["s"])
        stage.commitAll()
        #expect(part.refusals.count == 1)
        #expect(whole.call.items[0].acquired?.rights == [.read, .write])
    }
}
