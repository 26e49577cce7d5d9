// SPDX-License-Identifier: Apache-2.0

import Testing
import VaultModel

@testable import VaultCore

@Suite("Descriptors on their way")
struct TrafficTests {
    private static func stage(onTheWay: Int = 100, ofOne: Int = 6, _ set: (inout SessionLimits) -> Void = { _ in })
        -> Stage
    {
        var limits = SessionLimits()
        limits.descriptors.onTheWay = onTheWay
        limits.descriptors.onTheWayOfOne = ofOne
        set(&limits)
        return Stage(sessionLimits: limits)
    }

    private static let refusal = Refusal.quotaExceeded(limit: "descriptors-on-the-way")

    /// Opens, and has the descriptors sent.
    @discardableResult
    private func send(_ stage: Stage, _ caller: TestCaller, _ count: Int = 1) throws -> TestAnswer {
        let answer = stage.open(caller, Array(repeating: "a", count: count))
        stage.commitAll()
        try #require(answer.refusals == [])
        #expect(stage.core.verdict(answer.call.number, caller.caller) == .send)
        stage.core.passed(answer.call.number, caller.caller, failure: nil)
        return answer
    }

    @Test("they are counted before they are made, until the call has ended or they were read")
    func counted() throws {
        let stage = Self.stage()
        stage.opensLater = true
        let caller = TestCaller()
        stage.open(caller, ["a", "a", "a"])
        #expect(stage.core.sessions.onTheWay == 3)
        for place in 0..<3 { stage.answerNext(fails: place == 1) }
        stage.commitAll()
        #expect(stage.core.sessions.onTheWay == 0, "it failed")
        stage.opensLater = false
        caller.isReading = false
        try send(stage, caller, 2)
        #expect(stage.core.sessions.onTheWay(of: .user(1_000)) == 2)
        caller.isReading = true
        _ = stage.core.sweep()
        #expect(stage.core.sessions.onTheWay == 0)
    }

    @Test("who has used up its share is refused before anything is made, others are not; reading makes room")
    func usedUp() throws {
        let stage = Self.stage()
        let (greedy, same, other) = (TestCaller(), TestCaller(pid: 8), TestCaller(uid: 1_001))
        greedy.isReading = false
        try send(stage, greedy, 4)
        #expect(stage.open(greedy, ["a", "a", "a"]).refusals == [Self.refusal])
        #expect(stage.open(same, ["a", "a", "a"]).refusals == [Self.refusal], "the uid counts, not the connection")
        try send(stage, same, 2)
        try send(stage, other, 6)
        greedy.isReading = true
        try send(stage, greedy, 4)
    }

    @Test("all together leave the last quarter to those who have nothing on its way")
    func lastQuarter() throws {
        let stage = Self.stage(onTheWay: 12)
        for uid in 1...2 as ClosedRange<UInt32> {
            let caller = TestCaller(uid: uid)
            caller.isReading = false
            try send(stage, caller, uid == 1 ? 6 : 3)
            #expect(stage.open(caller).refusals == [Self.refusal])
        }
        let late = TestCaller(uid: 3)
        try send(stage, late, 3)
    }

    @Test("what is unread when a connection ends stays counted, until it is read or the other end is closed")
    func unreadAtTheEnd() throws {
        let stage = Self.stage()
        let caller = TestCaller()
        caller.isReading = false
        try send(stage, caller, 4)
        stage.core.closed(caller.caller)
        #expect(stage.core.sessions.count == 0)
        #expect(stage.core.sessions.onTheWay == 4)
        let next = TestCaller(pid: 8)
        #expect(stage.open(next, ["a", "a", "a"]).refusals == [Self.refusal])
        caller.isReading = true
        try send(stage, next, 3)
        #expect(stage.core.sessions.onTheWay == 3)
    }

    @Test("what may have gone out when a connection ends is taken to have")
    func betweenVerdictAndEnd() {
        let stage = Self.stage()
        let caller = TestCaller()
        caller.isReading = false
        let answer = stage.open(caller)
        stage.commitAll()
        #expect(stage.core.verdict(answer.call.number, caller.caller) == .send)
        stage.core.closed(caller.caller)
        #expect(stage.core.sessions.onTheWay == 1)
        caller.isReading = true
        _ = stage.core.sweep()
        #expect(stage.core.sessions.onTheWay == 0)
    }

    @Test("the time runs from the first message that is not read, also where nothing waits behind it")
    func overdue() throws {
        let stage = Self.stage()
        let (caller, reader) = (TestCaller(), TestCaller(pid: 8))
        caller.isReading = false
        try send(stage, caller)
        stage.pass(6_000_000)
        _ = stage.core.sweep()
        try send(stage, caller)
        try send(stage, reader)
        #expect(caller.ended.isEmpty)
        stage.pass(5_000_000)
        _ = stage.core.sweep()
        #expect(caller.ended == [.undrained])
        #expect(reader.ended.isEmpty)
        #expect(stage.core.sessions.onTheWay == 2)
    }

    @Test("connections that ended with something unread count as connections, and a quarter of them ends the opens")
    func rests() throws {
        let stage = Self.stage(ofOne: 50) { $0.connectionsPerUser = 8 }
        var gone: [TestCaller] = []
        for pid in 1...2 as ClosedRange<Int32> {
            let caller = TestCaller(pid: pid)
            caller.isReading = false
            try send(stage, caller)
            stage.core.closed(caller.caller)
            gone.append(caller)
        }
        let callers = (3...9).map { TestCaller(pid: $0) }
        #expect(callers.map(stage.begin) == [true, true, true, true, true, true, false])
        #expect(stage.open(callers[0]).refusals == [Self.refusal])
        gone[0].isReading = true
        try send(stage, callers[0])
        #expect(stage.begin(callers[6]))
    }

    @Test("a message that did not go out is no message that lies unread")
    func withdrawn() {
        let stage = Self.stage(ofOne: 50)
        let caller = TestCaller()
        caller.isReading = false
        for _ in 0..<6 {
            let answer = stage.open(caller)
            stage.commitAll()
            #expect(stage.core.verdict(answer.call.number, caller.caller) == .send)
            stage.core.passed(answer.call.number, caller.caller, failure: "EMSGSIZE")
        }
        #expect(stage.core.sessions.onTheWay == 0)
    }

    @Test("a message for which the socket had no room is asked about again, and counts once")
    func askedAgain() {
        let stage = Self.stage()
        let caller = TestCaller()
        caller.isReading = false
        let answer = stage.open(caller)
        stage.commitAll()
        for _ in 0..<9 { #expect(stage.core.verdict(answer.call.number, caller.caller) == .send) }
        stage.core.passed(answer.call.number, caller.caller, failure: nil)
        #expect(stage.core.sessions.onTheWay == 1)
    }
}
