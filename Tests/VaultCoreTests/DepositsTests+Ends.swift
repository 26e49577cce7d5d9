// SPDX-License-Identifier: Apache-2.0

import Records
import Testing

@testable import VaultCore

/// Who has one for itself, and how it ends.
extension DepositsTests {
    @Test("what was permitted before it was taken is not sent while another has it for itself")
    func waitingWhileTaken() {
        let stage = Stage()
        _ = put(stage, TestCaller())
        stage.commitAll()
        let waiting = granted(stage, TestCaller(uid: 3), ["d"])
        let taker = TestCaller(uid: 2)
        let answer = take(stage, taker)
        stage.commitAll()
        _ = send(stage, answer, taker)
        #expect(stage.core.verdict(waiting.number, waiting.caller) == .refuse(.busy))
    }

    @Test("one call takes a deposit once")
    func takenTwiceInOneCall() {
        let stage = Stage()
        _ = put(stage, TestCaller())
        stage.commitAll()
        let taker = TestCaller(uid: 2)
        stage.begin(taker)
        let answer = TestAnswer()
        let name = OpenRequest.Name(Stage.name("d"), takes: true)
        stage.core.open(OpenRequest([name, name]), reason: nil, taker.caller, answer)
        #expect(answer.refusals == [.busy])
        #expect(held(stage)?.deposit?.isTaken == false)
    }
}
