// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Processes
import SystemPackage
import Testing

@testable import OpenerWire

/// Every field of a message at its extremes: read as what it says, or malformed.
struct ExtremeFieldTests {
    /// Where a field lies, and how many bytes it has.
    private typealias Field = (offset: Int, width: Int)

    private static let requestFields: [Field] =
        [
            (0, 4), (4, 2), (6, 1), (7, 1), (8, 8), (16, 4), (20, 4), (24, 4), (28, 4), (32, 4), (36, 2), (38, 2),
            (40, 1),
        ]
        + (41..<48).map { ($0, 1) } + [(48, 8), (56, 8)]

    private static let answerFields: [Field] =
        [(0, 4), (4, 2), (6, 1), (7, 1), (8, 8)] + stride(from: 16, to: 40, by: 4).map { ($0, 4) }
        + [(40, 8), (48, 8), (56, 8)]
    private static let factFields: [Field] =
        stride(from: 64, to: 96, by: 4).map { ($0, 4) } + stride(from: 96, to: 128, by: 8).map { ($0, 8) }

    /// None, one, the most and the least that is signed, the most but one, and all bits, low bytes first.
    private static func extremes(_ width: Int) -> [[UInt8]] {
        let more = [UInt8](repeating: 0xFF, count: width - 1)
        let none = [UInt8](repeating: 0, count: width - 1)
        return [none + [0], [1] + none, more + [0x7F], none + [0x80], [0xFE] + more, more + [0xFF]]
    }

    private static func changed(_ bytes: [UInt8], _ fields: [Field]) -> [[UInt8]] {
        fields.flatMap { field in
            extremes(field.width).map { value in
                var changed = bytes
                changed.replaceSubrange(field.offset..<field.offset + field.width, with: value)
                return changed
            }
        }
    }

    @Test("of a request", arguments: OpenerRequestTests.samples)
    func request(operation: OpenerRequest.Operation) throws {
        let request = OpenerRequest(id: 77, operation: operation)
        for bytes in try Self.changed(request.encoded(), Self.requestFields) {
            guard let read = try? OpenerRequest(decoding: bytes) else { continue }
            #expect(try read.encoded() == bytes)
        }
        for id in [0, 1, UInt64(Int64.max), 1 << 63, .max] as [UInt64] {
            let other = OpenerRequest(id: id, operation: operation)
            #expect(try OpenerRequest(decoding: other.encoded()) == other)
        }
    }

    @Test("of an answer", arguments: OpenerAnswerTests.samples)
    func answer(outcome: OpenerAnswer.Outcome) throws {
        let answer = OpenerAnswer(id: 77, outcome: outcome)
        let fields = Self.answerFields + (outcome.code == .facts ? Self.factFields : [])
        for bytes in Self.changed(answer.encoded(), fields) {
            guard let read = try? OpenerAnswer(decoding: bytes) else { continue }
            #expect(read.encoded() == bytes)
        }
        for id in [0, 1, UInt64(Int64.max), 1 << 63, .max] as [UInt64] {
            let other = OpenerAnswer(id: id, outcome: outcome)
            #expect(try OpenerAnswer(decoding: other.encoded()) == other)
        }
    }

    @Test("of numbers that a request may have: each is read as it is")
    func numbers() throws {
        for number in [0, 1, UInt32(Int32.max), 1 << 31, .max - 1] as [UInt32] {
            let flags = Int32(bitPattern: number)
            for operation: OpenerRequest.Operation in [
                .open(OpenPath(path: "/a", flags: flags, mode: number)), .reopen(flags: flags),
                .fifo(path: "/a", createMode: number), .memory(path: "/a", sizeLimit: number, owner: nil),
                .listenUnix(
                    UnixListener(path: "/a", kind: .stream, mode: number, uid: number, gid: number, backlog: number)),
                .copy(owner: .init(uid: number, gid: number)), .content(sizeLimit: number),
                .inspect(ProcessFactKinds(rawValue: number)),
                .helper(HelperRun(program: ["/h"], path: "/a", flags: flags)),
            ] {
                let request = OpenerRequest(id: 1, operation: operation)
                #expect(try OpenerRequest(decoding: request.encoded()) == request)
            }
        }
    }

    @Test("of the room for texts: too many, too long, without an end, no UTF-8, and something behind them")
    func texts() throws {
        let good = try OpenerRequest(id: 9, operation: .fifo(path: "/a", createMode: nil)).encoded()
        let room = 64..<good.count
        func refused(_ what: String, _ change: (inout [UInt8]) -> Void) {
            var bytes = good
            change(&bytes)
            #expect(throws: MalformedRequest(id: 9), "\(what)") { try OpenerRequest(decoding: bytes) }
        }
        #expect(try OpenerRequest(decoding: good).id == 9)
        for count in [0, 2, 3, 127, 255] { refused("\(count) texts") { $0[6] = UInt8(count) } }
        refused("no end") { $0.replaceSubrange(room, with: [UInt8](repeating: 0x61, count: room.count)) }
        refused("no end but the last byte") {
            $0.replaceSubrange(room, with: [UInt8](repeating: 0x61, count: room.count - 1) + [0])
        }
        for bytes: [UInt8] in [[0xFF], [0xC3], [0xC0, 0xAF], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0x80]] {
            refused("\(bytes)") { $0.replaceSubrange(65..<65 + bytes.count, with: bytes) }
        }
        refused("something behind") { $0[good.count - 1] = 1 }
        refused("something behind at once") { $0[67] = 0x62 }
        var longest = good
        longest.replaceSubrange(64..<64 + 4095, with: [UInt8](repeating: 0x61, count: 4095))
        #expect(try OpenerRequest(decoding: longest).encoded() == longest)
        refused("a byte too long") { $0.replaceSubrange(64..<64 + 4096, with: [UInt8](repeating: 0x61, count: 4096)) }
    }
}
