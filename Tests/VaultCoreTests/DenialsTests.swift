// SPDX-License-Identifier: Apache-2.0

import Testing
import VaultModel

@testable import VaultCore

@Suite("Saying no")
struct DenialsTests {
    @Test("a denial waits a second for its record, and is then answered without it")
    func patience() {
        let stage = Stage(rules: [])
        let answer = stage.open(TestCaller())
        stage.endTurn()
        stage.pass(999_999)
        stage.core.denials.answerImpatient(stage.moment.bootUSec)
        #expect(!answer.isGiven)
        stage.pass(1)
        stage.core.denials.answerImpatient(stage.moment.bootUSec)
        #expect(answer.refusals == [.denied(name: "a", record: nil)])
        stage.commit()
        #expect(answer.refusals.count == 1, "its record comes all the same, and is no second answer")
        #expect(stage.types == ["deny"])
    }

    @Test("where the log cannot be written it is answered at once")
    func withoutLog() {
        let stage = Stage(rules: [])
        stage.core.journal.append(.clockStep(newestUSec: 0))
        stage.endTurn()
        stage.failCommit()
        #expect(stage.open(TestCaller()).refusals == [.denied(name: "a", record: nil)])
    }

    @Test("beyond its share a user's denials are counted together and recorded as one")
    func folded() {
        let stage = Stage(rules: [])
        for _ in 0..<(DenialFold.perUser + 3) { stage.open(TestCaller()) }
        stage.commitAll()
        #expect(stage.texts("deny").count == DenialFold.perUser)
        stage.core.denials.recordFolded()
        stage.commitAll()
        #expect(stage.texts("deny.summary").count == 1)
        #expect(stage.texts("deny.summary")[0].contains("\"count\":3"))
        stage.core.denials.recordFolded()
        stage.endTurn()
        #expect(stage.batch == nil)
    }

    @Test("who may see the name hears why, and when there is room again")
    func explained() {
        let rate = Conditions(rate: Limit(inAll: [RateWindow(count: 1, windowUSec: 1_000_000)]))
        let stage = Stage(rules: [Stage.permit("r", rate)])
        stage.open(TestCaller())
        let answer = stage.open(TestCaller())
        stage.commitAll()
        guard case .denied(_, _, let message, let retryAfter?)? = answer.refusals.first else {
            Issue.record("\(answer.refusals)")
            return
        }
        #expect(message.contains("what the rule allows is used up"))
        #expect(retryAfter > 0 && retryAfter <= 1_062_500)
    }

    @Test("who may not see it hears the same as for a name that does not exist")
    func unseen() {
        let stage = Stage(rules: [Stage.permit("r", Conditions(needsReason: true), name: "b")])
        let answer = stage.open(TestCaller())
        stage.commitAll()
        #expect(answer.refusals == [.denied(name: "a", record: 0, message: "not permitted")])
    }
}
