// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import OpenerWire
import SystemPackage
import Testing
import VaultTestKit

struct ConnectingTests {
    private static let loopback: [UInt8] = [127, 0, 0, 1]

    @Test("A TCP connection comes to who listens there, is delivered blocking, and is refused where nobody does")
    func internet() async throws {
        let opener = try await OpenerUnderTest.start(roots: ["/nonexistent"])
        var listening: HeldDescriptor? = try await opener.listen(
            InternetListener(transport: .tcp, address: Self.loopback, port: 0, backlog: 4))
        let port = try #require(listening.flatMap(Self.port))
        let connection = try await opener.connect(to: Self.loopback, port: port)
        #expect(try DescriptorStatus.flags(of: connection) & O_NONBLOCK == 0)
        let accepted = try UnixSocket.accept(on: try #require(listening), nonBlocking: false)
        #expect(connection.withUnsafeNumber { write($0, "x", 1) } == 1)
        var byte: UInt8 = 0
        #expect(accepted.withUnsafeNumber { read($0, &byte, 1) } == 1)
        listening = nil
        try await waitUntil("nobody to listen there") {
            await failure { try await opener.connect(to: Self.loopback, port: port) }
                == OpenerFailure(.connectionRefused)
        }
    }

    @Test("A name is resolved, its addresses are tried in order, and what is wrong is said in the resolver's words")
    func names() async throws {
        let opener = try await OpenerUnderTest.start(roots: ["/nonexistent"])
        var listening: HeldDescriptor? = try await opener.listen(
            InternetListener(transport: .tcp, address: Self.loopback, port: 0, backlog: 4))
        let port = try #require(listening.flatMap(Self.port))
        let connection = try await opener.connect(toHost: "localhost", port: port)
        #expect(try SocketName(ofPeerOf: connection) == .internet(address: Self.loopback, port: port))
        listening = nil
        try await waitUntil("nobody to listen there") {
            let failure = await failure { try await opener.connect(toHost: "localhost", port: port) }
            let reasons: [OpenerReason] = [.none, .noAddressAnswers]
            return failure?.errno == .connectionRefused && failure.map { reasons.contains($0.reason) } == true
        }
        // RFC 6761: no resolver knows this one. Without a server it may be that none answers.
        let unknown = await failure { try await opener.connect(toHost: "nobody.invalid", port: port) }
        #expect(unknown?.reason == .nameNotResolved, "\(String(describing: unknown))")
        #expect(unknown?.description.contains("(EAI_") == true, "\(String(describing: unknown))")
        await #expect(throws: OpenerFailure.self) { _ = try await opener.connect(toHost: "a b", port: port) }
    }

    @Test("Where nobody answers the time limit is the answer, and the worker goes on")
    func timeLimit() async throws {
        let opener = try await OpenerUnderTest.start(roots: ["/nonexistent"]) {
            $0.timeLimit = .milliseconds(300)
            $0.workers = 1
        }
        let listening = try await opener.listen(
            InternetListener(transport: .tcp, address: Self.loopback, port: 0, backlog: 0))
        let port = try #require(Self.port(listening))
        var waiting: [HeldDescriptor] = []
        var found: OpenerFailure?
        for _ in 0..<8 where found == nil {
            do {
                waiting.append(try await opener.connect(to: Self.loopback, port: port))
            } catch let failure as OpenerFailure {
                found = failure
            }
        }
        #expect(found == OpenerFailure(.timedOut))
    }

    @Test("The server sees the user who is named, who must be let in", .enabled(if: isRoot, "needs root"))
    func unix() async throws {
        let directory = try TemporaryDirectory(mode: 0o700)
        let opener = try await OpenerUnderTest.start(roots: [directory.path.string]) { $0.workers = 1 }
        let path = directory.path("s")
        let server = try UnixSocket.listen(at: .path(path), mode: 0o666)
        for uid in [4711, 4712] as [UInt32] {
            let connection = try await opener.connect(to: path, as: uid)
            let accepted = try UnixSocket.accept(on: server)
            let seen = try Peer.credentials(of: accepted)
            #expect(seen.uid == uid && seen.gid == 65534)
            #expect(try Peer.groups(of: accepted) == [])
            #expect(try Peer.credentials(of: connection).uid == geteuid())
        }
        #expect(
            await failure { try await opener.connect(to: path, as: 4711, kind: .seqpacket) }
                == OpenerFailure(.protocolWrongTypeForSocket))
        let closed = directory.path("closed")
        _ = try UnixSocket.bind(to: .path(closed), type: .stream, mode: 0o600)
        #expect(
            await failure { try await opener.connect(to: closed, as: 4711) } == OpenerFailure(.permissionDenied))
        #expect(
            await failure { try await opener.connect(to: closed, as: geteuid()) } == OpenerFailure(.connectionRefused))
    }

    @Test("What is no socket, lies outside of the roots or is led out of them is not connected to")
    func refused() async throws {
        let directory = try TemporaryDirectory()
        try directory.write("x", to: "file")
        #expect(symlink("/run", directory.path("out").string) == 0)
        let opener = try await OpenerUnderTest.start(roots: [directory.path.string])
        #expect(
            await failure { try await opener.connect(to: directory.path("file"), as: geteuid()) }
                == OpenerFailure(.notSocket, .wrongKind))
        #expect(
            await failure { try await opener.connect(to: directory.path("none"), as: geteuid()) }
                == OpenerFailure(.noSuchFileOrDirectory))
        #expect(await failure { try await opener.connect(to: "/run/s", as: geteuid()) }?.reason == .outsideRoots)
        #expect(
            await failure { try await opener.connect(to: directory.path("out/s"), as: geteuid()) }?.reason
                == .leavesRoot)
    }

    private static func port(_ socket: HeldDescriptor) -> UInt16? {
        guard case .internet(_, let port)? = try? SocketName(of: socket) else { return nil }
        return port
    }
}
