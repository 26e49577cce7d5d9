// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import Processes
import SystemPackage
import Testing
import VaultTestKit

@testable import OpenerWire
@testable import VaultBroker

/// The client, against an opener that is this test.
struct OpenerClientTests {
    private static let status = OpenedStatus(flags: 0, mode: 0o100600, device: 1, inode: 2, representedDevice: 0)

    @Test("Answers may come in any order, and one that nobody waits for is closed")
    func anyOrder() async throws {
        let fake = try await FakeOpener.start()
        async let first = fake.opener.open("/first")
        let one = try await fake.receive()
        async let second = fake.opener.open("/second")
        let two = try await fake.receive()
        #expect(one.operation == .open(OpenPath(path: "/first", flags: O_RDONLY)))
        #expect(two.id != one.id)
        let (left, right) = (try fake.pipe(), try fake.pipe())
        try fake.send(OpenerAnswer(id: 999, outcome: .descriptors(count: 1, Self.status)), passing: [left.writer])
        try fake.send(
            OpenerAnswer(id: two.id, outcome: .descriptors(count: 1, Self.status)), passing: [left.writer])
        try fake.send(
            OpenerAnswer(id: one.id, outcome: .descriptors(count: 1, Self.status)), passing: [right.writer])
        let (forFirst, forSecond) = (try await first, try await second)
        #expect(try DescriptorStatus.isSameDescription(forFirst, right.writer))
        #expect(try DescriptorStatus.isSameDescription(forSecond, left.writer))
        #expect(await fake.opener.isAlive)
        await fake.opener.close()
    }

    @Test("An answer of another form than was asked for is a failure of its own")
    func otherForm() async throws {
        let fake = try await FakeOpener.start()
        let pipe = try fake.pipe()
        let malformed = OpenerFailure(.protocolError, .answerMalformed)
        let file = HeldDescriptor(try OwnedDescriptor.open("/dev/null"))

        async let opening = failure { try await fake.opener.open("/x") }
        var id = try await fake.receive().id
        try fake.send(
            OpenerAnswer(id: id, outcome: .descriptors(count: 2, Self.status)),
            passing: [pipe.reader, pipe.writer])
        #expect(await opening == malformed)

        async let pairing = failure { try await fake.opener.fifo("/x", create: nil) }
        id = try await fake.receive().id
        try fake.send(OpenerAnswer(id: id, outcome: .descriptors(count: 1, Self.status)), passing: [file])
        #expect(await pairing == malformed)

        async let inspecting = failure { try await fake.opener.inspect(file, .all) }
        id = try await fake.receive().id
        try fake.send(OpenerAnswer(id: id, outcome: .descriptors(count: 1, Self.status)), passing: [file])
        #expect(await inspecting == malformed)

        async let again = failure { try await fake.opener.open("/x") }
        id = try await fake.receive().id
        try fake.send(OpenerAnswer(id: id, outcome: .facts(ProcessFacts())))
        #expect(await again == malformed)
        #expect(await fake.opener.isAlive)
        await fake.opener.close()
    }

    @Test(
        "An opener that sends what is no answer is trusted no more: all that waits fails, and it is killed",
        arguments: [[1], [UInt8](repeating: 0, count: 64), [UInt8](repeating: 7, count: 9000)])
    func noAnswer(bytes: [UInt8]) async throws {
        let fake = try await FakeOpener.start()
        async let first = failure { try await fake.opener.open("/first") }
        _ = try await fake.receive()
        try fake.sendBytes(bytes)
        let gone = OpenerFailure(.socketNotConnected, .openerGone)
        #expect(await first == gone)
        #expect(await failure { try await fake.opener.open("/later") } == gone)
        try await waitUntil("the death to be reported") { await fake.opener.death != nil }
        #expect(await fake.opener.death == .some(.killed(signal: SIGKILL, dumpedCore: false)))
    }

    @Test("A number of descriptors that the answer does not say is no answer either")
    func wrongCount() async throws {
        let fake = try await FakeOpener.start()
        async let first = failure { try await fake.opener.open("/first") }
        let id = try await fake.receive().id
        try fake.send(OpenerAnswer(id: id, outcome: .descriptors(count: 1, Self.status)))
        #expect(await first?.reason == .openerGone)
    }

    @Test("A full socket keeps requests back, their descriptors too, until the opener reads")
    func fullSocket() async throws {
        let fake = try await FakeOpener.start()
        let count = 200
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<count {
                group.addTask {
                    // The client has its own copy, whatever becomes of this one.
                    let file = HeldDescriptor(try OwnedDescriptor.open("/dev/null"))
                    _ = try await fake.opener.reopen(file, O_RDONLY)
                }
            }
            try await waitUntil("all to be asked") { await fake.opener.waitingCount == count }
            for _ in 0..<count {
                let request = try await fake.receive()
                #expect(request.operation == .reopen(flags: O_RDONLY))
                let file = HeldDescriptor(try OwnedDescriptor.open("/dev/null"))
                try fake.send(
                    OpenerAnswer(id: request.id, outcome: .descriptors(count: 1, Self.status)), passing: [file])
            }
            try await group.waitForAll()
        }
        #expect(await fake.opener.waitingCount == 0)
        await fake.opener.close()
    }
}

/// The other end of a client's socket.
private final class FakeOpener: Sendable {
    let opener: OpenerUnderTest
    private let socket: HeldDescriptor

    private init(opener: OpenerUnderTest, socket: HeldDescriptor) {
        self.opener = opener
        self.socket = socket
    }

    static func start() async throws -> FakeOpener {
        let pair = try MessageSocket.pair(.seqpacket)
        // It stands for the process, and does nothing.
        let child = try ChildProcess.spawn("/bin/sleep", arguments: ["sleep", "600"])
        let process = OpenerProcess(child: child, socket: try pair.first.duplicate())
        return FakeOpener(
            opener: try await OpenerUnderTest.start(process: process),
            socket: HeldDescriptor(try pair.second.duplicate()))
    }

    func receive() async throws -> OpenerRequest {
        try await onThread { [socket] in
            try waitOnThread(on: socket, what: "a request")
            var buffer = [UInt8](repeating: 0, count: WireForm.receiveSize)
            return try buffer.withUnsafeMutableBytes { buffer in
                let message = try MessageSocket.receive(into: buffer, room: .descriptors(1), on: socket)
                return try OpenerRequest(decoding: Array(buffer[..<message.byteCount]))
            }
        }
    }

    func send(_ answer: OpenerAnswer, passing descriptors: [HeldDescriptor] = []) throws {
        try MessageSocket.send(answer.encoded().span, passing: descriptors, on: socket)
    }

    func sendBytes(_ bytes: [UInt8]) throws { try MessageSocket.send(bytes.span, on: socket) }

    func pipe() throws -> (reader: HeldDescriptor, writer: HeldDescriptor) {
        let pipe = try OwnedDescriptor.pipe()
        return (HeldDescriptor(try pipe.reader.duplicate()), HeldDescriptor(try pipe.writer.duplicate()))
    }
}
