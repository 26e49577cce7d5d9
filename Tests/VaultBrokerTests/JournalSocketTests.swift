// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Testing
import TransparencyLog
import VaultTestKit

@testable import VaultBroker
@testable import VaultCore

/// The journal's native protocol: `NAME=value` lines, and for a value of several lines its length in 64 bits.
@Suite struct JournalSocketTests {
    private func checkpoint() throws -> (Checkpoint, SignedNote) {
        let checkpoint = Checkpoint(origin: "test.example/audit", size: 17, root: .empty)
        return (checkpoint, try checkpoint.signed(by: try NoteSigner(name: "test.example/audit")))
    }

    @Test("A checkpoint arrives as one datagram with the note in it, whole")
    func told() throws {
        let directory = try TemporaryDirectory()
        let receiver = try UnixSocket.bind(to: .path(directory.path("journal")), type: .datagram)
        let (checkpoint, note) = try checkpoint()
        #expect(JournalSocket(path: directory.path("journal")).tell(checkpoint, note))
        var bytes = [UInt8](repeating: 0, count: 8192)
        let count = try bytes.withUnsafeMutableBytes { buffer in
            try MessageSocket.receive(into: buffer, room: .none, on: receiver, flags: .dontWait).byteCount
        }
        let text = String(decoding: bytes[..<count], as: UTF8.self)
        #expect(text.contains("\nMESSAGE_ID=\(JournalSocket.messageID)\n"))
        #expect(text.contains("\nVAULT_SIZE=17\n"))
        #expect(text.hasSuffix(note.published + "\n"))
        let length = UInt8(note.published.utf8.count & 0xFF)
        #expect(Array(bytes[..<count]).contains(Array("\nVAULT_NOTE\n".utf8) + [length]))
    }

    @Test("Without a journal nothing happens, and nobody waits")
    func absent() throws {
        let directory = try TemporaryDirectory()
        let (checkpoint, note) = try checkpoint()
        #expect(!JournalSocket(path: directory.path("journal")).tell(checkpoint, note))
    }

    @Test("A journal that takes nothing is not waited for")
    func full() throws {
        let directory = try TemporaryDirectory()
        let receiver = try UnixSocket.bind(to: .path(directory.path("journal")), type: .datagram)
        let (checkpoint, note) = try checkpoint()
        let journal = JournalSocket(path: directory.path("journal"))
        var told = 0
        while journal.tell(checkpoint, note), told < 100_000 { told += 1 }
        #expect(told < 100_000)
        try receiver.close()
    }
}
