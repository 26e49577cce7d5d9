// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc
public import SystemPackage

/// Makes, binds, connects and accepts Unix sockets. Every socket is close-on-exec from its birth.
public enum UnixSocket {
    static func creationFlags(nonBlocking: Bool) -> CInt {
        CInt(SOCK_CLOEXEC.rawValue) | (nonBlocking ? CInt(SOCK_NONBLOCK.rawValue) : 0)
    }

    /// An unbound, unconnected socket.
    public static func make(_ type: SocketType, nonBlocking: Bool = false) throws(Errno) -> OwnedDescriptor {
        let flags = type.rawValue | creationFlags(nonBlocking: nonBlocking)
        return OwnedDescriptor(adopting: try SystemCall.retrying { socket(AF_UNIX, flags, 0) })
    }

    /// A new socket connected to `address`.
    ///
    /// - Throws: `ENOENT` (no such path), `ECONNREFUSED` (nobody listens), `EACCES`, `EPROTOTYPE` (another type), and
    ///   `EAGAIN` (non-blocking, and the listener's backlog is full).
    public static func connect(
        to address: UnixAddress, type: SocketType = .stream, nonBlocking: Bool = false
    ) throws(Errno) -> OwnedDescriptor {
        let socket = try make(type, nonBlocking: nonBlocking)
        try connect(socket, to: address)
        return socket
    }

    /// `connect(2)`. On a datagram socket: where messages go from now on, and the only one to take them from.
    public static func connect(_ socket: borrowing some Descriptor & ~Copyable, to address: UnixAddress) throws(Errno) {
        try address.withSocketAddress { name, length throws(Errno) in
            _ = try SystemCall.retrying(on: socket) { Glibc.connect($0, name, length) }
        }
    }

    /// The next connection of a listening socket (`accept4(2)`).
    ///
    /// - Throws: `EAGAIN` (non-blocking and none there), `EMFILE` and `ENFILE` (the connection stays in the backlog: a
    ///   level-triggered watch reports it again at once), `ECONNABORTED`.
    /// - Parameter ofStranger: descriptors that are left unread in the connection are closed where that may hang:
    ///   ``ForeignDescriptors``.
    public static func accept(
        on listener: borrowing some Descriptor & ~Copyable, nonBlocking: Bool = true, ofStranger: Bool = false
    ) throws(Errno) -> OwnedDescriptor {
        let number = try SystemCall.retrying(on: listener) {
            linux_accept($0, creationFlags(nonBlocking: nonBlocking))
        }
        return OwnedDescriptor(adopting: number, isConnection: ofStranger)
    }

    /// `shutdown(2)`: hits every holder of the same open file description.
    public static func shutDown(
        _ socket: borrowing some Descriptor & ~Copyable, reading: Bool = true, writing: Bool = true
    ) throws(Errno) {
        guard reading || writing else { return }
        let how = reading && writing ? SHUT_RDWR : reading ? SHUT_RD : SHUT_WR
        try SystemCall.retrying(on: socket) { shutdown($0, CInt(how)) }
    }

    /// After a receive of 0 bytes: was that the end, or an empty message?
    ///
    /// A stream has no empty messages, and a datagram socket no end. On a seqpacket socket it was a message if the peer
    /// may still send, or if something is left to read behind it. So an empty message that comes last before
    /// the end is taken for the end, which loses nothing; `SO_PASSCRED` tells even these two apart.
    static func isAtEndOfFile(_ socket: borrowing some Descriptor & ~Copyable, hasAncillaryData: Bool) -> Bool {
        guard let type = try? SocketOption.type(of: socket) else { return true }
        if type == .stream { return true }
        if type == .datagram || hasAncillaryData { return false }
        guard let ready = try? Readiness.current(for: .peerClosed, on: socket) else { return true }
        return !ready.isEmpty && (try? SocketOption.incomingQueue(of: socket)) ?? 0 == 0
    }
}

/// The types of Unix sockets.
public struct SocketType: RawRepresentable, Hashable, Sendable {
    public let rawValue: CInt

    public init(rawValue: CInt) {
        self.rawValue = rawValue
    }

    /// Bytes in order, without boundaries between messages.
    public static let stream = SocketType(rawValue: CInt(SOCK_STREAM.rawValue))
    /// Messages in order, with a connection.
    public static let seqpacket = SocketType(rawValue: CInt(SOCK_SEQPACKET.rawValue))
    /// Messages, each with its sender; on Unix sockets in order too, and never lost.
    public static let datagram = SocketType(rawValue: CInt(SOCK_DGRAM.rawValue))
}
