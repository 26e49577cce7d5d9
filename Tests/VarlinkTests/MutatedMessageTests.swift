// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import JSONText
import SystemPackage
import Testing
import Varlink
import VaultTestKit

/// What a hostile or broken client sends, through a real socket.
struct MutatedMessageTests {
    private static let messages = [
        #"{"method":"a.b.Open","parameters":{"requests":[{"name":"logs/web","rights":["read"]}],"reason":"é\u00e9"}}"#,
        #"{"method":"a.b.List","parameters":null,"more":true}"#, #"{"method":"a.b.WhoAmI","oneway":true}"#,
        #"{"method":"org.varlink.service.GetInfo"}"#,
        #"{"method":"org.varlink.service.GetInterfaceDescription","parameters":{"interface":"a.b"}}"#,
    ].map { Array($0.utf8) + [0] }

    private static func mutated(_ random: inout SeededGenerator) -> [UInt8] {
        var bytes: [UInt8] = []
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            bytes += messages.randomElement(using: &random) ?? []
        }
        for _ in 0..<Int.random(in: 0...4, using: &random) where !bytes.isEmpty {
            let index = Int.random(in: 0..<bytes.count, using: &random)
            let length = Int.random(in: 0...min(20, bytes.count - index), using: &random)
            switch Int.random(in: 0..<7, using: &random) {
            case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
            case 1: bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            case 2: bytes.removeSubrange(index..<(index + length))
            case 3: bytes.insert(contentsOf: bytes[index..<(index + length)], at: index)
            case 4: bytes.insert(0, at: index)
            case 5: bytes.insert(contentsOf: [UInt8](repeating: 0x5B, count: 10 * length), at: index)
            default: bytes.removeSubrange(index...)
            }
        }
        return bytes
    }

    @Test("Random mutations of real messages are answered or refused, in order, and nothing is left behind")
    func randomMutations() throws {
        let seed = Seed()
        var random = seed.generator
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 16)
        defer { buffer.deallocate() }
        let service = ServiceDescription(
            vendor: "v", product: "p", version: "1", url: "u", interfaces: ["interface a.b\nmethod Open() -> ()"])
        let spare = HeldDescriptor(try labelledDescriptor(0))
        var answered = 0
        var refused = 0
        for _ in 0..<Soak.count(300, full: 10_000) {
            let pair = try MessageSocket.pair()
            let connection = VarlinkServerConnection(
                socket: try pair.first.duplicate(), limits: .init(longestMessage: 300),
                mostDescriptors: Int.random(in: 0...2, using: &random))
            var bytes = Self.mutated(&random)
            var expected = 0
            var isRefused = false
            while !isRefused, !bytes.isEmpty {
                let count = Int.random(in: 1...bytes.count, using: &random)
                let passed = Array(repeating: spare, count: max(0, Int.random(in: -5...3, using: &random)))
                try MessageSocket.send(bytes.span.extracting(..<count), passing: passed, on: pair.second)
                bytes.removeFirst(count)
                receiving: while true {
                    switch connection.receive(into: buffer) {
                    case .bytes: break
                    case .refused:
                        isRefused = true
                        break receiving
                    default: break receiving
                    }
                    do {
                        while let call = try connection.nextCall() {
                            if !call.isOneway { expected += 1 }
                            connection.reply(
                                to: call.slot, message: service.answer(call) ?? MessageText.reply(EmptyMessage()))
                        }
                    } catch {
                        isRefused = true
                        connection.end(with: .permissionDenied)
                        expected += 1
                        break receiving
                    }
                }
            }
            #expect(connection.openCalls == 0, "\(seed)")
            #expect(connection.flush() == .done, "\(seed)")
            #expect(connection.isFinished == (isRefused && connection.isEnding), "\(seed)")
            let replies = try countReplies(on: pair.second)
            // Upgrades are answered by the connection itself.
            #expect(replies >= expected, "\(seed)")
            answered += replies
            refused += isRefused ? 1 : 0
        }
        #expect(answered > 0 && refused > 0)
    }

    private func countReplies(on socket: borrowing some Descriptor & ~Copyable) throws -> Int {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
        defer { buffer.deallocate() }
        var reader = MessageReader()
        var count = 0
        while true {
            do throws(Errno) {
                let received = try MessageSocket.receive(into: buffer, room: .none, on: socket, flags: .dontWait)
                reader.append(buffer.bindMemory(to: UInt8.self).span.extracting(..<received.byteCount))
            } catch {
                return count
            }
            while let message = try reader.next() {
                _ = try VarlinkReply(message)
                count += 1
            }
        }
    }

    @Test("No descriptor is left open, whatever came with the messages")
    func leaksNothing() async {
        await #expect(processExitsWith: .success) {
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 16)
            defer { buffer.deallocate() }
            var random = SeededGenerator(seed: 7)
            let spare = HeldDescriptor(try labelledDescriptor(0))
            var before = -1
            for round in 0..<Soak.count(300, full: 20_000) {
                let pair = try MessageSocket.pair()
                let connection = VarlinkServerConnection(
                    socket: try pair.first.duplicate(), mostDescriptors: round % 3)
                for _ in 0..<3 {
                    let passed = Array(repeating: spare, count: Int.random(in: 0...4, using: &random))
                    let message = Array("{\"method\":\"a.b.C\"}\(round % 5 == 0 ? "x" : "")\0{\"me".utf8)
                    _ = try? MessageSocket.send(message.span, passing: passed, on: pair.second)
                    guard connection.receive(into: buffer) == .bytes else { break }
                    while let call = try? connection.nextCall() {
                        connection.reply(
                            to: call.slot, message: MessageText.reply(EmptyMessage()),
                            passing: [HeldDescriptor(try StandardDescriptor.input.duplicate())], token: 1)
                    }
                    if round % 2 == 0 { _ = connection.flush() }
                }
                if round % 7 == 0 { connection.fail(.brokenPipe) }
                _ = consume connection
                _ = consume pair
                if round == 0 {
                    while ForeignDescriptors.count > 0 { sched_yield() }
                    before = openDescriptorCount()
                }
            }
            // What a client passed is closed by threads of its own.
            while ForeignDescriptors.count > 0 { sched_yield() }
            // Threads of the testing library open and close one now and then; a leak would be one a round.
            precondition(openDescriptorCount() < before + 10, "\(openDescriptorCount()) descriptors, \(before) before")
        }
    }
}
