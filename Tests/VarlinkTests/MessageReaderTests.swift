// SPDX-License-Identifier: Apache-2.0

import BasicContainers
import Descriptors
import Testing
import Varlink
import VaultTestKit

struct MessageReaderTests {
    /// A message as it can be compared.
    private struct Seen: Equatable {
        var text: String
        var labels: [Int?]
        var sender: MessageSender

        init(_ text: String, _ labels: [Int?] = [], _ sender: MessageSender = .unattached) {
            self.text = text
            self.labels = labels
            self.sender = sender
        }
    }

    private func drain(_ reader: inout MessageReader) throws -> [Seen] {
        var seen: [Seen] = []
        while let message = try reader.next() {
            seen.append(
                Seen(String(decoding: message.bytes, as: UTF8.self), labels(of: message.descriptors), message.sender))
        }
        return seen
    }

    @Test("A message is one JSON object followed by one NUL byte, wherever the reads end")
    func splitsAtEveryByte() throws {
        let bytes = Array("{\"a\":1}\0{}\0\0{\"b\":\"two\"}\0".utf8)
        for first in 0...bytes.count {
            for second in first...bytes.count {
                var reader = MessageReader()
                var seen: [Seen] = []
                for part in [0..<first, first..<second, second..<bytes.count] {
                    reader.append(bytes.span.extracting(part))
                    seen += try drain(&reader)
                }
                #expect(seen == [Seen("{\"a\":1}"), Seen("{}"), Seen(""), Seen("{\"b\":\"two\"}")])
                #expect(reader.hasPartialMessage == false)
            }
        }
    }

    @Test("The beginning of a message is known as such")
    func knowsPartialMessages() throws {
        var reader = MessageReader()
        reader.append(Array("{}\0{".utf8).span)
        #expect(try drain(&reader) == [Seen("{}")])
        #expect(reader.hasPartialMessage == true)
        #expect(reader.byteCount == 1)
        reader.append(Array("}\0".utf8).span)
        #expect(try drain(&reader) == [Seen("{}")])
        #expect(reader.hasPartialMessage == false)
    }

    @Test("The descriptors belong to the message whose bytes end that read")
    func descriptorsBelongToTheLastMessage() throws {
        var reader = MessageReader()
        reader.append(Array("{\"plain\":1}\0{\"whole\":".utf8).span, descriptors: try labelledDescriptors(1))
        reader.append(Array("1}\0".utf8).span)
        reader.append(Array("{\"x\":1}\0{\"y\":1}\0".utf8).span, descriptors: try labelledDescriptors(2, 3))
        reader.append(Array("{\"z\":1}\0".utf8).span)
        #expect(
            try drain(&reader) == [
                Seen("{\"plain\":1}"), Seen("{\"whole\":1}", [1]), Seen("{\"x\":1}"), Seen("{\"y\":1}", [2, 3]),
                Seen("{\"z\":1}"),
            ])
    }

    @Test("Descriptors of several reads of one message are all its own, in order")
    func descriptorsOfSeveralReads() throws {
        var reader = MessageReader()
        reader.append(Array("{\"a\"".utf8).span, descriptors: try labelledDescriptors(1, 2))
        reader.append(Array(":1".utf8).span)
        reader.append(Array("}\0".utf8).span, descriptors: try labelledDescriptors(3))
        #expect(try drain(&reader) == [Seen("{\"a\":1}", [1, 2, 3])])
    }

    @Test("A message says which process sent it, or that several did")
    func tellsSenders() throws {
        var reader = MessageReader()
        reader.append(Array("{}\0".utf8).span, sender: .process(7))
        reader.append(Array("{\"a\":".utf8).span, sender: .process(7))
        reader.append(Array("1}\0{\"b\"".utf8).span, sender: .process(8))
        reader.append(Array(":1}\0{}\0".utf8).span, sender: .process(8))
        reader.append(Array("{".utf8).span)
        reader.append(Array("}\0".utf8).span, sender: .process(8))
        reader.append(Array("{}\0".utf8).span)
        #expect(
            try drain(&reader) == [
                Seen("{}", [], .process(7)), Seen("{\"a\":1}", [], .several), Seen("{\"b\":1}", [], .process(8)),
                Seen("{}", [], .process(8)), Seen("{}", [], .several), Seen("{}"),
            ])
    }

    @Test("A message that is too long is refused as soon as that is certain")
    func limitsLength() throws {
        let text = String(repeating: "x", count: 8)
        var reader = MessageReader(longestMessage: 8)
        reader.append(Array("\(text)\0\(text)".utf8).span)
        #expect(try drain(&reader) == [Seen(text)])
        reader.append(Array("y".utf8).span)
        #expect(throws: MessageError.tooLarge(limit: 8)) { try drain(&reader) }

        var second = MessageReader(longestMessage: 8)
        second.append(Array("\(text)y\0".utf8).span)
        #expect(throws: MessageError.tooLarge(limit: 8)) { try drain(&second) }
    }

    @Test("More descriptors than a message may have are refused, also before its end")
    func limitsDescriptors() throws {
        var reader = MessageReader(mostDescriptors: 2)
        reader.append(Array("{}\0".utf8).span, descriptors: try labelledDescriptors(1, 2))
        reader.append(Array("{}\0".utf8).span, descriptors: try labelledDescriptors(3))
        #expect(try drain(&reader) == [Seen("{}", [1, 2]), Seen("{}", [3])])
        reader.append(Array("{".utf8).span, descriptors: try labelledDescriptors(1, 2, 3))
        #expect(throws: MessageError.tooManyDescriptors(limit: 2)) { try drain(&reader) }
    }

    @Test("Many messages in one read cost no more than they weigh")
    func manyMessages() throws {
        var reader = MessageReader()
        let count = 100_000
        reader.append(Array(String(repeating: "{}\0", count: count).utf8).span)
        reader.append(Array("{".utf8).span, descriptors: try labelledDescriptors(5))
        var seen = 0
        while let message = try reader.next() {
            #expect(message.bytes.count == 2)
            seen += 1
        }
        #expect(seen == count)
        reader.append(Array("}\0".utf8).span)
        #expect(try drain(&reader) == [Seen("{}", [5])])
    }

    @Test("Processes that take turns at the bytes of a message cost no more than one", arguments: [true, false])
    func takingTurns(_ looksAfterEachRead: Bool) throws {
        let ratio = try growth(
            at: 20_000, input: { Array(repeating: UInt8(ascii: " "), count: $0) + [0] },
            work: { bytes in
                var reader = MessageReader()
                for index in bytes.indices {
                    reader.append(
                        bytes.span.extracting(index..<index + 1), sender: .process(index.isMultiple(of: 2) ? 7 : 8))
                    if looksAfterEachRead, index < bytes.count - 1 {
                        let isWhole = try reader.next() != nil
                        #expect(!isWhole)
                    }
                }
                let sender = try reader.next()?.sender
                #expect(sender == .several)
            })
        #expect(ratio < linearGrowth)
    }

    @Test("Many small messages of many processes cost no more than they weigh")
    func manySenders() throws {
        let ratio = try growth(
            at: 5000, input: { $0 },
            work: { count in
                var reader = MessageReader()
                let bytes: [UInt8] = [UInt8(ascii: " "), 0]
                for index in 0..<count { reader.append(bytes.span, sender: .process(Int32(index))) }
                for index in 0..<count {
                    let sender = try reader.next()?.sender
                    #expect(sender == .process(Int32(index)))
                }
            })
        #expect(ratio < linearGrowth)
    }

    @Test("Whatever way messages are cut into reads, they come out as they went in")
    func randomReads() throws {
        let seed = Seed()
        var random = seed.generator
        for _ in 0..<Soak.count(200, full: 10_000) {
            var reader = MessageReader()
            var expected: [Seen] = []
            var seen: [Seen] = []
            var unread: [UInt8] = []
            for number in 0..<Int.random(in: 1...12, using: &random) {
                let text = "{\"\(number)\":\(String(repeating: "9", count: .random(in: 1...60, using: &random)))}"
                let message = Array(text.utf8) + [0]
                let descriptorCount = Int.random(in: -4...3, using: &random)
                var labels: [Int?] = []
                if descriptorCount > 0 {
                    // The kernel ends a read behind the bytes that came with descriptors: the message's first ones.
                    let split = Int.random(in: 1...message.count, using: &random)
                    var descriptors = UniqueArray<OwnedDescriptor>()
                    for index in 0..<descriptorCount {
                        labels.append(100 * number + index)
                        descriptors.append(try labelledDescriptor(100 * number + index))
                    }
                    let read = unread + message[..<split]
                    reader.append(read.span, descriptors: descriptors)
                    unread = Array(message[split...])
                } else {
                    unread += message
                }
                expected.append(Seen(text, labels))
                while !unread.isEmpty, Bool.random(using: &random) {
                    let count = Int.random(in: 1...unread.count, using: &random)
                    reader.append(unread.span.extracting(..<count))
                    unread.removeFirst(count)
                }
                if Bool.random(using: &random) { seen += try drain(&reader) }
            }
            reader.append(unread.span)
            seen += try drain(&reader)
            #expect(seen == expected, "\(seed)")
        }
    }
}
