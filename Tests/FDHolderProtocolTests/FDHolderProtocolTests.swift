// SPDX-License-Identifier: Apache-2.0

import Testing
import VaultModel
import VaultTestKit

@testable import FDHolderProtocol

@Suite struct FDHolderProtocolTests {
    private static let id = FDHolderID("unix:/run/x".utf8)!

    private static func message(_ content: [UInt8], descriptors: UInt8 = 0, length: Int? = nil) -> [UInt8] {
        let length = UInt8(length ?? content.count)
        return [0, 0, 0, length, 0, descriptors] + content
    }

    private static func entry(_ id: FDHolderID, _ limit: FDHolderTime = .never) -> [UInt8] {
        limit.bytes + [UInt8(id.bytes.count)] + id.bytes + [0]
    }

    private static func request(_ text: String, _ rest: [UInt8] = [], descriptors: UInt8 = 0) throws -> FDHolderRequest
    {
        try FDHolderRequest(message(Array(text.utf8) + rest, descriptors: descriptors))
    }

    @Test("Each request is read as the clients write it")
    func requests() throws {
        let id = Self.id
        let name = [UInt8(id.bytes.count)] + id.bytes + [0]
        #expect(try Self.request("S", Self.entry(id), descriptors: 1) == .store(.init(id: id, limit: .never)))
        #expect(try Self.request("D", name) == .delete(id))
        #expect(try Self.request("R", [0] + name) == .retrieve(id, deletes: false))
        #expect(try Self.request("R", [1] + name) == .retrieve(id, deletes: true))
        #expect(try Self.request("L") == .list)
        #expect(try Self.request("?") == .getDump)
        #expect(try Self.request("!", [0, 0, 1, 2]) == .setDump(count: 258))
        let two = Self.entry(id) + Self.entry(FDHolderID("b".utf8)!)
        #expect(try Self.request(".", two, descriptors: 2).descriptorCount == 2)
    }

    @Test("What is not as long as it says, has a zero in an identifier, or announces other descriptors, is no request")
    func malformed() {
        let name = [UInt8(Self.id.bytes.count)] + Self.id.bytes + [0]
        let wrong: [[UInt8]] = [
            [], [0, 0, 0, 0, 0, 0], Self.message([]), Self.message(Array("L".utf8), length: 2),
            Self.message(Array("L".utf8), descriptors: 1), Self.message(Array("Lx".utf8)),
            Self.message(Array("X".utf8)), Self.message(Array("D".utf8) + [0, 0]),
            Self.message(Array("D".utf8) + [3, 97, 0, 97, 0]), Self.message(Array("D".utf8) + name.dropLast()),
            Self.message(Array("D".utf8) + name, descriptors: 1), Self.message(Array("D".utf8) + name + [0]),
            Self.message(Array("S".utf8) + Self.entry(Self.id)), Self.message(Array("!".utf8) + [0, 0, 1]),
            Self.message(Array(".".utf8)), Self.message(Array(".".utf8) + Self.entry(Self.id), descriptors: 2),
        ]
        for message in wrong {
            #expect(throws: FDHolderRequest.Malformed.self, "\(message)") { try FDHolderRequest(message) }
        }
    }

    @Test("Bytes of any kind are a request or none, and never more than came")
    func random() {
        let seed = Seed()
        var generator = seed.generator
        let valid = [
            Self.message(Array("S".utf8) + Self.entry(Self.id), descriptors: 1),
            Self.message(Array("R".utf8) + [1, 1, 97, 0]), Self.message(Array("!".utf8) + [255, 255, 255, 255]),
            Self.message(Array(".".utf8) + Self.entry(Self.id) + Self.entry(Self.id), descriptors: 2),
        ]
        var count = 0
        for _ in 0..<20_000 {
            var message = valid[Int.random(in: 0..<valid.count, using: &generator)]
            for _ in 0..<Int.random(in: 0...3, using: &generator) {
                let place = Int.random(in: 0..<message.count, using: &generator)
                switch Int.random(in: 0...2, using: &generator) {
                case 0: message[place] = UInt8.random(in: 0...255, using: &generator)
                case 1: message.remove(at: place)
                default: message.insert(UInt8.random(in: 0...255, using: &generator), at: place)
                }
            }
            guard let request = try? FDHolderRequest(message) else { continue }
            count += 1
            #expect(request.descriptorCount <= message.count / 16, "\(seed) \(message)")
        }
        #expect(count > 1000, "\(seed)")
    }

    @Test("Replies are what the clients read")
    func replies() throws {
        #expect(FDHolderReply.done() == [0, 0, 0, 1, 0, 0, 0])
        #expect(FDHolderReply.done(descriptors: 1) == [0, 0, 0, 1, 0, 1, 0])
        #expect(FDHolderReply.failed(2) == [0, 0, 0, 1, 0, 0, 2])
        #expect(FDHolderReply.failed(512) == [0, 0, 0, 1, 0, 0, 255])
        #expect(FDHolderReply.list([FDHolderID("a".utf8)!]) == [0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 1, 97, 0])
        #expect(FDHolderReply.dumpFollows(count: 254) == [0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 254])
        #expect(FDHolderReply.trips(0) == 0 && FDHolderReply.trips(253) == 1 && FDHolderReply.trips(254) == 2)
        // What is sent as a dump is what is read as one.
        let entries = [FDHolderEntry(id: Self.id, limit: .init(wallUSec: 1_700_000_000_500_000))]
        let dump = FDHolderReply.dump(entries[...])
        let back = [0, 0, 0, dump[3] + 1, 0, 1, UInt8(ascii: ".")] + dump.dropFirst(6)
        #expect(try FDHolderRequest(back) == .dumpData(entries))
    }

    @Test("Times are TAI, and what is further off than s6 counts is never")
    func times() {
        let now: Int64 = 1_700_000_000_000_000
        #expect(FDHolderTime(wallUSec: now).seconds == (1 << 62) + 37 + 1_700_000_000)
        #expect(FDHolderTime(wallUSec: now + 2_500_000).lasts(afterWallUSec: now) == 2_500_000)
        #expect(FDHolderTime(wallUSec: now - 1).lasts(afterWallUSec: now) == 1)
        #expect(FDHolderTime.never.lasts(afterWallUSec: now) == nil)
        #expect(FDHolderTime(seconds: .max, nanoseconds: .max).lasts(afterWallUSec: now) == nil)
        #expect(FDHolderTime(seconds: 0, nanoseconds: .max).lasts(afterWallUSec: now) == 1)
    }

    @Test("Every identifier has a name of its own, and comes back")
    func names() throws {
        let names = try FDHolderNames(prefix: "held/s6")
        #expect(names.name(Self.id)?.text == "held/s6/unix+3A+2Frun+2Fx")
        #expect(names.name(FDHolderID("..".utf8)!)?.text == "held/s6/+2E.")
        #expect(names.name(FDHolderID("a+2F".utf8)!)?.text == "held/s6/a+2B2F")
        #expect(names.name(FDHolderID(Array(repeating: 0xFF, count: 255))!) == nil)
        let foreign = [
            "held/s6/a/b", "held/s6/a+", "held/s6/a+2f", "held/s6/a+61", "held/s6/.a", "held/other/a", "held/s6/+00",
        ]
        for name in foreign { #expect(try names.id(CapabilityName(name)) == nil, "\(name)") }
        #expect(throws: InvalidText.self) { try FDHolderNames(prefix: "a//b") }
        let seed = Seed()
        var generator = seed.generator
        var seen: [CapabilityName: FDHolderID] = [:]
        for _ in 0..<5000 {
            let bytes = (0..<Int.random(in: 1...4, using: &generator)).map { _ in
                Bool.random(using: &generator)
                    ? Array("+./2EF".utf8)[Int.random(in: 0..<6, using: &generator)]
                    : UInt8.random(in: 1...255, using: &generator)
            }
            let id = try #require(FDHolderID(bytes))
            let name = try #require(names.name(id))
            #expect(names.id(name) == id, "\(seed) \(bytes)")
            #expect(seen[name] == nil || seen[name] == id, "\(seed) \(bytes)")
            seen[name] = id
        }
    }
}
