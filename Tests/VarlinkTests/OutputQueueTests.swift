// SPDX-License-Identifier: Apache-2.0

import BasicContainers
import Descriptors
import Glibc
import SystemPackage
import Testing
import Varlink
import VaultTestKit

struct OutputQueueTests {
    /// Reads everything that is there, as messages with the labels of their descriptors.
    private func receiveAll(_ reader: inout MessageReader, on socket: borrowing some Descriptor & ~Copyable) throws
        -> [String]
    {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
        defer { buffer.deallocate() }
        var seen: [String] = []
        while true {
            do {
                try reader.append(
                    buffer,
                    try MessageSocket.receive(into: buffer, room: .mostDescriptors, on: socket, flags: .dontWait))
            } catch Errno.wouldBlock {
                return seen
            }
            while let message = try reader.next() {
                let labels = labels(of: message.descriptors).map { $0.map(String.init) ?? "?" }
                let text = String(decoding: message.bytes, as: UTF8.self)
                seen.append(labels.isEmpty ? text : "\(text) \(labels.joined(separator: " "))")
            }
        }
    }

    private func held(_ label: Int) throws -> HeldDescriptor {
        HeldDescriptor(try labelledDescriptor(label))
    }

    private func message(_ text: String) -> [UInt8] { Array(text.utf8) + [0] }

    @Test("Messages go out in order, each with its own descriptors")
    func keepsOrder() throws {
        let pair = try MessageSocket.pair()
        let queue = OutputQueue()
        queue.enqueue(message("a"))
        queue.enqueue(message("b"))
        queue.enqueue(message("c"), passing: [try held(1), try held(2)], token: 11)
        queue.enqueue(message("d"), passing: [try held(3)], token: 12)
        queue.enqueue(message("e"))
        #expect(queue.pendingBytes == 10)
        #expect(queue.pendingDescriptorMessages == 2)
        #expect(queue.takePassings() == [])
        #expect(queue.flush(on: pair.first) == .done)
        #expect(queue.isEmpty)
        #expect(queue.pendingDescriptorMessages == 0)
        #expect(queue.takePassings() == [.init(token: 11, failure: nil), .init(token: 12, failure: nil)])
        #expect(queue.takePassings() == [])
        var reader = MessageReader()
        #expect(try receiveAll(&reader, on: pair.second) == ["a", "b", "c 1 2", "d 3", "e"])
    }

    @Test("What the socket does not take goes out later, and descriptors go with the first byte")
    func partialSends() throws {
        let pair = try MessageSocket.pair()
        try SocketOption.set(SO_SNDBUF, to: 4096, on: pair.first)
        let queue = OutputQueue()
        var expected: [String] = []
        var tokens: [UInt64] = []
        for number in 0..<40 {
            let text = "\(number)" + String(repeating: "x", count: 997 * number)
            if number % 3 == 0 {
                queue.enqueue(message(text), passing: [try held(number)], token: UInt64(number))
                expected.append("\(text) \(number)")
                tokens.append(UInt64(number))
            } else {
                queue.enqueue(message(text))
                expected.append(text)
            }
        }
        var reader = MessageReader()
        var seen: [String] = []
        var passed: [UInt64] = []
        var blocked = 0
        while !queue.isEmpty {
            if queue.flush(on: pair.first) == .blocked { blocked += 1 }
            passed += queue.takePassings().map(\.token)
            seen += try receiveAll(&reader, on: pair.second)
        }
        #expect(blocked > 10)
        #expect(seen == expected)
        #expect(passed == tokens)
    }

    @Test("The verdict is asked right before descriptors go, and can hold or replace them")
    func verdicts() throws {
        let pair = try MessageSocket.pair()
        let queue = OutputQueue()
        queue.enqueue(message("a"))
        queue.enqueue(message("b"), passing: [try held(1)], token: 1)
        queue.enqueue(message("c"), passing: [try held(2)], token: 2)
        var asked: [UInt64] = []
        let held = queue.flush(on: pair.first) { token in
            asked.append(token)
            return .hold
        }
        #expect(held == .held)
        var reader = MessageReader()
        #expect(try receiveAll(&reader, on: pair.second) == ["a"])
        let done = queue.flush(on: pair.first) { token in
            asked.append(token)
            return token == 1 ? .replace(message("denied")) : .send
        }
        #expect(done == .done)
        #expect(asked == [1, 1, 2])
        #expect(queue.isEmpty && queue.pendingDescriptorMessages == 0)
        #expect(try receiveAll(&reader, on: pair.second) == ["denied", "c 2"])
        #expect(queue.takePassings() == [.init(token: 2, failure: nil)])
    }

    @Test("A message without descriptors is decided of too where it has a token, also an empty one")
    func decidesWithoutDescriptors() throws {
        let pair = try MessageSocket.pair()
        let queue = OutputQueue()
        queue.enqueue(message("a"))
        queue.enqueue(message("b"), passing: [], token: 1)
        queue.enqueue(message("c"), passing: [], token: 2)
        queue.enqueue([], passing: [], token: 3)
        queue.enqueue(message("d"))
        var reader = MessageReader()
        #expect(queue.flush(on: pair.first) { _ in .hold } == .held)
        #expect(try receiveAll(&reader, on: pair.second) == ["a"] && queue.takePassings() == [])
        let done = queue.flush(on: pair.first) { $0 == 1 ? .replace(message("denied")) : .send }
        #expect(done == .done && queue.isEmpty && queue.pendingDescriptorMessages == 0)
        #expect(try receiveAll(&reader, on: pair.second) == ["denied", "c", "d"])
        #expect(queue.takePassings() == [.init(token: 2, failure: nil), .init(token: 3, failure: nil)])
        queue.enqueue([], passing: [], token: 4)
        #expect(!queue.isEmpty, "it has not been asked about")
        queue.fail(.brokenPipe)
        #expect(queue.isEmpty && queue.takePassings() == [.init(token: 4, failure: .brokenPipe)])
    }

    @Test("When the peer is gone, what had not begun is reported, and so is what comes later")
    func reportsFailures() throws {
        let pair = try MessageSocket.pair()
        let socket = pair.first.duplicateForTest()
        _ = consume pair
        let queue = OutputQueue()
        queue.enqueue(message("a"), passing: [try held(1)], token: 1)
        queue.enqueue(message("b"), passing: [try held(2)], token: 2)
        #expect(queue.flush(on: socket) == .failed(.brokenPipe))
        queue.enqueue(message("c"), passing: [try held(3)], token: 3)
        queue.enqueue(message("d"))
        #expect(queue.isEmpty)
        #expect(
            queue.takePassings() == [
                .init(token: 1, failure: .brokenPipe), .init(token: 2, failure: .brokenPipe),
                .init(token: 3, failure: .brokenPipe),
            ])
        #expect(queue.flush(on: socket) == .failed(.brokenPipe))
    }

    @Test("Descriptors are let go as soon as they are in flight")
    func releasesDescriptors() throws {
        let pair = try MessageSocket.pair()
        try SocketOption.set(SO_SNDBUF, to: 4096, on: pair.first)
        let queue = OutputQueue()
        var descriptor: HeldDescriptor? = try held(1)
        weak let watched = descriptor
        queue.enqueue([UInt8](repeating: 0x20, count: 1 << 20), passing: [descriptor!], token: 1)
        descriptor = nil
        #expect(watched != nil)
        #expect(queue.flush(on: pair.first) == .blocked)
        #expect(watched == nil)
        #expect(queue.takePassings() == [.init(token: 1, failure: nil)])
    }

    @Test("A message can have 253 descriptors")
    func mostDescriptors() throws {
        let pair = try MessageSocket.pair()
        let queue = OutputQueue()
        let descriptor = try held(7)
        queue.enqueue(message("all"), passing: Array(repeating: descriptor, count: 253), token: 1)
        #expect(queue.flush(on: pair.first) == .done)
        var reader = MessageReader()
        #expect(
            try receiveAll(&reader, on: pair.second)
                == ["all " + Array(repeating: "7", count: 253).joined(separator: " ")])
    }
}

extension OwnedDescriptor {
    /// A second descriptor, so that the first can go; a failure fails the test that asks.
    fileprivate borrowing func duplicateForTest() -> OwnedDescriptor {
        OwnedDescriptor(adopting: withUnsafeNumber { dup($0) })
    }
}
