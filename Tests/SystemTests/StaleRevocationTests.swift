// SPDX-License-Identifier: Apache-2.0

import Crypto
import Descriptors
import Glibc
import JSONText
import SystemPackage
import Testing
import VaultTestKit

/// What is left in `STATE/revoked` takes away the rules that were revoked, and no others that have their ids by now.
@Suite(.serialized) struct StaleRevocationTests {
    private static let fileRule = "reader-opens-all-but-what-is-hidden"
    private static let notice = "it is recorded now"

    private func open(_ daemon: Daemon, _ name: String = "files/secret") async throws -> CommandResult {
        try await daemon.vault("cat", name, uid: StandardVault.otherUser)
    }

    private func grant(_ daemon: Daemon) async throws {
        let granted = try await daemon.vault(
            "grant", "hidden/secret", "--to", "uid:\(StandardVault.reader)", "--id", "again")
        try #require(granted.status.isSuccess, "\(granted.errorText)")
    }

    private func newestRevision(_ daemon: Daemon) async throws -> Int64 {
        let history = try await daemon.vault("policy", "history", "--output", "jsonl").text
        let newest = try JSONValue(parsing: String(try #require(history.split(separator: "\n").first)))
        return try #require(newest["revision"]?.integer)
    }

    @Test(
        "An entry that was not recorded holds after a crash; one that was takes away nothing that came after it",
        .enabled(if: Injection.isPossible, "needs root and strace"))
    func crash() async throws {
        let daemon = try await StandardVault.start()
        try await grant(daemon)
        let pid = try daemon.pid
        let injection = try await onThread { try Injection("fdatasync:error=EIO", into: pid) }
        for rule in ["again", Self.fileRule] {
            let revoked = try await daemon.vault("revoke", rule)
            #expect(revoked.status.isSuccess, "the journal of revocations has it: \(revoked.errorText)")
        }
        let entries = try WholeFile.bytes(daemon.state.appending("revoked"))
        try await daemon.crash()
        withExtendedLifetime(injection) {}
        try await daemon.start()
        #expect(daemon.log.contains(Self.notice), "\(daemon.log)")
        #expect(try await !open(daemon).status.isSuccess)
        #expect(try await !open(daemon, "hidden/secret").status.isSuccess)

        try await grant(daemon)
        #expect(try await daemon.vault("policy", "resume", Self.fileRule).status.isSuccess)
        let before = daemon.log.utf8.count
        try await daemon.crash()
        try put(entries, daemon)
        try await daemon.start()
        #expect(!String(decoding: daemon.log.utf8.dropFirst(before), as: UTF8.self).contains(Self.notice))
        #expect(try await open(daemon).text == StandardVault.secret)
        #expect(try await open(daemon, "hidden/secret").text == StandardVault.secret)
        #expect(try WholeFile.bytes(daemon.state.appending("revoked")).allSatisfy { $0 == 0 }, "it is not kept")
        try await daemon.terminate()
        try await StoredLog.check(daemon)
    }

    @Test("An entry names the revision that it is about; one of a version that did not takes away whatever has its id")
    func byHand() async throws {
        let daemon = try await StandardVault.start()
        try await grant(daemon)
        let old = try await newestRevision(daemon)
        #expect(try await daemon.vault("revoke", "again").status.isSuccess)
        try await grant(daemon)
        let new = try await newestRevision(daemon)
        let entries: [(text: String, isTaken: Bool)] = [
            (#"{"rules":["again"],"revision":\#(old),"reason":"it was recorded"}"#, false),
            (#"{"rules":["again"],"revision":\#(new)}"#, true),
            (#"{"rules":["again"],"reason":"of an older version"}"#, true),
        ]
        for (text, isTaken) in entries {
            try await daemon.crash()
            try put(Self.slot(text), daemon)
            try await daemon.start()
            #expect(try await open(daemon, "hidden/secret").status.isSuccess == !isTaken, "\(text)")
            if isTaken { try await grant(daemon) }
        }
    }

    @Test(
        "A revocation of more rules than fit into one entry holds after a crash, each of them",
        .enabled(if: Injection.isPossible, "needs root and strace"))
    func many() async throws {
        let count = 300
        let id = { (number: Int) in "rule-\(number)-" + String(repeating: "x", count: 100) }
        let uid = StandardVault.stranger
        var options = StandardVault.options
        options.policies["many.yaml"] =
            "vault: 1\nrules:\n"
            + (0..<count).map {
                "  - { id: \(id($0)), permit: [open], capability: many/\($0), to: { uid: \(uid) } }\n"
            }.joined()
        let daemon = try await Daemon.start(options)
        let pid = try daemon.pid
        let injection = try await onThread { try Injection("fdatasync:error=EIO", into: pid) }
        let reason = String(repeating: "'\u{7f}", count: 100)
        let revoked = try await daemon.vault("revoke", "many/**", "--from", "uid:\(uid)", "--reason", reason)
        #expect(revoked.status.isSuccess, "\(revoked.errorText)")
        try await daemon.crash()
        withExtendedLifetime(injection) {}
        try await daemon.start()
        let status = try await daemon.vault("status", "-o", "json").text
        let suspended = try JSONValue(parsing: status)["policy"]?["suspended"]?.array?.compactMap(\.string) ?? []
        #expect(Set((0..<count).map(id)).subtracting(suspended).isEmpty, "\(suspended.count) of \(count)")
        try await waitUntil("what is recorded to be forgotten") {
            try WholeFile.bytes(daemon.state.appending("revoked")).allSatisfy { $0 == 0 }
        }
    }

    /// Written in place, so that the file stays the broker's.
    private func put(_ bytes: [UInt8], _ daemon: Daemon) throws {
        let file = try OwnedDescriptor.open(daemon.state.appending("revoked"), flags: O_WRONLY)
        try file.writeAll(bytes.span, at: 0)
    }

    /// A page of the file: magic, length, id, text, zeros, checksum.
    private static func slot(_ text: String) -> [UInt8] {
        var bytes = Array("rvv1".utf8)
        withUnsafeBytes(of: UInt32(text.utf8.count).littleEndian) { bytes += $0 }
        withUnsafeBytes(of: UInt64(1).littleEndian) { bytes += $0 }
        bytes += Array(text.utf8)
        bytes += [UInt8](repeating: 0, count: 4096 - 32 - bytes.count)
        return bytes + SHA256.hash(data: bytes)
    }
}
