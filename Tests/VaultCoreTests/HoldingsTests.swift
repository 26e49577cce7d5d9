// SPDX-License-Identifier: Apache-2.0

import Testing
import VaultModel

@testable import VaultCore

@Suite("What is held for capabilities")
struct HoldingsTests {
    private static let held = Stage.file("a", .onFirstUse)
    private static let listener = Capability(
        name: Stage.name("l"), source: .listener(.tcp(host: "::1", port: 80, backlog: 1)), opening: .onFirstUse)

    private func entry(_ stage: Stage, _ name: String = "a") throws -> CapabilityEntry {
        try #require(stage.core.holdings[Stage.name(name)])
    }

    @Test("what many wait for is opened once")
    func openedOnce() throws {
        let stage = Stage(capabilities: [Self.held])
        stage.opensLater = true
        let answers = (0..<3).map { _ in stage.open(TestCaller()) }
        #expect(stage.asked.map(\.kind) == [.holding])
        #expect(try entry(stage).isOpening)
        stage.answerNext()
        #expect(
            stage.asked.map(\.kind) == [.descriptor, .descriptor, .descriptor], "each gets a description of its own")
        for _ in 0..<3 { stage.answerNext() }
        stage.commitAll()
        #expect(answers.allSatisfy { $0.calls.count == 1 })
        #expect(stage.kept == ["a"])
    }

    @Test("a failure is told to all who wait, shown, and tried again at the next use")
    func failure() throws {
        let stage = Stage(capabilities: [Self.held])
        stage.opensLater = true
        let answers = (0..<2).map { _ in stage.open(TestCaller()) }
        stage.answerNext(fails: true)
        stage.commitAll()
        #expect(answers.allSatisfy { $0.refusals.count == 1 })
        #expect(try entry(stage).problem == Stage.problem)
        stage.opensLater = false
        let again = stage.open(TestCaller())
        stage.commitAll()
        #expect(again.calls.count == 1)
        #expect(try entry(stage).problem == nil)
    }

    @Test("an unchanged declaration keeps what it holds; another one, or none, lets go of it")
    func replaced() throws {
        let stage = Stage(capabilities: [Self.held, Stage.file("b", .onFirstUse)])
        let first = try entry(stage)
        var problems: [OpenProblem?] = []
        stage.core.hold(first) { problems.append($0) }
        stage.core.hold(try entry(stage, "b")) { problems.append($0) }
        #expect(problems == [nil, nil])
        #expect(stage.core.holdings.descriptorCount == 2)
        let added = stage.adopt([Stage.permit()], [Self.held, Stage.file("b", .onFirstUse, delivery: .shared)])
        #expect(added.map(\.capability.name.text) == ["b"])
        #expect(try entry(stage) === first)
        #expect(stage.core.holdings.descriptorCount == 1)
        #expect(stage.gaveUp == ["b"])
    }

    @Test("what was being opened for a declaration that is gone is not kept")
    func goneWhileOpening() throws {
        let stage = Stage(capabilities: [Self.held])
        stage.opensLater = true
        let answer = stage.open(TestCaller())
        stage.adopt([Stage.permit()], [])
        stage.answerNext()
        stage.answerNext()
        stage.commitAll()
        #expect(answer.refusals == [.notFound(name: "a")])
        #expect(stage.kept.isEmpty)
    }

    @Test("descriptions are made ahead while there is demand, and none of them outlives what they are of")
    func stock() throws {
        let stage = Stage(capabilities: [Self.held])
        stage.mostAhead = 4
        for _ in 0..<3 { stage.open(TestCaller()) }
        #expect(try entry(stage).descriptorCount > 1)
        stage.opensLater = true
        let taken = stage.open(TestCaller())
        stage.commitAll()
        #expect(taken.calls.count == 1, "it was there already")
        let ordered = stage.asked.count
        stage.opensLater = false
        stage.core.holdings.renew(try entry(stage)) { _ in }
        for _ in 0..<ordered { stage.answerNext() }
        #expect(try entry(stage).descriptorCount == 1, "what was ordered of the former holding is closed")
        for _ in 0..<4 { stage.core.holdings.shrinkStocks() }
        #expect(try entry(stage).descriptorCount == 1)
    }

    @Test("nothing is made ahead while the opener has no time")
    func noTime() throws {
        let stage = Stage(capabilities: [Self.held])
        stage.mostAhead = 4
        stage.hasTime = false
        for _ in 0..<3 { stage.open(TestCaller()) }
        #expect(try entry(stage).descriptorCount == 1)
    }

    @Test("a listener that somebody spoiled is made anew, once; what then fails is told with it")
    func spoiled() throws {
        let stage = Stage(capabilities: [Self.listener])
        stage.core.hold(try entry(stage, "l")) { _ in }
        stage.checkFails = true
        let answer = stage.open(TestCaller(), ["l"])
        #expect(stage.gaveUp == ["l"])
        stage.commitAll()
        #expect(answer.refusals == [.openFailed(name: "l", errno: .permissionDenied, record: 0)])
        stage.openFails = true
        stage.open(TestCaller(), ["l"])
        #expect(try entry(stage, "l").problem?.explanation == "it is spoiled")
        #expect(stage.gaveUp == ["l", "l"])
    }

    @Test("who waits behind one that finds a listener spoiled waits for the new one")
    func spoiledForSeveral() {
        let stage = Stage(capabilities: [Self.listener])
        stage.opensLater = true
        let answers = [1, 2].map { stage.open(TestCaller(pid: $0), ["l"]) }
        #expect(stage.asked.count == 1)
        stage.checkFails = true
        stage.answerNext()
        stage.checkFails = false
        #expect(stage.gaveUp == ["l"])
        #expect(stage.asked.count == 1, "it is made anew once, for both")
        stage.answerNext()
        stage.commitAll()
        #expect(answers.allSatisfy { $0.refusals.isEmpty && $0.call.stage == .queued })
    }

    @Test("opening anew replaces what is held, and changes nothing where it fails")
    func renewed() throws {
        let stage = Stage(capabilities: [Self.held])
        let entry = try entry(stage)
        stage.core.hold(entry) { _ in }
        let first = entry.holding
        stage.openFails = true
        var problems: [OpenProblem?] = []
        stage.core.holdings.renew(entry) { problems.append($0) }
        #expect(entry.holding === first)
        stage.openFails = false
        stage.core.holdings.looked(entry, isStale: true)
        stage.core.holdings.renew(entry) { problems.append($0) }
        #expect(entry.holding !== first)
        #expect(!entry.isStale)
        #expect(problems == [Stage.problem, nil])
    }

    @Test("of two that are opened anew at once, the one that began later is held, whichever comes last")
    func renewedTwice() throws {
        let stage = Stage(capabilities: [Self.held])
        let entry = try entry(stage)
        stage.core.hold(entry) { _ in }
        stage.opensLater = true
        var count = 0
        for _ in 0..<2 { stage.core.holdings.renew(entry) { count += $0 == nil ? 1 : 0 } }
        let later = TestHolding()
        stage.core.held(stage.asked[1].ticket, .success(later))
        stage.core.held(stage.asked[0].ticket, .success(TestHolding()))
        #expect(entry.holding === later && count == 2)
    }

    @Test("what was opened anew and comes too late, since nothing is held any more, is no renewal")
    func renewedTooLate() throws {
        let stage = Stage(capabilities: [Self.held])
        let entry = try entry(stage)
        stage.core.hold(entry) { _ in }
        stage.opensLater = true
        var problems: [OpenProblem?] = []
        stage.core.holdings.renew(entry) { problems.append($0) }
        stage.adopt([Stage.permit()], [])
        stage.answerNext()
        #expect(problems.map { $0?.errno } == [.canceled])
        #expect(entry.holding == nil)
    }

    @Test("an end that was not sent goes to the next taker")
    func pipes() throws {
        let stage = Stage(capabilities: [Capability(name: Stage.name("p"), source: .pipe, opening: .onFirstUse)])
        let caller = TestCaller()
        let answer = stage.open(caller, ["p"], rights: .read)
        stage.commitAll()
        let end = answer.call.items[0].acquired?.descriptor
        stage.core.passed(answer.call.number, caller.caller, failure: "EPIPE")
        #expect(try entry(stage, "p").descriptorCount == 2)
        let next = stage.open(caller, ["p"], rights: .read)
        stage.commitAll()
        #expect(next.call.items[0].acquired?.descriptor === end)
    }

    private static let pipe = Capability(name: Stage.name("p"), source: .pipe, opening: .onFirstUse)

    private func keeping(_ stage: Stage, _ caller: TestCaller) -> TestAnswer {
        let answer = stage.open(caller, ["p"], rights: .read)
        stage.commitAll()
        if answer.refusals.isEmpty {
            _ = stage.core.verdict(answer.call.number, caller.caller)
            stage.core.passed(answer.call.number, caller.caller, failure: nil)
        }
        return answer
    }

    @Test("one who takes the same end again and again is refused when it has its share; others are not")
    func keptEnds() throws {
        var limits = SessionLimits()
        limits.descriptors.keptOfOne = 3
        let stage = Stage(capabilities: [Self.pipe], sessionLimits: limits)
        let (greedy, other) = (TestCaller(), TestCaller(uid: 1_001))
        for _ in 0..<3 { #expect(keeping(stage, greedy).refusals.isEmpty) }
        #expect(keeping(stage, greedy).refusals == [.quotaExceeded(limit: "pipe-ends")])
        #expect(try entry(stage, "p").descriptorCount == 3)
        #expect(keeping(stage, other).refusals.isEmpty)
        // Somebody takes one of them.
        #expect(stage.open(other, ["p"], rights: .write).refusals.isEmpty)
        stage.commitAll()
    }

    @Test("ends that lead nowhere make room, and go by themselves after a while")
    func abandonedEnds() throws {
        var limits = SessionLimits()
        limits.descriptors.keptOfOne = 2
        let stage = Stage(capabilities: [Self.pipe], sessionLimits: limits)
        let caller = TestCaller()
        for _ in 0..<2 { _ = keeping(stage, caller) }
        stage.isEveryEndAbandoned = true
        #expect(keeping(stage, caller).refusals.isEmpty)
        #expect(try entry(stage, "p").descriptorCount == 1)
        stage.core.holdings.shrinkStocks()
        #expect(try entry(stage, "p").descriptorCount == 0)
        #expect(stage.core.holdings.charged.kept == 0)
    }

    @Test("what is made ahead is on the account of whoever wants it, within its share; then each is made at once")
    func aheadOfOne() throws {
        var limits = SessionLimits()
        limits.descriptors.aheadOfOne = 3
        let stage = Stage(capabilities: [Self.held], sessionLimits: limits)
        stage.mostAhead = 64
        let answers = (0..<40).map { _ in stage.open(TestCaller()) }
        stage.commitAll()
        #expect(answers.allSatisfy { $0.calls.count == 1 })
        #expect(try entry(stage).descriptorCount <= 4)
        #expect(stage.core.holdings.charged.ahead == (try entry(stage).descriptorCount) - 1)
        for _ in 0..<8 { stage.core.holdings.shrinkStocks() }
        #expect(stage.core.holdings.charged.ahead == 0)
    }
}
