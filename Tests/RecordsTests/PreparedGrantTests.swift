// SPDX-License-Identifier: Apache-2.0

import JSONText
import Testing
import TransparencyLog
import VaultModel
import VaultTestKit

@testable import Records

@Suite("A prepared grant")
struct PreparedGrantTests {
    private static let hash: SHA256Text = TreeHash.hexadecimalDigest

    /// Texts that JSON escapes, that are cut, and plain ones.
    private static func text(_ random: inout SeededGenerator) -> String {
        let pieces = [
            "a", "logs/web", "\"", "\\", "\n", "ä", "🔒", "\u{1}", String(repeating: "x", count: 200), "record\":0",
        ]
        return (0..<Int.random(in: 1...6, using: &random)).map { _ in pieces.randomElement(using: &random) ?? "" }
            .joined()
    }

    private static func grant(_ random: inout SeededGenerator) -> Record.Grant {
        let identity = Identity(
            uid: UInt32.random(in: 0...70_000, using: &random), gid: 1, groups: [4, 1000], label: .known(text(&random)),
            pid: 17, pidfdInode: 9, userName: text(&random), exe: .known(text(&random)))
        var grant = Record.Grant(
            request: "", policy: PolicyStamp(revision: Int.random(in: 0...90_000, using: &random), sha256: "aa"),
            peer: PeerText(identity, hash: hash),
            capability: CapabilityText(name: text(&random), kind: "file", rights: ["read"], delivery: "shared"),
            rules: (0..<Int.random(in: 1...16, using: &random)).map { _ in text(&random) }, charged: text(&random),
            opened: Bool.random(using: &random)
                ? Record.Opened(device: "8:1", inode: 7, mount: 3, path: text(&random)) : nil)
        grant.rulesMore = Int.random(in: 0...3, using: &random)
        return grant
    }

    @Test("has the very bytes of one that is written anew, whatever it tells")
    func bytes() throws {
        let seed = Seed()
        var random = seed.generator
        var prepared = 0
        for number in 0..<Soak.count(2_000, full: 100_000) {
            var grant = Self.grant(&random)
            guard let text = PreparedGrant(grant, request: "run-", bootID: "5a6b", hash: Self.hash) else { continue }
            prepared += 1
            for _ in 0..<3 {
                let head = RecordHead(
                    index: UInt64.random(in: 0...10_000_000_000, using: &random),
                    timeUSec: Int64.random(in: -5...2_000_000_000_000_000, using: &random),
                    bootTimeUSec: Int64.random(in: 0...90_000_000_000, using: &random), bootID: "5a6b")
                let request = UInt64.random(in: 1...4_000_000_000, using: &random)
                grant.request = "run-\(request)"
                let expected = Record.grant(grant).encoded(head, hash: Self.hash)
                try #require(text.encoded(head, request: request) == expected, "\(seed), case \(number)")
            }
        }
        #expect(prepared > 1_000, "\(seed)")
    }

    @Test(
        "is not made of what differs from one grant to the next, nor under a boot's or a run's name that JSON escapes")
    func refused() {
        var random = Seed().generator
        var grant = Self.grant(&random)
        grant.reason = "because"
        #expect(PreparedGrant(grant, request: "run-", bootID: "b", hash: Self.hash) == nil)
        grant.reason = nil
        #expect(PreparedGrant(grant, request: "\"", bootID: "b", hash: Self.hash) == nil)
        #expect(PreparedGrant(grant, request: "run-", bootID: "\"", hash: Self.hash) == nil)
        grant.lease = LeaseText(id: "l", expiresUSec: nil)
        #expect(PreparedGrant(grant, request: "run-", bootID: "b", hash: Self.hash) == nil)
    }
}
