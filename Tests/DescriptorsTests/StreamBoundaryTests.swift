// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage
import Testing
import VaultTestKit

@Suite("On a stream")
struct StreamBoundaryTests {
    @Test(
        "a read can return the end of a plain message together with the start of one that carries descriptors")
    func plainThenDescriptors() throws {
        let pair = try MessageSocket.pair()
        try MessageSocket.send(Array("plain".utf8).span, on: pair.first)
        try MessageSocket.send(Array("with".utf8).span, passing: memory("x"), on: pair.first)
        try MessageSocket.send(Array("next".utf8).span, on: pair.first)
        let first = try receive(on: pair.second)
        #expect(first.text == "plainwith")
        #expect(first.descriptors.count == 1)
        // No read goes on past the message whose descriptors it returned.
        let second = try receive(on: pair.second)
        #expect(second.text == "next")
        #expect(second.descriptors.isEmpty)
    }

    @Test("the descriptors of two messages never come in one read")
    func descriptorsTwice() throws {
        let pair = try MessageSocket.pair()
        for text in ["a", "b"] {
            try MessageSocket.send(Array(text.utf8).span, passing: memory(text), on: pair.first)
        }
        for text in ["a", "b"] {
            let message = try receive(on: pair.second)
            #expect(message.text == text)
            try #require(message.descriptors.count == 1)
            #expect(contents(of: message.descriptors[0]) == text)
        }
    }

    @Test("a read that takes the first byte of a message takes all its descriptors, and the rest comes without")
    func firstByte() throws {
        let pair = try MessageSocket.pair()
        try MessageSocket.send(Array("message".utf8).span, passing: nulls(3), on: pair.first)
        #expect(try receive(on: pair.second, upTo: 1).descriptors.count == 3)
        let rest = try receive(on: pair.second)
        #expect(rest.text == "essage")
        #expect(rest.descriptors.isEmpty)
    }

    @Test("a read ends a byte short of a message's descriptors when its buffer ends there")
    func shortRead() throws {
        let pair = try MessageSocket.pair()
        try MessageSocket.send(Array("plain".utf8).span, on: pair.first)
        try MessageSocket.send(Array("with".utf8).span, passing: nulls(1), on: pair.first)
        #expect(try receive(on: pair.second, upTo: 5).descriptors.isEmpty)
        #expect(try receive(on: pair.second, upTo: 1).descriptors.count == 1)
    }

    @Test(
        "messages of two processes are not glued together when credentials are passed",
        .enabled(if: Command.find("sh") != nil, "needs a shell"))
    func twoSenders() async throws {
        let pair = try MessageSocket.pair()
        try SocketOption.setPassCredentials(true, on: pair.second)
        try MessageSocket.send(Array("own".utf8).span, on: pair.first)
        var command = Command("sh", "-c", "printf other >&3")
        command.passing = [(HeldDescriptor(pair.first), 3)]
        #expect(try await command.run().status == .exited(0))
        let first = try receive(on: pair.second)
        #expect(first.bytes.count == 3 && first.credentials?.pid == getpid())
        let second = try receive(on: pair.second)
        #expect(second.bytes.count == 5 && second.credentials?.pid != getpid())
    }

    @Test("what does not fit into a socket goes out in part, its descriptors with the first byte of it")
    func partialSend() throws {
        let pair = try MessageSocket.pair()
        try SocketOption.set(SO_SNDBUF, to: 4096, on: pair.first)
        let bytes = [UInt8](repeating: 5, count: 1 << 20)
        let sent = try MessageSocket.send(bytes.span, passing: nulls(1), on: pair.first, flags: .dontWait)
        #expect(sent > 0 && sent < bytes.count)
        #expect(try SocketOption.outgoingQueue(of: pair.first) >= sent)
        var received = 0
        var descriptors = 0
        while received < sent {
            let message = try receive(on: pair.second, upTo: 65536)
            received += message.bytes.count
            descriptors += message.descriptors.count
        }
        #expect(received == sent)
        #expect(descriptors == 1)
        #expect(try SocketOption.outgoingQueue(of: pair.first) == 0)
    }
}
