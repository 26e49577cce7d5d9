// SPDX-License-Identifier: Apache-2.0

import JSONText
import Testing
import TransparencyLog
import VaultModel
import VaultTestKit

@testable import Records

@Suite struct RecordTextTests {
    private static func record(_ type: RecordType = .grant, index: UInt64 = 17) -> RecordText {
        RecordText(
            RecordHead(
                index: index, timeUSec: 1_795_224_000_123_456, bootTimeUSec: 81_234_567, bootID: "boot"), type,
            hash: TreeHash.hexadecimalDigest)
    }

    private static let alice = Identity(
        uid: 1000, gid: 1000, groups: [4, 1000], label: .known(nil), pid: 4711, pidfdInode: 9182, userName: "alice",
        cgroup: .known("/user.slice/user-1000.slice/session-2.scope"), unit: .known("session-2.scope"),
        loginuid: .known(1000), session: .known(2), namespace: .known("host"), exe: .known("/usr/bin/cat"))

    @Test("The keys stand in the order of the documentation, and what does not apply is left out")
    func order() {
        var record = Self.record()
        record.text("request", "r1")
        record.policy(PolicyStamp(revision: 3, sha256: "aa"))
        record.peer(PeerText(Self.alice))
        record.capability(CapabilityText(name: "logs/web/access", kind: "file", rights: ["read"], delivery: "fresh"))
        record.member("decision", "permit")
        record.rules(["web-reads-its-log"])
        record.text("charged", "web-reads-its-log")
        record.failed([SelectorFailure(rule: "a", selector: "unit", wanted: "nginx.service", got: nil)])
        record.text("reason", "nightly \"run\"")
        record.lease(LeaseText(id: "l1", expiresUSec: 1_795_224_900_123_456))
        let text = String(decoding: record.finish(), as: UTF8.self)
        #expect(
            text == #"{"v":1,"index":17,"type":"grant","timeUSec":1795224000123456,"bootTimeUSec":81234567,"#
                + #""bootId":"boot","request":"r1","policy":{"revision":3,"sha256":"aa"},"#
                + #""peer":{"uid":1000,"user":"alice","gid":1000,"groups":[4,1000],"pid":4711,"pidfdInode":9182,"#
                + #""pin":"pidfd","exe":"/usr/bin/cat","cgroup":"/user.slice/user-1000.slice/session-2.scope","#
                + #""unit":"session-2.scope","loginuid":1000,"session":2,"namespace":"host","none":["label"]},"#
                + #""capability":{"name":"logs/web/access","kind":"file","rights":["read"],"delivery":"fresh"},"#
                + #""decision":"permit","rules":["web-reads-its-log"],"charged":"web-reads-its-log","#
                + #""failed":[{"rule":"a","selector":"unit","wanted":"nginx.service"}],"#
                + #""reason":"nightly \"run\"","lease":{"id":"l1","expiresUSec":1795224900123456}}"#)
        let bare = String(decoding: Self.record(.stop).finish(), as: UTF8.self)
        #expect(
            bare == #"{"v":1,"index":17,"type":"stop","timeUSec":1795224000123456,"#
                + #""bootTimeUSec":81234567,"bootId":"boot"}"#)
    }

    @Test("A field that a client controls is cut to 512 bytes and listed with the hash of the whole")
    func cutReason() throws {
        let reason = String(repeating: "ä", count: 400)
        var record = Self.record()
        record.text("reason", reason)
        let value = try JSONValue(parsing: record.finish())
        #expect(value["reason"] == .string(String(repeating: "ä", count: 256)))
        #expect(
            value["truncated"]
                == .array([
                    .object([
                        "field": .string("reason"),
                        "sha256": .string(TreeHash.digest(of: Array(reason.utf8)).hexadecimal),
                    ])
                ]))
    }

    @Test("A text of exactly 512 bytes is whole, and escapes count")
    func limits() throws {
        func reason(_ text: String) throws -> (JSONValue?, JSONValue?) {
            var record = Self.record()
            record.text("reason", text)
            let value = try JSONValue(parsing: record.finish())
            return (value["reason"], value["truncated"])
        }
        let whole = String(repeating: "x", count: 512)
        #expect(try reason(whole) == (.string(whole), nil))
        #expect(try reason(whole + "x").0 == .string(whole))
        let control = String(repeating: "\u{1}", count: 86)
        #expect(try reason(control).0 == .string(String(control.dropLast())))
        // A scalar is never cut in two.
        #expect(try reason(String(repeating: "x", count: 511) + "é").0 == .string(String(repeating: "x", count: 511)))
    }

    @Test("At most eight findings are listed, the others counted")
    func findings() throws {
        let finding = SelectorFailure(rule: "r", selector: "uid", wanted: "1", got: "2")
        var record = Self.record(.deny)
        record.failed([SelectorFailure](repeating: finding, count: 11), more: 4)
        let value = try JSONValue(parsing: record.finish())
        #expect(value["failed"]?.count == 8)
        #expect(value["failedMore"] == .integer(7))
    }

    @Test("Many rules are counted rather than listed, and findings still have their place")
    func manyRules() throws {
        var record = Self.record(.deny)
        record.rules((0..<2000).map { "rule-with-a-long-name-\($0)" })
        record.failed([SelectorFailure(rule: "r", selector: "uid", wanted: "1", got: "2")])
        let bytes = record.finish()
        #expect(bytes.count <= Record.limit)
        let value = try JSONValue(parsing: bytes)
        let listed = try #require(value["rules"]?.count)
        #expect(listed > 50)
        #expect(value["rulesMore"] == .integer(Int64(2000 - listed)))
        #expect(value["failed"]?.count == 1)
    }

    @Test("A value for which there is no room is left out, listed with its hash")
    func largeValue() throws {
        var record = Self.record(.policyApply)
        let files = [String](repeating: String(repeating: "f", count: 100), count: 200)
        record.value("resolved", files)
        record.value("changes", 200)
        let value = try JSONValue(parsing: record.finish())
        #expect(value["resolved"] == nil)
        #expect(value["changes"] == .integer(200))
        #expect(value["truncated"]?.count == 1)
    }

    @Test("No client can make its own record too large, whatever its names and reasons are")
    func hostile() throws {
        var generator = Seed().generator
        let alphabet: [Character] = ["\u{1}", "\"", "\\", "x", "ä", "\u{1F600}", "\u{7F}", "\n"]
        func text() -> String {
            let character = alphabet.randomElement(using: &generator)!  // it is not empty
            let mixed = Bool.random(using: &generator)
            return String(
                (0..<Int.random(in: 0...6000, using: &generator)).map { _ in
                    mixed ? alphabet.randomElement(using: &generator)! : character  // it is not empty
                })
        }
        for _ in 0..<Soak.count(60, full: 5000) {
            let identity = Identity(
                uid: .max, gid: .max, groups: [UInt32](repeating: .max, count: 70_000 % 4096), label: .known(text()),
                pid: .max, pidfdInode: 1 << 62, userName: text(), cgroup: .known(text()), unit: .known(text()),
                loginuid: .known(.max), session: .known(.max), namespace: .known(text()), exe: .known(text()),
                exeSHA256: .known(text()))
            let peer = PeerText(identity)
            var record = Self.record(.deny, index: .max >> 1)
            record.text("request", text())
            record.policy(PolicyStamp(revision: .max, sha256: TreeHash.empty.hexadecimal))
            record.peer(peer)
            record.capability(
                CapabilityText(name: text(), kind: "file", rights: ["read", "write", "append"], delivery: "fresh"))
            record.member("decision", "deny")
            record.rules((0..<40).map { _ in text() })
            record.text("charged", text())
            record.failed(
                (0..<10).map { _ in SelectorFailure(rule: text(), selector: text(), wanted: text(), got: text()) })
            record.text("reason", text())
            record.lease(LeaseText(id: text(), expiresUSec: .max))
            record.text("problem", text())
            let bytes = record.finish()
            #expect(bytes.count <= Record.limit)
            let value = try JSONValue(parsing: bytes)
            #expect(value["peer"]?["groups"]?.count == 64)
            // Those for which everything else has left no room are counted.
            #expect(Int64(value["rules"]?.count ?? 0) + (value["rulesMore"]?.integer ?? 0) == 40)
        }
    }

    @Test("What was not read of a peer is left out, and what it does not have is listed")
    func barePeer() {
        let peer = PeerText(Identity(uid: 7, gid: 8, label: .known("ctx"), pid: 9, pin: .weak, unit: .known(nil)))
        #expect(
            String(decoding: peer.json, as: UTF8.self)
                == #"{"uid":7,"gid":8,"groups":[],"label":"ctx","pid":9,"pin":"weak","none":["unit"]}"#)
        #expect(peer.truncated.isEmpty)
    }
}

extension JSONValue {
    /// The number of elements of an array.
    fileprivate var count: Int? {
        if case .array(let elements) = self { elements.count } else { nil }
    }
}
