// SPDX-License-Identifier: Apache-2.0

import Records
import Testing

@testable import VaultCore

/// Who has one for itself, and how it ends.
extension DepositsTests {
    private func asksToRemove(_ stage: Stage, _ entry: CapabilityEntry?, _ caller: TestCaller) -> Heard {
        let heard = Heard()
        if let entry { stage.core.removeDeposit(entry, caller.caller) { heard.removed.append($0) } }
        return heard
    }

    /// How many records tell of the end of one.
    private func ends(_ stage: Stage) -> Int { stage.types.count { $0 == "remove" || $0 == "take.confirm" } }

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

    @Test("nobody removes, replaces or takes what is being removed")
    func removedOnce() {
        let stage = Stage()
        let caller = TestCaller()
        _ = put(stage, caller)
        stage.commitAll()
        let entry = held(stage)
        let first = asksToRemove(stage, entry, caller)
        let second = asksToRemove(stage, entry, caller)
        guard case .failure(.busy)? = second.removed.first else {
            Issue.record("\(second.removed)")
            return
        }
        #expect(put(stage, caller, replaces: true).refusal == .busy)
        #expect(take(stage, TestCaller(uid: 2)).refusals == [.busy])
        stage.commitAll()
        #expect(first.removed.count == 1 && ends(stage) == 1 && stored(stage).isEmpty)
    }

    @Test(
        "what is removed, replaced or confirmed when its time comes has one end",
        arguments: ["remove", "replace", "take"])
    func timeMeanwhile(_ way: String) {
        let stage = Stage()
        let (caller, taker) = (TestCaller(), TestCaller(uid: 2))
        _ = put(stage, caller, lastsUSec: Self.second)
        stage.commitAll()
        switch way {
        case "remove": _ = asksToRemove(stage, held(stage), caller)
        case "replace": _ = put(stage, caller, replaces: true)
        default:
            let answer = take(stage, taker)
            stage.commitAll()
            _ = confirm(stage, send(stage, answer, taker), taker)
        }
        stage.endTurn()
        stage.pass(Self.second)
        stage.fire()
        // It is out of reach all the same.
        #expect(held(stage) == nil)
        stage.commitAll()
        #expect(ends(stage) == (way == "replace" ? 0 : 1))
        #expect(stored(stage).count == (way == "replace" ? 1 : 0))
    }

    @Test("why one went is told, though the first record of it came to nothing")
    func whyIsKept() {
        let stage = Stage()
        _ = put(stage, TestCaller(), lastsUSec: Self.second)
        stage.commitAll()
        var restored = Stage.restored(size: 1)
        restored.deposits = stored(stage)
        stage.pass(Self.second)
        stage.fire()
        stage.endTurn()
        stage.failCommit()
        stage.reopen(restored)
        stage.endTurn()
        stage.failCommit()
        stage.reopen(restored)
        stage.commitAll()
        #expect(ends(stage) == 1)
        #expect(stage.texts("remove")[0].contains(#""why":"time""#))
    }

    @Test(
        "a confirmation whose commit fails is answered when it is known whether it is stored", arguments: [true, false])
    func unrecordedConfirmation(isStored: Bool) {
        let stage = Stage()
        _ = put(stage, TestCaller())
        stage.commitAll()
        var restored = Stage.restored(size: 3)
        if !isStored { restored.deposits = stored(stage) }
        let taker = TestCaller(uid: 2)
        let answer = take(stage, taker)
        stage.commitAll()
        let heard = confirm(stage, send(stage, answer, taker), taker)
        stage.endTurn()
        stage.failCommit()
        // Who hears that it failed closes what it has, and nobody else may have it.
        #expect(heard.confirmed.isEmpty && held(stage)?.deposit?.isTaken == true)
        stage.reopen(restored)
        #expect(heard.confirmed.count == 1 && (heard.confirmed[0] == nil) == isStored)
        #expect((held(stage) == nil) == isStored)
        guard !isStored else { return }
        // It is still its taker's, who may say so again.
        #expect(held(stage)?.deposit?.isTaken == true)
        let again = confirm(stage, answer.call.items[0].taking?.id ?? "", taker)
        stage.commitAll()
        #expect(again.confirmed == [nil] && held(stage) == nil)
    }

    @Test(
        "a taker that goes while its confirmation is unsure leaves it to others, if that is not stored",
        arguments: [true, false])
    func goneWhileUnsure(isStored: Bool) {
        let stage = Stage()
        _ = put(stage, TestCaller())
        stage.commitAll()
        var restored = Stage.restored(size: 3)
        if !isStored { restored.deposits = stored(stage) }
        let taker = TestCaller(uid: 2)
        let answer = take(stage, taker)
        stage.commitAll()
        _ = confirm(stage, send(stage, answer, taker), taker)
        stage.endTurn()
        stage.core.closed(taker.caller)
        // What is at the disk decides.
        #expect(held(stage)?.deposit?.isTaken == true)
        stage.failCommit()
        stage.reopen(restored)
        #expect((held(stage) == nil) == isStored && held(stage)?.deposit?.isTaken != true)
    }
}
