// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import OpenerWire
import SystemPackage
import Testing
import VaultTestKit

/// "Unix sockets are made under the uid named by `as:`, in a worker that changed ids first"
/// (Decisions: a socket carries its maker).
struct ListeningTests {
    static func listener(
        _ path: FilePath, kind: UnixListener.Kind = .stream, mode: UInt32 = 0o666, uid: UInt32? = nil,
        gid: UInt32? = nil
    ) -> UnixListener {
        UnixListener(path: path.string, kind: kind, mode: mode, uid: uid, gid: gid, backlog: 8)
    }

    @Test(
        "The clients of a Unix listener see the user under whom it was made, and no groups of root's",
        .enabled(if: isRoot, "needs root"))
    func uidSeenByClients() async throws {
        let directory = try TemporaryDirectory(mode: 0o755)
        let path = directory.path("s")
        let opener = try await OpenerUnderTest.start(roots: [directory.path.string])
        let listening = try await opener.listen(Self.listener(path, mode: 0o640, uid: 4711, gid: 4712))
        let client = try UnixSocket.connect(to: .path(path))
        let seen = try Peer.credentials(of: client)
        #expect(seen.uid == 4711 && seen.gid == 4712)
        #expect(try Peer.groups(of: client) == [])
        let file = try FileStatus(ofPath: path)
        #expect(file.uid == 4711 && file.gid == 4712 && file.permissions == 0o640)
        // The name that clients and the server see is the path, not a way through /proc.
        #expect(try SocketOption.localAddress(of: listening) == .path(path))
        #expect(try SocketOption.isListening(listening))
        #expect(try DescriptorStatus.flags(of: listening) & O_NONBLOCK == 0)
    }

    @Test(
        "Without a group it is nobody's; and the worker that changed its ids is replaced",
        .enabled(if: isRoot, "needs root"))
    func workerIsReplaced() async throws {
        let directory = try TemporaryDirectory(mode: 0o755)
        let secret = try directory.write("root's", to: "secret", mode: 0o600)
        let opener = try await OpenerUnderTest.start(roots: [directory.path.string]) { $0.workers = 1 }
        for index in 0..<5 {
            let path = directory.path("s\(index)")
            let listening = try await opener.listen(Self.listener(path, uid: 4711))
            let client = try UnixSocket.connect(to: .path(path))
            #expect(try Peer.credentials(of: client).gid == 65534)
            _ = consume listening
            #expect(try contents(of: await opener.open(secret)) == "root's")
        }
        try await waitUntil("the used workers to be gone") { opener.workers().count == 1 }
    }

    @Test(
        "Where others could lead the path elsewhere, only what the user itself may do is done",
        .enabled(if: isRoot, "needs root"))
    func untrustedDirectory() async throws {
        let directory = try TemporaryDirectory(mode: 0o755)
        let opener = try await OpenerUnderTest.start(roots: [directory.path.string])
        #expect(mkdir(directory.path("theirs").string, 0o755) == 0)
        #expect(chown(directory.path("theirs").string, 4711, 4711) == 0)
        // The user whose directory it is.
        _ = try await opener.listen(Self.listener(directory.path("theirs/a"), uid: 4711))
        // Another user, who may not write there.
        #expect(
            await failure { try await opener.listen(Self.listener(directory.path("theirs/b"), uid: 4799)) }
                == OpenerFailure(.permissionDenied))
        #expect(directoryEntries(directory.path("theirs")) == ["a"])
    }

    @Test("A stale socket of one's own is replaced, a live one is not, and nothing else is touched")
    func stale() async throws {
        let directory = try TemporaryDirectory(mode: 0o755)
        let path = directory.path("s")
        try directory.write("kept", to: "file")
        let opener = try await OpenerUnderTest.start(roots: [directory.path.string])
        var listening: HeldDescriptor? = try await opener.listen(Self.listener(path))
        let taken = OpenerFailure(.addressInUse, .addressTaken)
        #expect(await failure { try await opener.listen(Self.listener(path)) } == taken)
        _ = try UnixSocket.connect(to: .path(path))
        _ = listening
        listening = nil
        try await waitUntil("the worker's copy to be closed") {
            (try? UnixSocket.state(ofPath: path)) == .stale
        }
        let again = try await opener.listen(Self.listener(path))
        _ = try UnixSocket.connect(to: .path(path))
        _ = consume again
        let refused = OpenerFailure(.addressInUse, .notSocket)
        #expect(await failure { try await opener.listen(Self.listener(directory.path("file"))) } == refused)
        #expect(try directory.read("file") == "kept")
    }

    @Test("Sockets of each type are made; one for datagrams does not listen")
    func types() async throws {
        let directory = try TemporaryDirectory(mode: 0o755)
        let opener = try await OpenerUnderTest.start(roots: [directory.path.string])
        for (kind, type) in [
            (UnixListener.Kind.stream, SocketType.stream), (.seqpacket, .seqpacket), (.datagram, .datagram),
        ] {
            let path = directory.path("s\(kind.rawValue)")
            let socket = try await opener.listen(Self.listener(path, kind: kind, mode: 0o600))
            #expect(try SocketOption.type(of: socket) == type)
            #expect(try SocketOption.isListening(socket) == (kind != .datagram))
            _ = try UnixSocket.connect(to: .path(path), type: type)
        }
    }

    @Test("A path that is too long for a socket, or lies outside, is refused")
    func badPaths() async throws {
        let directory = try TemporaryDirectory()
        let opener = try await OpenerUnderTest.start(roots: [directory.path.string])
        let long = directory.path(String(repeating: "s", count: 120))
        #expect(await failure { try await opener.listen(Self.listener(long)) } == OpenerFailure(.fileNameTooLong))
        #expect(await failure { try await opener.listen(Self.listener("/tmp/s")) }?.reason == .outsideRoots)
        #expect(symlink("/tmp", directory.path("out").string) == 0)
        #expect(
            await failure { try await opener.listen(Self.listener(directory.path("out/s"))) }?.reason == .leavesRoot)
        #expect(await failure { try await opener.listen(Self.listener(directory.path)) } == OpenerFailure(.isDirectory))
    }

    @Test(
        "An opener without privileges makes sockets under its own user alone",
        .enabled(if: isRoot && Command.canChangeUser, "needs root, to be another"))
    func withoutPrivileges() async throws {
        let directory = try TemporaryDirectory(mode: 0o777)
        let opener = try await OpenerUnderTest.start(roots: [directory.path.string], openerUID: 4711)
        let path = directory.path("s")
        _ = try await opener.listen(Self.listener(path, uid: 4711))
        #expect(try FileStatus(ofPath: path).uid == 4711)
        #expect(
            await failure { try await opener.listen(Self.listener(directory.path("t"), uid: 4799)) }
                == OpenerFailure(.notPermitted, .userRefused))
    }

    @Test("A TCP socket listens where it was told, a UDP socket is bound, in both families")
    func internet() async throws {
        let opener = try await OpenerUnderTest.start(roots: ["/nonexistent"])
        let loopback: [UInt8] = [127, 0, 0, 1]
        let tcp = try await opener.listen(InternetListener(transport: .tcp, address: loopback, port: 0, backlog: 4))
        #expect(try SocketOption.isListening(tcp))
        #expect(try SocketOption.domain(of: tcp) == AF_INET)
        let udp = try await opener.listen(InternetListener(transport: .udp, address: loopback, port: 0, backlog: 0))
        #expect(try SocketOption.type(of: udp) == .datagram)
        let every = try await opener.listen(InternetListener(transport: .tcp, address: [], port: 0, backlog: 4))
        let port = try Self.port(of: every)
        #expect(port != 0)
        // A port that is taken is taken.
        let again = InternetListener(transport: .tcp, address: loopback, port: try Self.port(of: tcp), backlog: 4)
        #expect(await failure { try await opener.listen(again) } == OpenerFailure(.addressInUse, .addressHeld))
        // An address that is none of this host's.
        let foreign = InternetListener(transport: .tcp, address: [192, 0, 2, 1], port: 0, backlog: 4)
        #expect(await failure { try await opener.listen(foreign) } == OpenerFailure(.addressNotAvailable))
    }

    @Test("What is told of an internet socket is set before it is bound: two share a port, an address is not there yet")
    func internetOptions() async throws {
        let opener = try await OpenerUnderTest.start(roots: ["/nonexistent"])
        let loopback: [UInt8] = [127, 0, 0, 1]
        var options = BindingOptions()
        options.sharesPort = true
        options.receiveBuffer = 16 << 10
        options.sendBuffer = 32 << 10
        let first = try await opener.listen(
            InternetListener(transport: .tcp, address: loopback, port: 0, backlog: 4, options: options))
        // The kernel doubles what is set.
        #expect(try SocketOption.get(SO_RCVBUF, of: first) == 32 << 10)
        #expect(try SocketOption.get(SO_SNDBUF, of: first) == 64 << 10)
        let port = try Self.port(of: first)
        let second = try await opener.listen(
            InternetListener(transport: .tcp, address: loopback, port: port, backlog: 4, options: options))
        #expect(try Self.port(of: second) == port)
        options = BindingOptions()
        options.bindsFreely = true
        let foreign = try await opener.listen(
            InternetListener(transport: .tcp, address: [192, 0, 2, 1], port: 0, backlog: 4, options: options))
        #expect(try SocketOption.isListening(foreign))
        options = BindingOptions()
        options.acceptsIPv4 = true
        let every = [UInt8](repeating: 0, count: 16)
        for (chosen, isIPv6Only) in [(options, false), (BindingOptions(), true)] {
            let listener = InternetListener(transport: .tcp, address: every, port: 0, backlog: 4, options: chosen)
            do {
                let listening = try await opener.listen(listener)
                #expect(try SocketOption.isIPv6Only(listening) == isIPv6Only)
            } catch let failure as OpenerFailure where failure.errno == .addressFamilyNotSupported {
                // A host without IPv6.
            }
        }
    }

    @Test(
        "A name in the abstract namespace is bound under the user and the group, and one that is taken is taken",
        .enabled(if: isRoot, "needs root"))
    func abstract() async throws {
        let opener = try await OpenerUnderTest.start(roots: ["/nonexistent"])
        let name = "vault-opener-test-\(getpid())"
        let listener = Self.listener(FilePath("@\(name)"), mode: 0o600, uid: 4711, gid: 4712)
        let listening = try await opener.listen(listener)
        #expect(try SocketOption.localAddress(of: listening) == .abstract(Array(name.utf8)))
        let client = try UnixSocket.connect(to: .abstract(Array(name.utf8)))
        let seen = try Peer.credentials(of: client)
        #expect(seen.uid == 4711 && seen.gid == 4712)
        #expect(await failure { try await opener.listen(listener) } == OpenerFailure(.addressInUse, .addressTaken))
        let long = Self.listener(FilePath("@" + String(repeating: "n", count: 108)))
        #expect(await failure { try await opener.listen(long) } == OpenerFailure(.fileNameTooLong))
    }

    private static func port(of socket: HeldDescriptor) throws -> UInt16 {
        var name = sockaddr_in6()
        var length = socklen_t(MemoryLayout<sockaddr_in6>.size)
        let error = socket.withUnsafeNumber { number in
            withUnsafeMutablePointer(to: &name) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(number, $0, &length) }
            }
        }
        guard error == 0 else { throw Errno(rawValue: errno) }
        // The port lies at one place in the addresses of both families.
        return UInt16(bigEndian: name.sin6_port)
    }
}
