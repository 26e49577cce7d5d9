// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage
import Testing
import VaultModel
import VaultTestKit

@testable import VaultBroker
@testable import VaultCore

@Suite("A listener that several have had")
struct HeldListenerTests {
    /// Bound to a port by its number, as a policy names it: one that the kernel chose goes when the socket is shut down.
    private func listener(_ type: SocketType = .stream) throws -> HeldDescriptor {
        let port = try #require(Self.port(of: try bound(type, port: 0)))
        let made = try bound(type, port: port)
        if type == .stream { #expect(made.withUnsafeNumber { listen($0, 16) } == 0) }
        return made
    }

    private func bound(_ type: SocketType, port: UInt16) throws -> HeldDescriptor {
        let number = socket(AF_INET, type.rawValue | CInt(SOCK_CLOEXEC.rawValue), 0)
        let made = HeldDescriptor(OwnedDescriptor(adopting: try #require(number >= 0 ? number : nil)))
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_port = port.bigEndian
        name.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        if type == .stream { try SocketOption.set(SO_REUSEADDR, to: 1, on: made) }
        let isBound = withUnsafePointer(to: &name) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                made.withUnsafeNumber { bind($0, address, socklen_t(MemoryLayout<sockaddr_in>.size)) } == 0
            }
        }
        #expect(isBound)
        return made
    }

    private let tcp = ListenAddress.tcp(host: "127.0.0.1", port: 0, backlog: 16)
    private let udp = ListenAddress.udp(host: "127.0.0.1", port: 0)

    private func set(_ level: CInt, _ option: CInt, _ value: CInt, _ socket: HeldDescriptor) {
        var value = value
        let isSet = socket.withUnsafeNumber { setsockopt($0, level, option, &value, 4) } == 0
        #expect(isSet, "option \(option) of level \(level)")
    }

    @Test("has no option left that a holder set, nor flags, nor a filter")
    func options() throws {
        let shared = try listener()
        let held = try HeldListener(shared, tcp, isNew: true)
        let before = [SO_RCVBUF, SO_SNDBUF, SO_RCVLOWAT, SO_KEEPALIVE].map { try? SocketOption.get($0, of: shared) }
        try SocketOption.setSendTimeout(.milliseconds(1), on: shared)
        for option in [SO_RCVBUF, SO_SNDBUF, SO_RCVLOWAT, SO_KEEPALIVE] { set(SOL_SOCKET, option, 4097, shared) }
        set(CInt(IPPROTO_TCP), TCP_DEFER_ACCEPT, 30, shared)
        set(CInt(IPPROTO_TCP), TCP_MAXSEG, 100, shared)
        set(CInt(IPPROTO_IP), IP_MINTTL, 255, shared)
        // A program of one instruction, `ret #0`: it drops everything. (struct sock_fprog, struct sock_filter)
        var dropAll: UInt64 = 0x06
        let isAttached = withUnsafeMutablePointer(to: &dropAll) { instruction in
            var program = (length: UInt16(1), instructions: instruction)
            return shared.withUnsafeNumber { setsockopt($0, SOL_SOCKET, SO_ATTACH_FILTER, &program, 16) } == 0
        }
        #expect(isAttached)
        try DescriptorStatus.setNonBlocking(true, of: shared)
        _ = shared.withUnsafeNumber { fcntl($0, F_SETOWN, getpid()) }

        try held.setRight(shared)
        let after = [SO_RCVBUF, SO_SNDBUF, SO_RCVLOWAT, SO_KEEPALIVE].map { try? SocketOption.get($0, of: shared) }
        #expect(after == before)
        #expect(try DescriptorStatus.flags(of: shared) & O_NONBLOCK == 0)
        #expect(shared.withUnsafeNumber { fcntl($0, F_GETOWN) } == 0)
        var length = socklen_t(0)
        let asked = shared.withUnsafeNumber { getsockopt($0, SOL_SOCKET, SO_ATTACH_FILTER, nil, &length) }
        #expect(asked == 0 && length == 0)
        // A connection gets through: no filter, no least TTL.
        let port = try #require(Self.port(of: shared))
        #expect(Self.connects(to: port))
    }

    @Test("listens again after it was shut down, with the backlog that is declared")
    func shutDown() throws {
        let shared = try listener()
        let held = try HeldListener(shared, tcp, isNew: true)
        let port = try #require(Self.port(of: shared))
        #expect(shared.withUnsafeNumber { shutdown($0, CInt(SHUT_RDWR)) } == 0)
        #expect(!Self.connects(to: port))
        try held.setRight(shared)
        #expect(Self.connects(to: port))
    }

    @Test("that was made deaf for good is of no use any more, and is found to be so")
    func spoiled() throws {
        let locked = try listener()
        let held = try HeldListener(locked, tcp, isNew: true)
        // SO_LOCK_FILTER
        set(SOL_SOCKET, 44, 1, locked)
        #expect(throws: OpenProblem.self) { try held.setRight(locked) }

        let directory = try TemporaryDirectory()
        let door = HeldDescriptor(try UnixSocket.listen(at: .path(directory.path("door"))))
        let address = ListenAddress.unix(
            UnixListenAddress(
                path: directory.path("door").string, type: .stream, mode: 0o600, owner: NamedID(id: geteuid()),
                backlog: 1))
        let heldDoor = try HeldListener(door, address, isNew: true)
        try heldDoor.setRight(door)
        #expect(HeldListener.isDeclared(door, address))
        #expect(door.withUnsafeNumber { shutdown($0, CInt(SHUT_RDWR)) } == 0)
        #expect(throws: OpenProblem.self) { try heldDoor.setRight(door) }
        #expect(!HeldListener.isDeclared(door, address))
    }

    @Test("for datagrams hears everybody again after a holder connected it")
    func connected() throws {
        let shared = try listener(.datagram)
        let held = try HeldListener(shared, udp, isNew: true)
        let port = try #require(Self.port(of: shared))
        #expect(Self.connect(shared, to: port) == 0)
        #expect(BoundSocket.hasPeer(shared))
        try held.setRight(shared)
        #expect(!BoundSocket.hasPeer(shared))
        #expect(Self.port(of: shared) == port)
    }

    @Test("is another than declared when address, type or state differ")
    func declared() throws {
        let shared = try listener()
        let port = try #require(Self.port(of: shared))
        #expect(HeldListener.isDeclared(shared, tcp))
        #expect(HeldListener.isDeclared(shared, .tcp(host: "127.0.0.1", port: port, backlog: 1)))
        #expect(!HeldListener.isDeclared(shared, .tcp(host: "127.0.0.1", port: port &+ 1, backlog: 1)))
        #expect(!HeldListener.isDeclared(shared, .tcp(host: "127.0.0.2", port: port, backlog: 1)))
        #expect(!HeldListener.isDeclared(shared, .tcp(host: "*", port: port, backlog: 1)))
        #expect(!HeldListener.isDeclared(shared, udp))
        #expect(shared.withUnsafeNumber { shutdown($0, CInt(SHUT_RDWR)) } == 0)
        #expect(!HeldListener.isDeclared(shared, tcp))
    }

    @Test("has the options that are declared, whatever a holder set")
    func declaredOptions() throws {
        var options = ListenOptions()
        options.sharesPort = true
        options.bindsFreely = true
        options.receiveBuffer = 16 << 10
        options.sendBuffer = 32 << 10
        let shared = try listener()
        try BindingOptions(options).set(on: shared)
        let address = ListenAddress.tcp(host: "127.0.0.1", port: 0, backlog: 16, options: options)
        #expect(HeldListener.isDeclared(shared, address))
        let held = try HeldListener(shared, address, isNew: true)
        for option in [SO_RCVBUF, SO_SNDBUF] { set(SOL_SOCKET, option, 4097, shared) }
        set(SOL_SOCKET, SO_REUSEPORT, 0, shared)
        set(CInt(IPPROTO_IP), IP_FREEBIND, 0, shared)
        #expect(!HeldListener.isDeclared(shared, address))
        try held.setRight(shared)
        // The kernel doubles what is set.
        #expect(try SocketOption.get(SO_RCVBUF, of: shared) == 32 << 10)
        #expect(try SocketOption.get(SO_SNDBUF, of: shared) == 64 << 10)
        #expect(try SocketOption.get(SO_REUSEPORT, of: shared) == 1)
        var value: CInt = 0
        var length = socklen_t(4)
        let isRead = shared.withUnsafeNumber { getsockopt($0, CInt(IPPROTO_IP), IP_FREEBIND, &value, &length) } == 0
        #expect(isRead && value == 1)
        #expect(HeldListener.isDeclared(shared, address))
    }

    @Test("without a path is known by its name in the abstract namespace and by its maker")
    func abstract() throws {
        let name = "vault-test-\(getpid())"
        let door = HeldDescriptor(try UnixSocket.listen(at: .abstract(Array(name.utf8))))
        func address(_ name: String, _ owner: UInt32, _ group: UInt32? = nil) -> ListenAddress {
            .unix(
                UnixListenAddress(
                    path: name, type: .stream, mode: 0o600, owner: NamedID(id: owner),
                    group: group.map { NamedID(id: $0) }, backlog: 1))
        }
        #expect(HeldListener.isDeclared(door, address("@" + name, geteuid())))
        #expect(HeldListener.isDeclared(door, address("@" + name, geteuid(), getegid())))
        #expect(!HeldListener.isDeclared(door, address("@\(name)x", geteuid())))
        #expect(!HeldListener.isDeclared(door, address("@" + name, geteuid() &+ 1)))
        #expect(!HeldListener.isDeclared(door, address("@" + name, geteuid(), getegid() &+ 1)))
        #expect(!HeldListener.isDeclared(door, address("/" + name, geteuid())))
    }

    private static func port(of socket: HeldDescriptor) -> UInt16? {
        guard case .internet(_, let port)? = try? SocketName(of: socket) else { return nil }
        return port
    }

    private static func connects(to port: UInt16) -> Bool {
        let client = HeldDescriptor(OwnedDescriptor(adopting: socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)))
        return connect(client, to: port) == 0
    }

    private static func connect(_ socket: HeldDescriptor, to port: UInt16) -> CInt {
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_port = port.bigEndian
        name.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        return withUnsafePointer(to: &name) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                socket.withUnsafeNumber { Glibc.connect($0, address, socklen_t(MemoryLayout<sockaddr_in>.size)) }
            }
        }
    }
}
