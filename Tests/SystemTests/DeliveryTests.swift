// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import JSONText
import SystemPackage
import Testing
import VaultTestKit

/// Delivery as it is declared: what a description is to whom, both ends of one pipe, and what leads into a network.
@Suite struct DeliveryTests {
    struct Way: Sendable, CustomTestStringConvertible {
        let kind: String
        let delivery: String
        let opening: String

        var name: String { "way/\(kind)-\(delivery)-\(opening)" }
        var isShared: Bool { delivery == "shared" }
        var testDescription: String { "\(kind), delivery: \(delivery), open: \(opening)" }
        var rights: String { kind == "file" ? "[read, write]" : "[read]" }
        var line: String {
            let source =
                kind == "file"
                ? "file: { path: \"@DIRECTORY@/journal.txt\", rights: [read, write] }"
                : "directory: { path: \"@DIRECTORY@\" }"
            return "  - { name: \(name), \(source), delivery: \(delivery), open: \(opening) }\n"
        }
    }

    static let ways = ["file", "directory"].flatMap { kind in
        [
            ("fresh", "at-start"), ("fresh", "on-first-use"), ("fresh", "each-grant"), ("shared", "at-start"),
            ("shared", "on-first-use"),
        ].map { Way(kind: kind, delivery: $0.0, opening: $0.1) }
    }

    private func daemon(_ more: String = "") async throws -> Daemon {
        var options = StandardVault.options
        options.files["journal.txt"] = "one two three\n"
        options.policies = [
            "ways.yaml": "vault: 1\ncapabilities:\n  - { name: way/pipe, pipe: {} }\n"
                + Self.ways.map(\.line).joined() + more
                + "rules: [{ id: all, permit: [open, list], capability: way/*, to: { uid: \(geteuid()) } }]\n"
        ]
        return try await Daemon.start(options)
    }

    private static func control(_ descriptor: HeldDescriptor, _ command: CInt, _ value: CInt = 0) -> CInt {
        descriptor.withUnsafeNumber { fcntl($0, command, value) }
    }

    /// Not in the Glibc overlay (fcntl(2)).
    private static let (setSignal, getSignal): (CInt, CInt) = (10, 11)
    /// `O_ASYNC` is for what has `fasync` in the kernel, which neither kind has.
    private static let changed = O_NONBLOCK | O_APPEND

    private func open(_ way: Way, _ connection: RawConnection, _ rights: [String]) throws -> HeldDescriptor {
        let words = rights.map { "\"\($0)\"" }.joined(separator: ",")
        let request = #"{"name":"\#(way.name)","rights":[\#(words)]}"#
        let reply = try connection.call(
            #"{"method":"io.vaultd.Broker.Open","parameters":{"requests":[\#(request)]}}"#)
        return try #require(reply?.descriptors.first, "\(String(describing: reply?.value))")
    }

    @Test(
        "It has the rights that were granted, an offset as declared, and nothing of what another holder did",
        arguments: ways)
    func descriptions(way: Way) async throws {
        let daemon = try await daemon()
        try await onThread {
            let connection = try RawConnection(to: daemon.socket)
            let all = way.kind == "file" ? ["read", "write"] : ["read"]
            let one = try self.open(way, connection, all)
            let mode = way.kind == "file" ? O_RDWR : O_RDONLY
            #expect(Self.control(one, F_GETFL) & (O_ACCMODE | Self.changed) == mode)
            if !way.isShared, way.kind == "file" {
                for (right, mode) in [("read", O_RDONLY), ("write", O_WRONLY)] {
                    let narrow = try self.open(way, connection, [right])
                    #expect(Self.control(narrow, F_GETFL) & O_ACCMODE == mode)
                }
            }
            let two = try self.open(way, connection, all)
            #expect(one.withUnsafeNumber { lseek($0, 3, SEEK_SET) } == 3)
            #expect(two.withUnsafeNumber { lseek($0, 0, SEEK_CUR) } == (way.isShared ? 3 : 0))
            // What one holder does to the flags and the signals.
            #expect(Self.control(one, F_SETFL, Self.changed) == 0)
            #expect(Self.control(one, F_SETOWN, getpid()) == 0)
            #expect(Self.control(one, Self.setSignal, SIGUSR1) == 0)
            // Who has the same description has that too, and by no flag another access mode (WhatHoldersReach).
            let isChanged = Self.control(two, F_GETFL) & Self.changed == Self.changed
            #expect(isChanged == way.isShared)
            #expect(Self.control(two, F_GETFL) & O_ACCMODE == mode)
            let three = try self.open(way, connection, all)
            for descriptor in way.isShared ? [two, three] : [three] {
                #expect(Self.control(descriptor, F_GETFL) & (O_ACCMODE | Self.changed) == mode)
                #expect(Self.control(descriptor, F_GETOWN) == 0)
                #expect(Self.control(descriptor, Self.getSignal) == 0)
            }
            // The one who set them has lost them with a shared description, and kept them with its own.
            #expect(Self.control(one, F_GETFL) & Self.changed == (way.isShared ? 0 : Self.changed))
        }
    }

    @Test(
        "Both ends of one pipe come with one call, though an end waits for another",
        .enabled(if: Programs.python != nil, "needs python3"))
    func bothEnds() async throws {
        let daemon = try await daemon()
        // Its writing end is with us, so that the one for reading waits.
        let waiting = try await onThread {
            let connection = try RawConnection(to: daemon.socket)
            let request = #"{"name":"way/pipe","rights":["write"]}"#
            let call = #"{"method":"io.vaultd.Broker.Open","parameters":{"requests":[\#(request)]}}"#
            return try #require(try connection.call(call)?.descriptors.first)
        }
        #expect(Self.control(waiting, F_GETFL) & O_ACCMODE == O_WRONLY)
        let script = """
            import os
            print(os.environ["LISTEN_FDNAMES"], os.fstat(3).st_ino == os.fstat(4).st_ino)
            os.write(4, b"through"); os.close(4)
            print(os.read(3, 9), os.read(3, 9))
            """
        let pass = ["--pass", "way/pipe:read=in", "--pass", "way/pipe:write=out"]
        let result = try await daemon.vaultCommand(["exec"] + pass + ["--", "/usr/bin/python3", "-c", script]).run()
        #expect(result.text == "in:out True\nb'through' b''\n", "\(result.errorText)\(daemon.log)")
    }

    @Test("A connection to a host's name is recorded with its address, and shown as what leads into a network")
    func network() async throws {
        let port = try unusedPort()
        let daemon = try await daemon(
            """
              - { name: way/port, listen: { tcp: "127.0.0.1:\(port)" } }
              - { name: way/host, connect: { tcp: "localhost:\(port)" }, delivery: shared }
              - { name: way/nobody, connect: { tcp: "nobody.invalid:\(port)" }, delivery: shared }

            """)
        let opened = try await daemon.vault("try", "way/host")
        #expect(opened.status == .exited(0), "\(opened.errorText)\(daemon.log)")
        let records = try await daemon.vault("audit", "list", "--type", "grant", "--output", "jsonl").text
        #expect(records.contains("\"connected\":\"127.0.0.1:\(port)\""), "\(records)")
        let unknown = try await daemon.vault("try", "way/nobody")
        #expect(unknown.status == .exited(4), "\(unknown.text)\(unknown.errorText)")
        let failed = try await daemon.vault("audit", "list", "--type", "open.failed", "--output", "jsonl").text
        #expect(failed.contains("the name of the host was not resolved (EAI_"), "\(failed)")
        for (name, isNetwork) in [("way/host", true), ("way/port", true), ("way/pipe", false)] {
            let shown = try await daemon.vault("show", name).text
            #expect(shown.contains("network") == isNetwork, "\(shown)")
        }
    }
}
