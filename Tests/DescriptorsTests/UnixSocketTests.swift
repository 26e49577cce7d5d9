// SPDX-License-Identifier: Apache-2.0

import CLinux
import Descriptors
import Glibc
import SystemPackage
import Testing
import VaultTestKit

@Suite("A Unix socket")
struct UnixSocketTests {
    @Test("is close-on-exec however it was made")
    func closeOnExec() throws {
        let directory = try TemporaryDirectory()
        let address = UnixAddress.path(directory.path("s"))
        let listener = try UnixSocket.listen(at: address)
        let client = try UnixSocket.connect(to: address)
        let server = try UnixSocket.accept(on: listener)
        let pair = try MessageSocket.pair()
        #expect(try DescriptorStatus.isCloseOnExec(listener))
        #expect(try DescriptorStatus.isCloseOnExec(client))
        #expect(try DescriptorStatus.isCloseOnExec(server))
        #expect(try DescriptorStatus.isCloseOnExec(pair.first))
        #expect(try DescriptorStatus.isCloseOnExec(pair.second))
        #expect(try DescriptorStatus.flags(of: server) & O_NONBLOCK != 0)
        #expect(try DescriptorStatus.flags(of: client) & O_NONBLOCK == 0)
        #expect(try SocketOption.isListening(listener))
        #expect(try !SocketOption.isListening(server))
        #expect(try SocketOption.domain(of: server) == AF_UNIX)
        #expect(try SocketOption.localAddress(of: server) == address)
        #expect(try SocketOption.localAddress(of: client) == .unnamed)
    }

    @Test(
        "has exactly the permissions asked for, whatever the umask",
        arguments: [0o600, 0o666, 0o660, 0o000] as [UInt32])
    func permissions(mode: UInt32) async {
        await #expect(processExitsWith: .success) { [mode = mode as UInt32] in
            let directory = try TemporaryDirectory()
            for (name, mask) in [("a", 0), ("b", 0o022), ("c", 0o777)] as [(String, mode_t)] {
                umask(mask)
                let socket = try UnixSocket.bind(to: .path(directory.path(name)), type: .datagram, mode: mode)
                let status = try FileStatus(ofPath: directory.path(name))
                #expect(status.kind == .socket)
                #expect(status.permissions == mode)
                _ = consume socket
            }
        }
    }

    @Test("never has more permissions than asked for, not even at first")
    func neverWider() async {
        await #expect(processExitsWith: .success) {
            let directory = try TemporaryDirectory()
            umask(0)
            let widest = Journal<UInt32>()
            let isDone = Journal<Bool>()
            startThread {
                while isDone.entries.isEmpty {
                    for name in directory.names() {
                        guard let status = try? FileStatus(ofPath: directory.path(name)) else { continue }
                        if status.permissions & 0o077 != 0 { widest.append(status.permissions) }
                    }
                }
                isDone.append(true)
            }
            for round in 0..<500 {
                let path = directory.path("s\(round)")
                let socket = try UnixSocket.bind(to: .path(path), type: .datagram, mode: 0o600)
                try UnixSocket.remove(path)
                _ = consume socket
            }
            isDone.append(true)
            try await waitUntil("the observer to end") { isDone.entries.count == 2 }
            #expect(widest.entries.isEmpty)
        }
    }

    @Test(
        "that somebody serves is live, that nobody serves is stale, and other things are left alone",
        arguments: allTypes)
    func states(type: SocketType) throws {
        let directory = try TemporaryDirectory()
        let path = directory.path("s")
        #expect(try UnixSocket.state(ofPath: path, type: type) == .absent)
        var socket: OwnedDescriptor? =
            type == .datagram
            ? try UnixSocket.bind(to: .path(path), type: type) : try UnixSocket.listen(at: .path(path), type: type)
        #expect(try UnixSocket.state(ofPath: path, type: type) == .live)
        // A second server is refused while the first lives.
        #expect(throws: Errno.addressInUse) { _ = try UnixSocket.bind(to: .path(path), type: type) }
        socket = nil
        #expect(try UnixSocket.state(ofPath: path, type: type) == .stale)
        #expect(throws: Errno.addressInUse) { _ = try UnixSocket.bind(to: .path(path), type: type) }
        try directory.write("text", to: "file")
        #expect(try UnixSocket.state(ofPath: directory.path("file"), type: type) == .occupied)
        #expect(symlink("s", directory.path("link").string) == 0)
        #expect(try UnixSocket.state(ofPath: directory.path("link"), type: type) == .occupied)
        _ = consume socket
    }

    @Test("is removed by its path, and nothing else is")
    func removed() throws {
        let directory = try TemporaryDirectory()
        let socket = try UnixSocket.bind(to: .path(directory.path("s")), type: .datagram)
        try directory.write("text", to: "file")
        #expect(symlink("s", directory.path("link").string) == 0)
        for name in ["file", "link"] {
            #expect(throws: Errno.notSocket) { try UnixSocket.remove(directory.path(name)) }
        }
        try UnixSocket.remove(directory.path("s"))
        #expect(throws: Errno.noSuchFileOrDirectory) { try UnixSocket.remove(directory.path("s")) }
        #expect(directory.names() == ["file", "link"])
        _ = consume socket
    }

    @Test("of another type, or whose backlog is full, is live")
    func busy() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path("s")
        let listener = try UnixSocket.listen(at: .path(path), backlog: 0)
        #expect(try UnixSocket.state(ofPath: path, type: .seqpacket) == .live)
        let waiting = try UnixSocket.connect(to: .path(path), nonBlocking: true)
        #expect(throws: Errno.resourceTemporarilyUnavailable) {
            _ = try UnixSocket.connect(to: .path(path), nonBlocking: true)
        }
        #expect(try UnixSocket.state(ofPath: path) == .live)
        _ = consume listener
        _ = consume waiting
    }

    @Test(
        "that we may not reach is an error, not a guess",
        .enabled(if: geteuid() == 0, "needs root, to become somebody else"))
    func unreachable() async {
        await #expect(processExitsWith: .success) {
            let directory = try TemporaryDirectory(mode: 0o755)
            let listener = try UnixSocket.listen(at: .path(directory.path("s")), mode: 0o600)
            #expect(linux_setresuid(61_234, 61_234, 0) == 0)
            #expect(throws: Errno.permissionDenied) { _ = try UnixSocket.state(ofPath: directory.path("s")) }
            #expect(linux_setresuid(0, 0, 0) == 0)
            _ = consume listener
        }
    }

    @Test("hands SO_PASSCRED of the listener to its connections, so that no message comes without its sender")
    func passCredentials() throws {
        let directory = try TemporaryDirectory()
        let address = UnixAddress.path(directory.path("s"))
        let listener = try UnixSocket.listen(at: address, passCredentials: true)
        let client = try UnixSocket.connect(to: address)
        try MessageSocket.send([1].span, on: client)
        let server = try UnixSocket.accept(on: listener)
        #expect(try receive(on: server, room: .credentials).credentials?.pid == getpid())
    }

    @Test("counts what the peer has not read, and 0 when it has")
    func queues() throws {
        let pair = try MessageSocket.pair()
        #expect(try SocketOption.outgoingQueue(of: pair.first) == 0)
        try MessageSocket.send([1, 2, 3].span, on: pair.first)
        #expect(try SocketOption.outgoingQueue(of: pair.first) > 0)
        #expect(try SocketOption.incomingQueue(of: pair.second) == 3)
        #expect(try receive(on: pair.second).bytes == [1, 2, 3])
        #expect(try SocketOption.outgoingQueue(of: pair.first) == 0)
        #expect(try SocketOption.incomingQueue(of: pair.second) == 0)
    }

    @Test("gives up after its time limit")
    func timeLimit() async throws {
        try await onThread {
            let pair = try MessageSocket.pair()
            try SocketOption.setSendTimeout(.nanoseconds(1), on: pair.first)
            let block = [UInt8](repeating: 0, count: 65536)
            #expect(throws: Errno.resourceTemporarilyUnavailable) {
                while true { try MessageSocket.send(block.span, on: pair.first) }
            }
        }
    }

    @Test("that is shut down is so for every holder of the description")
    func shutDown() throws {
        let pair = try MessageSocket.pair()
        let holder = try pair.first.duplicate()
        try UnixSocket.shutDown(pair.first)
        #expect(throws: Errno.brokenPipe) { try MessageSocket.send([1].span, on: holder) }
        #expect(try receive(on: holder).isEndOfFile)
        #expect(try receive(on: pair.second).isEndOfFile)
    }
}
