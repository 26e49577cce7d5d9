// SPDX-License-Identifier: Apache-2.0

import Records
import SystemPackage
import Testing
import VaultModel

@testable import VaultCore

@Suite("The walk of an Open of which the content leaves")
struct ContentGrantTests {
    private static let content = CapabilityContent(bytes: Array("secret".utf8), sha256: "2bb8")

    private func open(_ stage: Stage, _ caller: TestCaller, _ name: String = "a") -> TestAnswer {
        if caller.stage == nil { stage.begin(caller) }
        let answer = TestAnswer()
        stage.core.open(OpenRequest(contentOf: Stage.name(name)), reason: nil, caller.caller, answer)
        return answer
    }

    private func send(_ stage: Stage, _ caller: TestCaller, _ answer: TestAnswer) {
        #expect(stage.core.verdict(answer.call.number, caller.caller) == .send)
        stage.core.passed(answer.call.number, caller.caller, failure: nil)
    }

    @Test(
        "it is read before it is recorded, and recorded before it is queued, with its size and hash and no copy or lease"
    )
    func walk() throws {
        let conditions = Conditions(leaseUSec: 1_000_000)
        let stage = Stage(rules: [Stage.permit("r", conditions)])
        let caller = TestCaller()
        let answer = open(stage, caller)
        stage.commitAll()
        #expect(!answer.isGiven && stage.types == [], "it has not been read")
        stage.core.contentRead(try #require(stage.reading.first), .success(Self.content))
        #expect(!answer.isGiven)
        stage.commitAll()
        #expect(answer.call.items[0].content == Self.content)
        let text = stage.texts("grant")[0]
        #expect(text.contains(#""rights":["read"],"delivery":"content""#), "\(text)")
        #expect(text.contains(#""content":{"size":6,"sha256":"2bb8"}"#), "\(text)")
        #expect(!text.contains("lease") && !text.contains("copy"), "\(text)")
        #expect(stage.core.leases.count == 0)
        send(stage, caller, answer)
        #expect(answer.call.items[0].content == nil && answer.call.items[0].acquired == nil)
        #expect(stage.core.sessions.onTheWay == 0, "no descriptor is on its way")
        let sent = try #require(stage.core.grants.sent(under: "r").first)
        #expect(sent.count == 1 && sent.contents == 1)
    }

    @Test("it is over when it is sent: what a rule lets be outstanding is not used up by it")
    func outstanding() throws {
        let stage = Stage(rules: [Stage.permit("r", Conditions(outstanding: Limit(inAll: 1)))])
        let caller = TestCaller()
        for _ in 0..<3 {
            let answer = open(stage, caller)
            stage.core.contentRead(try #require(stage.reading.last), .success(Self.content))
            stage.commitAll()
            send(stage, caller, answer)
            #expect(stage.core.counters.outstanding(rule: "r", principal: nil) == 0)
        }
        #expect(stage.core.leases.count == 0)
    }

    @Test("two of the same are read and recorded each by itself")
    func twice() throws {
        let stage = Stage()
        let caller = TestCaller()
        let request = OpenRequest(contentOf: Stage.name("a"))
        stage.begin(caller)
        for number in 0..<2 {
            let answer = TestAnswer()
            stage.core.open(request, reason: nil, caller.caller, answer)
            let content = CapabilityContent(bytes: [UInt8(number)], sha256: "\(number)")
            stage.core.contentRead(try #require(stage.reading.last), .success(content))
            stage.commitAll()
            #expect(answer.call.items[0].content == content)
            #expect(stage.texts("grant").last?.contains("\"sha256\":\"\(number)\"") == true)
            send(stage, caller, answer)
        }
        #expect(stage.reading.count == 2)
    }

    @Test("a rule that is revoked while it is read, or while it is at the disk, is not in force for it")
    func revoked() throws {
        let stage = Stage()
        let caller = TestCaller()
        let early = open(stage, caller)
        let late = open(stage, caller)
        stage.core.contentRead(stage.reading[1], .success(Self.content))
        stage.endTurn()
        stage.adopt([])
        stage.core.contentRead(stage.reading[0], .success(Self.content))
        stage.commitAll()
        #expect(early.refusals.count == 1 && early.calls.isEmpty)
        #expect(stage.core.verdict(late.call.number, caller.caller) == .refuse(.denied(name: "a", record: nil)))
        #expect(late.call.stage == .withdrawn && late.call.items[0].content == nil)
    }

    @Test("a capability that is another by the time is read anew")
    func declaredAnew() throws {
        let stage = Stage()
        let answer = open(stage, TestCaller())
        stage.adopt([Stage.permit()], [Stage.file("a", .atStart)])
        stage.core.contentRead(stage.reading[0], .success(Self.content))
        #expect(stage.reading.count == 2)
        let other = CapabilityContent(bytes: [1], sha256: "other")
        stage.core.contentRead(stage.reading[1], .success(other))
        stage.commitAll()
        #expect(answer.call.items[0].content == other)
    }

    @Test("what cannot be read is recorded, and what is no content of one's own is denied")
    func refused() throws {
        let shared = Stage.file("shared", delivery: .shared)
        let listener = Capability(
            name: Stage.name("port"), source: .listener(.tcp(host: "127.0.0.1", port: 1, backlog: 1, options: .init())))
        let stage = Stage(capabilities: [Stage.file(), shared, listener])
        let caller = TestCaller()
        let failing = open(stage, caller)
        stage.core.contentRead(
            stage.reading[0], .failure(OpenProblem(.fileTooLarge, name: "EFBIG", "it is too large")))
        stage.commitAll()
        #expect(failing.refusals == [.openFailed(name: "a", errno: .fileTooLarge, record: 0)])
        for name in ["shared", "port"] {
            let answer = open(stage, caller, name)
            stage.commitAll()
            guard case .denied(name, _?, _, _) = answer.refusals.first else {
                Issue.record("\(name): \(answer.refusals)")
                continue
            }
        }
        #expect(stage.types == ["open.failed", "deny", "deny"] && stage.reading.count == 1)
    }

    @Test("a connection that ends meanwhile ends it, at each step; a record that is not durable does too")
    func ended() throws {
        for steps in 0..<3 {
            let stage = Stage()
            let caller = TestCaller()
            let answer = open(stage, caller)
            if steps > 0 { stage.core.contentRead(stage.reading[0], .success(Self.content)) }
            if steps > 1 { stage.commitAll() }
            caller.end(nil)
            if steps == 0 { stage.core.contentRead(stage.reading[0], .success(Self.content)) }
            stage.commitAll()
            #expect(answer.calls.allSatisfy { $0.stage == .withdrawn })
            #expect(stage.core.sessions.onTheWay == 0 && stage.core.grants.awaited(by: 1_000) == 0, "\(steps)")
        }
        let stage = Stage()
        let answer = open(stage, TestCaller())
        stage.core.contentRead(stage.reading[0], .success(Self.content))
        stage.endTurn()
        stage.failCommit()
        guard case .auditUnavailable = answer.refusals.first else {
            Issue.record("\(answer.refusals)")
            return
        }
    }
}
