// SPDX-License-Identifier: Apache-2.0

import BasicContainers
import Descriptors
import Glibc
import JSONText
import SystemPackage
import Testing
import Varlink
import VaultTestKit

struct VarlinkServerConnectionTests {
    private final class Fixture {
        let connection: VarlinkServerConnection
        let client: HeldDescriptor
        private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
        private var reader = MessageReader()

        init(limits: VarlinkServerConnection.Limits = .init(), mostDescriptors: Int = 0) throws {
            let pair = try MessageSocket.pair()
            client = HeldDescriptor(pair.second)
            connection = VarlinkServerConnection(socket: pair.first, limits: limits, mostDescriptors: mostDescriptors)
        }

        deinit { buffer.deallocate() }

        func send(_ text: String, passing descriptors: [HeldDescriptor] = []) throws {
            try MessageSocket.send(Array(text.utf8).span, passing: descriptors, on: client)
        }

        func receive() -> VarlinkServerConnection.Receipt { connection.receive(into: buffer) }

        /// The methods of the calls that can be taken, which are left open.
        func take() throws -> [(method: String, slot: ReplySlot)] {
            var calls: [(String, ReplySlot)] = []
            while let call = try connection.nextCall() { calls.append((call.method, call.slot)) }
            return calls
        }

        func takeOne() throws -> VarlinkCall {
            guard let call = try connection.nextCall() else { throw Absent() }
            return call
        }

        private struct Absent: Error {}

        /// Whether each of the calls that can be taken repeats the one before it; they are left open.
        func takeRepeats() throws -> [Bool] {
            var repeats: [Bool] = []
            while let call = try connection.nextCall() { repeats.append(call.isRepeated) }
            return repeats
        }

        /// What the client has got, with the labels of the descriptors.
        func replies() throws -> [String] {
            var seen: [String] = []
            while true {
                do {
                    let received = try MessageSocket.receive(
                        into: buffer, room: .mostDescriptors, on: client, flags: .dontWait)
                    if received.byteCount == 0 { return seen + ["END"] }
                    try reader.append(buffer, received)
                } catch Errno.wouldBlock {
                    return seen
                }
                while let message = try reader.next() {
                    let labels = labels(of: message.descriptors).map { $0.map(String.init) ?? "?" }
                    seen.append(([String(decoding: message.bytes, as: UTF8.self)] + labels).joined(separator: " "))
                }
            }
        }
    }

    private func held(_ label: Int) throws -> HeldDescriptor { HeldDescriptor(try labelledDescriptor(label)) }

    @Test("A call with the bytes of one before it is known, and is read all the same")
    func repeated() throws {
        let fixture = try Fixture()
        let call = #"{"method":"a.b.C","parameters":{"x":[1]}}"# + "\0"
        let other = #"{"method":"a.b.C","parameters":{"x":[2]}}"# + "\0"
        let oneway = #"{"method":"a.b.C","oneway":true}"# + "\0"
        try fixture.send(call + call + other + other + other + call + oneway + oneway)
        #expect(fixture.receive() == .bytes)
        let repeats = try fixture.takeRepeats()
        #expect(repeats == [false, true, false, true, true, true, false, false], "what takes no answer is not kept")
        #expect(fixture.connection.openCalls == 6)
        try fixture.send(call + call)
        #expect(fixture.receive() == .bytes)
        _ = try fixture.takeOne()
        let second = try fixture.takeOne()
        #expect(second.isRepeated && second.method == "a.b.C" && second.slot.isAnswered)
        #expect(try second.parameters(as: [String: [Int]].self) == ["x": [1]])
        let long = #"{"method":"a.b.C","parameters":{"x":"\#(String(repeating: "x", count: 5_000))"}}"# + "\0"
        try fixture.send(long + long)
        #expect(fixture.receive() == .bytes)
        #expect(try fixture.takeRepeats() == [false, false], "what is long is not kept")
        for round in 0..<3 {
            for number in 0..<VarlinkServerConnection.placesRemembered {
                try fixture.send(#"{"method":"a.b.C\#(number)"}"# + "\0")
                #expect(fixture.receive() == .bytes)
                let call = try fixture.takeOne()
                #expect(call.isRepeated == (round > 0) && call.method == "a.b.C\(number)")
                #expect(call.place.map { (0..<VarlinkServerConnection.placesRemembered).contains($0) } == true)
                fixture.connection.reply(to: call.slot, error: .methodNotFound("x"))
            }
        }
    }

    @Test("Calls on a connection are answered in order, whichever is ready first")
    func answersInOrder() throws {
        let fixture = try Fixture()
        try fixture.send("{\"method\":\"a.b.A\"}\0{\"method\":\"a.b.B\"}\0{\"method\":\"a.b.C\"}\0{\"meth")
        #expect(fixture.receive() == .bytes)
        let calls = try fixture.take()
        #expect(calls.map(\.method) == ["a.b.A", "a.b.B", "a.b.C"])
        #expect(fixture.connection.openCalls == 3)
        fixture.connection.reply(
            to: calls[1].slot, message: MessageText.reply(EmptyMessage()), passing: [try held(2)], token: 2)
        fixture.connection.reply(to: calls[2].slot, ["c": 3] as JSONObject)
        #expect(fixture.connection.flush() == .done)
        #expect(try fixture.replies() == [])
        #expect(fixture.connection.openCalls == 3)
        #expect(fixture.connection.pendingBytes > 0, "what waits for others counts as not sent")
        fixture.connection.reply(to: calls[0].slot, error: .expectedMore)
        #expect(fixture.connection.openCalls == 0)
        #expect(fixture.connection.flush() == .done)
        #expect(
            try fixture.replies() == [
                #"{"error":"org.varlink.service.ExpectedMore","parameters":{}}"#, #"{"parameters":{}} 2"#,
                #"{"parameters":{"c":3}}"#,
            ])
        #expect(fixture.connection.takePassings() == [.init(token: 2, failure: nil)])
    }

    @Test("A call can have several replies, and those to the next one wait for the last")
    func severalReplies() throws {
        let fixture = try Fixture()
        try fixture.send("{\"method\":\"a.b.A\",\"more\":true}\0{\"method\":\"a.b.B\",\"more\":true}\0")
        #expect(fixture.receive() == .bytes)
        let calls = try fixture.take()
        fixture.connection.reply(to: calls[1].slot, ["b": 1] as JSONObject, continues: true)
        fixture.connection.reply(to: calls[0].slot, ["a": 1] as JSONObject, continues: true)
        #expect(fixture.connection.flush() == .done)
        #expect(try fixture.replies() == [#"{"parameters":{"a":1},"continues":true}"#])
        fixture.connection.reply(to: calls[0].slot, ["a": 2] as JSONObject)
        fixture.connection.reply(to: calls[1].slot, ["b": 2] as JSONObject)
        #expect(fixture.connection.flush() == .done)
        #expect(
            try fixture.replies() == [
                #"{"parameters":{"a":2}}"#, #"{"parameters":{"b":1},"continues":true}"#, #"{"parameters":{"b":2}}"#,
            ])
    }

    @Test("A oneway call gets no reply, also no error, and holds up nobody")
    func oneway() throws {
        let fixture = try Fixture()
        try fixture.send("{\"method\":\"a.b.A\",\"oneway\":true}\0{\"method\":\"a.b.B\"}\0")
        #expect(fixture.receive() == .bytes)
        let calls = try fixture.take()
        #expect(calls.map(\.slot.isAnswered) == [false, true])
        fixture.connection.reply(to: calls[0].slot, error: .expectedMore)
        fixture.connection.reply(to: calls[0].slot, JSONObject())
        fixture.connection.reply(to: calls[1].slot, JSONObject())
        #expect(fixture.connection.flush() == .done)
        #expect(try fixture.replies() == [#"{"parameters":{}}"#])
    }

    @Test("An upgrade is refused, and the calls after it are answered")
    func upgrade() throws {
        let fixture = try Fixture()
        try fixture.send("{\"method\":\"a.b.A\",\"upgrade\":true}\0{\"method\":\"a.b.B\"}\0")
        #expect(fixture.receive() == .bytes)
        let calls = try fixture.take()
        #expect(calls.map(\.method) == ["a.b.B"])
        #expect(fixture.connection.flush() == .done)
        #expect(
            try fixture.replies()
                == [#"{"error":"org.varlink.service.InvalidParameter","parameters":{"parameter":"upgrade"}}"#])
    }

    @Test("With enough calls open no further one is taken until one is answered")
    func limitsCallsInFlight() throws {
        let fixture = try Fixture(limits: .init(callsInFlight: 2))
        try fixture.send("{\"method\":\"a.b.A\"}\0{\"method\":\"a.b.B\"}\0{\"method\":\"a.b.C\"}\0")
        #expect(fixture.receive() == .bytes)
        let calls = try fixture.take()
        #expect(calls.map(\.method) == ["a.b.A", "a.b.B"])
        #expect(!fixture.connection.wantsInput)
        fixture.connection.reply(to: calls[0].slot, JSONObject())
        #expect(fixture.connection.wantsInput)
        #expect(try fixture.take().map(\.method) == ["a.b.C"])
    }

    @Test("A client that does not read its replies is not listened to")
    func limitsPendingBytes() throws {
        let fixture = try Fixture(limits: .init(pendingBytes: 1000))
        try SocketOption.set(SO_SNDBUF, to: 4096, on: fixture.connection.socket)
        try fixture.send("{\"method\":\"a.b.A\"}\0{\"method\":\"a.b.B\"}\0")
        #expect(fixture.receive() == .bytes)
        let call = try fixture.takeOne()
        fixture.connection.reply(to: call.slot, ["x": .string(String(repeating: "x", count: 100_000))] as JSONObject)
        #expect(fixture.connection.flush() == .blocked)
        #expect(!fixture.connection.wantsInput)
        #expect(try fixture.take().isEmpty)
        #expect(try fixture.connection.unreadByClient() > 0)
        while fixture.connection.flush() == .blocked { _ = try fixture.replies() }
        #expect(fixture.connection.wantsInput)
        #expect(try fixture.take().map(\.method) == ["a.b.B"])
        _ = try fixture.replies()
        #expect(try fixture.connection.unreadByClient() == 0)
    }

    @Test("A half-sent message is known since its first byte came")
    func partialMessages() throws {
        let fixture = try Fixture()
        #expect(fixture.receive() == .nothing)
        #expect(fixture.connection.partialSince == nil)
        let before = BootTime.now
        try fixture.send("{\"method\":")
        #expect(fixture.receive() == .bytes)
        #expect(try fixture.take().isEmpty)
        let since = try #require(fixture.connection.partialSince)
        #expect(before <= since && since <= .now)
        try fixture.send("\"a.b")
        #expect(fixture.receive() == .bytes)
        #expect(try fixture.take().isEmpty)
        #expect(fixture.connection.partialSince == since)
        try fixture.send(".C\"}\0")
        #expect(fixture.receive() == .bytes)
        #expect(try fixture.take().map(\.method) == ["a.b.C"])
        #expect(fixture.connection.partialSince == nil)
    }

    @Test("What is too large is refused clearly, and then nothing more is taken")
    func refusesTooLarge() throws {
        let fixture = try Fixture(limits: .init(longestMessage: 50))
        try fixture.send("{\"method\":\"a.b.A\"}\0{\"method\":\"a.b.A\"" + String(repeating: " ", count: 50))
        #expect(fixture.receive() == .bytes)
        let call = try fixture.takeOne()
        #expect(throws: MessageError.tooLarge(limit: 50)) { _ = try fixture.connection.nextCall() }
        fixture.connection.end(with: VarlinkError(name: "a.b.TooLarge"))
        #expect(!fixture.connection.wantsInput && !fixture.connection.isFinished)
        #expect(try fixture.take().isEmpty)
        fixture.connection.reply(to: call.slot, JSONObject())
        #expect(!fixture.connection.isFinished)
        #expect(fixture.connection.flush() == .done)
        #expect(fixture.connection.isFinished)
        #expect(try fixture.replies() == [#"{"parameters":{}}"#, #"{"error":"a.b.TooLarge","parameters":{}}"#])
    }

    @Test("What is pushed at a connection that leaves no room for descriptors does not come in")
    func noRoomForDescriptors() throws {
        let fixture = try Fixture()
        try SocketOption.setPassCredentials(true, on: fixture.connection.socket)
        let descriptor = try held(1)
        try fixture.send("{\"method\":\"a.b.A\"}\0", passing: [descriptor, descriptor])
        #expect(fixture.receive() == .bytes)
        let call = try fixture.takeOne()
        #expect(call.descriptors.count == 0)
        #expect(call.sender == .process(getpid()))
    }

    @Test("A connection with room gets the descriptors of each call")
    func roomForDescriptors() throws {
        let fixture = try Fixture(mostDescriptors: 2)
        let (one, two) = (try held(1), try held(2))
        try fixture.send("{\"method\":\"a.b.A\"}\0")
        try fixture.send("{\"method\":\"a.b.B\"}\0", passing: [one, two])
        try fixture.send("{\"method\":\"a.b.C\"}\0", passing: [two])
        var seen: [[Int?]] = []
        while fixture.receive() == .bytes {
            while let call = try fixture.connection.nextCall() { seen.append(labels(of: call.descriptors)) }
        }
        #expect(seen == [[], [1, 2], [2]])
        try fixture.send("{\"method\":\"a.b.D\"}\0", passing: [one, two, one])
        #expect(fixture.receive() == .refused(.descriptorsLost))
    }

    @Test("The end of a client's calls is told apart from nothing being there, also with credentials")
    func endOfFile() throws {
        let fixture = try Fixture()
        try SocketOption.setPassCredentials(true, on: fixture.connection.socket)
        #expect(fixture.receive() == .nothing)
        try UnixSocket.shutDown(fixture.client, reading: false)
        #expect(fixture.receive() == .endOfFile)
    }

    @Test("When the client is gone every message with descriptors is reported, also those that come later")
    func reportsLostMessages() throws {
        let fixture = try Fixture()
        try fixture.send("{\"method\":\"a.b.A\"}\0{\"method\":\"a.b.B\"}\0{\"method\":\"a.b.C\"}\0")
        #expect(fixture.receive() == .bytes)
        let calls = try fixture.take()
        func reply(_ index: Int) throws {
            fixture.connection.reply(
                to: calls[index].slot, message: MessageText.reply(EmptyMessage()), passing: [try held(index)],
                token: UInt64(index))
        }
        try reply(1)
        try reply(0)
        try UnixSocket.shutDown(fixture.client)
        #expect(fixture.connection.flush() == .failed(.brokenPipe))
        try reply(2)
        #expect(
            fixture.connection.takePassings().sorted { $0.token < $1.token }
                == [0, 1, 2].map { .init(token: $0, failure: .brokenPipe) })
        #expect(fixture.connection.isEnding)
    }
}
