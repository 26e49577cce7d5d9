// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import JSONText
import SystemPackage
import Testing
import Varlink
import VaultTestKit

struct VarlinkClientConnectionTests {
    /// Answers with the parameters, a number of replies, a label, or not at all, as the name of the method says.
    private func service() throws -> ScriptedService {
        try ScriptedService { call, connection in
            guard let parameters = try? call.parameters(as: JSONObject.self) else { return .hangUp }
            switch call.method {
            case "a.b.Echo":
                connection.reply(to: call.slot, parameters)
            case "a.b.Count":
                guard call.wantsMore else {
                    connection.reply(to: call.slot, error: .expectedMore)
                    return .goOn
                }
                for number in 1...5 {
                    connection.reply(
                        to: call.slot, ["n": .integer(Int64(number))] as JSONObject, continues: number < 5)
                }
            case "a.b.Label":
                guard let descriptor = try? labelledDescriptor(42) else { return .hangUp }
                connection.reply(
                    to: call.slot, message: MessageText.reply(EmptyMessage()), passing: [HeldDescriptor(descriptor)],
                    token: 1)
            case "a.b.Labels":
                let held = (0..<6).compactMap { try? HeldDescriptor(labelledDescriptor($0)) }
                connection.reply(to: call.slot, message: MessageText.reply(EmptyMessage()), passing: held, token: 1)
            case "a.b.Silence":
                break
            case "a.b.Chatter":
                connection.reply(
                    to: call.slot, message: MessageText.reply(EmptyMessage()) + MessageText.reply(EmptyMessage()))
            case "a.b.Endless":
                connection.reply(to: call.slot, JSONObject(), continues: true)
            case "a.b.Garbage":
                connection.reply(to: call.slot, message: Array("garbage\0".utf8))
            default:
                return .hangUp
            }
            return .goOn
        }
    }

    @Test("A call gets its reply, also when it takes many reads and writes")
    func callsAndReplies() async throws {
        let service = try service()
        try await onThread {
            let connection = try VarlinkClientConnection(path: service.path.string, timeLimit: .seconds(20))
            for size in [0, 1, 1000, 900_000] {
                let sent: JSONObject = ["text": .string(String(repeating: "x", count: size))]
                #expect(try connection.call("a.b.Echo", sent).parameters(as: JSONObject.self) == sent)
            }
        }
    }

    @Test("A reply whose descriptors did not all come is lost, or says so to who can do with it")
    func incomplete() async throws {
        let service = try service()
        try await onThread {
            let connection = try VarlinkClientConnection(path: service.path.string, timeLimit: .seconds(20))
            // Room for four.
            connection.room = .credentials
            let reply = try connection.call("a.b.Labels", JSONObject(), takingIncomplete: true)
            let lacks = reply.lacksDescriptors
            #expect(lacks)
            #expect(labels(of: reply.descriptors) == [0, 1, 2, 3])
            #expect(connection.isUsable)
            let whole = try connection.call("a.b.Echo", ["x": 1] as JSONObject, takingIncomplete: true)
            let isWhole = !whole.lacksDescriptors
            #expect(isWhole)
            #expect(throws: VarlinkClientError.malformed(.descriptorsLost)) {
                _ = try connection.call("a.b.Labels", JSONObject())
            }
            #expect(!connection.isUsable)
        }
    }

    @Test("An error reply is thrown, and the connection goes on")
    func errors() async throws {
        let service = try service()
        try await onThread {
            let connection = try VarlinkClientConnection(path: service.path.string, timeLimit: .seconds(20))
            #expect(throws: VarlinkClientError.refused(.expectedMore)) {
                _ = try connection.call("a.b.Count", JSONObject())
            }
            #expect(connection.isUsable)
            let reply = try connection.call("a.b.Echo", ["x": 1] as JSONObject)
            #expect(try reply.parameters(as: JSONObject.self) == ["x": 1])
        }
    }

    @Test("With more the replies come one after the other")
    func more() async throws {
        let service = try service()
        try await onThread {
            let connection = try VarlinkClientConnection(path: service.path.string, timeLimit: .seconds(20))
            var numbers: [Int64] = []
            func take(_ reply: borrowing VarlinkReply) -> Int64? {
                (try? reply.parameters(as: JSONObject.self))?["n"]?.integer
            }
            try connection.callMore("a.b.Count", JSONObject()) { reply throws(VarlinkClientError) in
                numbers.append(take(reply) ?? 0)
                return true
            }
            #expect(numbers == [1, 2, 3, 4, 5])
            #expect(connection.isUsable)
            try connection.callMore("a.b.Count", JSONObject()) { reply throws(VarlinkClientError) in
                take(reply) != 2
            }
            #expect(!connection.isUsable)
            #expect(throws: VarlinkClientError.failed(.canceled)) { _ = try connection.call("a.b.Echo", JSONObject()) }
        }
    }

    @Test("With more the replies are read as what the method declares, and are refused where they are something else")
    func declared() async throws {
        struct Number: JSONReadable {
            var n: Int
            init(from reader: inout JSONReader) throws(JSONError) {
                var n: Int?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    if key == "n" { n = try reader.read() } else { try reader.skipOrRefuse(key) }
                }
                self.n = try reader.require(n, "n")
            }
        }
        let service = try service()
        try await onThread {
            let connection = try VarlinkClientConnection(path: service.path.string, timeLimit: .seconds(20))
            var numbers: [Int] = []
            func count(_ method: String) throws(VarlinkClientError) {
                try connection.callMore(method, ["n": "none"] as JSONObject, as: Number.self) { reply in
                    numbers.append(reply.n)
                    return true
                }
            }
            try count("a.b.Count")
            #expect(numbers == [1, 2, 3, 4, 5])
            var failure: VarlinkClientError?
            do throws(VarlinkClientError) { try count("a.b.Echo") } catch { failure = error }
            var isMalformed = false
            if case .malformed = failure { isMalformed = true }
            #expect(isMalformed, "\(String(describing: failure))")
        }
    }

    @Test("Descriptors come with the reply that names them")
    func descriptors() async throws {
        let service = try service()
        try await onThread {
            let connection = try VarlinkClientConnection(path: service.path.string, timeLimit: .seconds(20))
            for _ in 0..<3 {
                let reply = try connection.call("a.b.Label", JSONObject())
                let found = labels(of: reply.descriptors)
                #expect(found == [42])
            }
        }
    }

    @Test("Oneway waits for nothing")
    func oneway() async throws {
        let service = try service()
        try await onThread {
            let connection = try VarlinkClientConnection(path: service.path.string, timeLimit: .seconds(20))
            try connection.callOneway("a.b.Silence", JSONObject())
            #expect(connection.isUsable)
            #expect(try connection.call("a.b.Echo", ["x": 1] as JSONObject).error == nil)
        }
    }

    @Test("A service that does not answer is waited for as long as the limit says")
    func timeLimit() async throws {
        let service = try service()
        try await onThread {
            let connection = try VarlinkClientConnection(path: service.path.string, timeLimit: .milliseconds(50))
            let start = BootTime.now
            #expect(throws: VarlinkClientError.timedOut) { _ = try connection.call("a.b.Silence", JSONObject()) }
            #expect(BootTime.now >= start.advanced(by: .milliseconds(50)))
            #expect(!connection.isUsable)
            #expect(throws: VarlinkClientError.timedOut) { _ = try connection.call("a.b.Echo", JSONObject()) }
        }
    }

    @Test("A service that hangs up, or answers with what is no reply, is told apart")
    func brokenServices() async throws {
        let service = try service()
        try await onThread {
            let first = try VarlinkClientConnection(path: service.path.string, timeLimit: .seconds(20))
            #expect(throws: VarlinkClientError.disconnected) { _ = try first.call("a.b.Vanish", JSONObject()) }
            #expect(throws: VarlinkClientError.disconnected) { _ = try first.call("a.b.Echo", JSONObject()) }
            let second = try VarlinkClientConnection(path: service.path.string, timeLimit: .seconds(20))
            let error = #expect(throws: VarlinkClientError.self) { _ = try second.call("a.b.Garbage", JSONObject()) }
            guard case .malformed(.malformed) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
        }
    }

    @Test("A reply that nobody asked for is not taken for that to the next call")
    func unexpectedReplies() async throws {
        let service = try service()
        try await onThread {
            let unexpected = VarlinkClientError.malformed(.unexpectedReply)
            do {
                let first = try VarlinkClientConnection(path: service.path.string, timeLimit: .seconds(20))
                _ = try first.call("a.b.Chatter", JSONObject())
                #expect(throws: unexpected) { _ = try first.call("a.b.Echo", JSONObject()) }
            }
            let second = try VarlinkClientConnection(path: service.path.string, timeLimit: .seconds(20))
            #expect(throws: unexpected) { _ = try second.call("a.b.Endless", JSONObject()) }
            #expect(throws: unexpected) { _ = try second.call("a.b.Echo", JSONObject()) }
        }
    }

    @Test("A service that cannot be reached is named with its path and the error")
    func unreachable() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path("absent.sock").string
        _ = await onThread {
            #expect(throws: VarlinkClientError.unreachable(path: path, .noSuchFileOrDirectory)) {
                _ = try VarlinkClientConnection(path: path)
            }
        }
    }

    @Test("A backlog that stays full is waited for as long as the limit says")
    func fullBacklog() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path("full.sock")
        let listener = HeldDescriptor(try UnixSocket.listen(at: .path(path), backlog: 0))
        try await onThread {
            let first = try VarlinkClientConnection(path: path.string)
            #expect(throws: VarlinkClientError.unreachable(path: path.string, .wouldBlock)) {
                for _ in 0..<5 { _ = try VarlinkClientConnection(path: path.string, timeLimit: .milliseconds(20)) }
            }
            #expect(first.isUsable)
            withExtendedLifetime(listener) {}
        }
    }
}
