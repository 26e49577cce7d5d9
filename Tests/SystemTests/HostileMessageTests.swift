// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage
import Testing
import VaultTestKit

/// "Malformed, oversized, truncated, half-sent, pipelined and descriptor-stuffed messages neither crash nor stall it."
@Suite struct HostileMessageTests {
    /// Whether somebody else is served as if nothing had happened.
    private func expectService(_ daemon: Daemon, _ pid: Int32, sourceLocation: SourceLocation = #_sourceLocation) throws
    {
        let reply = try RawConnection(to: daemon.socket).call(RawConnection.whoAmI)
        #expect(reply != nil && reply?.error == nil, "\(daemon.log)", sourceLocation: sourceLocation)
        #expect(try daemon.pid == pid)
    }

    @Test(
        "What is no message is refused by hanging up or by an error, and others are served",
        arguments: [
            "", " ", "{", "}", "[]", "null", "17", "\"text\"", "{}", "{\"method\":17}", "{\"method\":\"\"}",
            "{\"method\":\"nothing\"}", "{\"method\":\"io.vaultd.Broker.Nothing\"}",
            "{\"method\":\"io.vaultd.Broker.Open\"}", "{\"method\":\"io.vaultd.Broker.Open\",\"parameters\":[]}",
            "{\"method\":\"io.vaultd.Broker.Open\",\"parameters\":{\"requests\":17}}",
            "{\"method\":\"io.vaultd.Broker.Open\",\"parameters\":{\"requests\":[{}]}}",
            "{\"method\":\"io.vaultd.Broker.Open\",\"parameters\":{\"requests\":[{\"name\":\"../x\"}]}}",
            "{\"method\":\"io.vaultd.Broker.WhoAmI\",\"method\":\"io.vaultd.Broker.WhoAmI\"}",
            "{\"method\":\"io.vaultd.Broker.WhoAmI\"}}", "{\"method\":\"io.vaultd.Broker.WhoAmI\\ud800\"}",
            String(repeating: "[", count: 100_000),
        ])
    func malformed(message: String) async throws {
        let daemon = try await StandardVault.start()
        let pid = try daemon.pid
        try await onThread {
            let reply = try RawConnection(to: daemon.socket).call(message)
            #expect(reply == nil || reply?.error != nil, "\(String(describing: reply?.value.text))")
            #expect(reply?.descriptors.isEmpty != false)
            try expectService(daemon, pid)
        }
    }

    @Test("What a client says takes a line of the log at most, cut and escaped")
    func quotedInTheLog() async throws {
        let daemon = try await StandardVault.start()
        let pid = try daemon.pid
        try await onThread {
            let before = daemon.log.utf8.count
            for key in [String(repeating: "k", count: 1_000_000), "\u{9B}31m\u{202E}\u{2028}\u{200B}"] {
                _ = try? RawConnection(to: daemon.socket).call("{\"\(key)\":1}")
            }
            try expectService(daemon, pid)
            let log = daemon.log
            #expect(log.utf8.count - before < 2048)
            #expect(log.contains("kkkk") && log.contains("\\x9b31m\\u{202e}\\u{2028}\\u{200b}"), "\(log)")
        }
    }

    @Test("A message above the limit is refused before it is whole")
    func oversized() async throws {
        let daemon = try await StandardVault.start()
        let pid = try daemon.pid
        try await onThread {
            let connection = try RawConnection(to: daemon.socket)
            let piece = [UInt8](repeating: UInt8(ascii: " "), count: 65536)
            // 64 MiB without an end; the limit is 1 MiB.
            var sent = 0
            #expect(throws: Errno.self) {
                for _ in 0..<1024 {
                    try connection.send(piece)
                    sent += piece.count
                }
            }
            #expect(sent < 8 << 20)
            try expectService(daemon, pid)
        }
    }

    @Test("Truncated and half-sent messages cost nobody anything, and the ends that they leave are closed")
    func truncated() async throws {
        let daemon = try await StandardVault.start()
        let pid = try daemon.pid
        try await onThread {
            let message = Array(RawConnection.open("files/secret").utf8)
            let before = try DescriptorCensus(of: daemon)
            var halves: [RawConnection] = []
            for length in stride(from: 0, to: message.count, by: 3) {
                let connection = try RawConnection(to: daemon.socket)
                try connection.send(Array(message[..<length]))
                if length % 2 == 0 { try connection.endSending() }
                halves.append(connection)
                if halves.count > 16 { halves.removeFirst() }
            }
            try expectService(daemon, pid)
            halves.removeAll()
            try before.expectNoMore(in: daemon)
        }
    }

    @Test("A message sent byte by byte is answered")
    func byteByByte() async throws {
        let daemon = try await StandardVault.start()
        try await onThread {
            let connection = try RawConnection(to: daemon.socket)
            for byte in Array(RawConnection.whoAmI.utf8) + [0] { try connection.send([byte]) }
            #expect(try connection.reply()?.parameters["identity"]?["uid"]?.integer == Int64(geteuid()))
        }
    }

    @Test("Pipelined calls are answered in order, each with its own descriptors")
    func pipelined() async throws {
        let daemon = try await StandardVault.start()
        try await onThread {
            let connection = try RawConnection(to: daemon.socket)
            let one = RawConnection.open("files/secret")
            let three = RawConnection.open("files/secret", "memory/secret", "files/shared")
            let calls = [one, RawConnection.whoAmI, three, "{\"method\":\"no.such.Method\"}", one, three]
            try connection.send(calls.flatMap { Array($0.utf8) + [UInt8(0)] })
            let replies = try connection.replies(calls.count)
            #expect(replies.map(\.descriptors.count) == [1, 0, 3, 0, 1, 3], "\(daemon.log)")
            #expect(replies[3].error == "org.varlink.service.InterfaceNotFound")
            let indexes = replies[2].parameters["grants"]?.array?.map { $0["fileDescriptor"]?.integer }
            #expect(indexes == [0, 1, 2])
        }
    }

    @Test("Descriptors that nobody asked for are closed, in whatever way they come")
    func descriptorStuffed() async throws {
        let daemon = try await StandardVault.start()
        let pid = try daemon.pid
        try await onThread {
            let pipe = try OwnedDescriptor.pipe()
            let reader = pipe.reader
            var writer: HeldDescriptor? = HeldDescriptor(pipe.writer)
            let before = try DescriptorCensus(of: daemon)
            for count in [1, 2, 253] {
                // The kernel may refuse it (`EPERM`), the broker may hang up, or answer: all that counts is what it keeps.
                let stuffing = [HeldDescriptor](repeating: try #require(writer), count: count)
                _ = try? RawConnection(to: daemon.socket).call(RawConnection.whoAmI, passing: stuffing)
                try before.expectNoMore(in: daemon)
            }
            writer = nil
            try waitOnThread(on: reader, what: "the last copy of the pipe's end to be closed")
            #expect(try reader.readPrefix(1).isEmpty)
            try expectService(daemon, pid)
        }
    }

    @Test("A client that sends calls and never reads is dropped, or waits, and others are served")
    func neverReads() async throws {
        let daemon = try await StandardVault.start()
        let pid = try daemon.pid
        try await onThread {
            let connection = try RawConnection(to: daemon.socket)
            let call = Array(RawConnection.open("files/secret").utf8) + [0]
            for _ in 0..<20_000 {
                let sent = try? MessageSocket.send(call.span, on: connection.socket, flags: .dontWait)
                if sent != call.count { break }
            }
            try expectService(daemon, pid)
            #expect(try RawConnection(to: daemon.socket).call(RawConnection.open("files/secret"))?.error == nil)
        }
    }
}
