// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc
public import SystemPackage

/// Options and states of sockets, socket(7) and unix(7).
public enum SocketOption {
    /// `SO_PASSCRED`: each received message says who sent it. Set on a listener, its connections inherit it.
    public static func setPassCredentials(_ isOn: Bool, on socket: borrowing some Descriptor & ~Copyable) throws(Errno)
    {
        try set(SO_PASSCRED, to: isOn ? 1 : 0, on: socket)
    }

    /// `SO_PASSPIDFD` (Linux 6.5): each received message brings a descriptor of the process that sent it.
    ///
    /// - Returns: false on a kernel without it (`ENOPROTOOPT`).
    @discardableResult
    public static func setPassProcessDescriptors(
        _ isOn: Bool, on socket: borrowing some Descriptor & ~Copyable
    ) throws(Errno) -> Bool {
        do {
            try set(CInt(LINUX_SO_PASSPIDFD), to: isOn ? 1 : 0, on: socket)
            return true
        } catch .protocolNotAvailable {
            return false
        }
    }

    /// `SO_PASSRIGHTS` (Linux 6.16): off, whoever sends a descriptor here gets `EPERM`.
    ///
    /// - Returns: false on a kernel without it (`ENOPROTOOPT`), where only the size of the control buffer protects.
    @discardableResult
    public static func setPassRights(_ isOn: Bool, on socket: borrowing some Descriptor & ~Copyable) throws(Errno)
        -> Bool
    {
        do {
            try set(CInt(LINUX_SO_PASSRIGHTS), to: isOn ? 1 : 0, on: socket)
            return true
        } catch .protocolNotAvailable {
            return false
        }
    }

    /// `SO_ACCEPTCONN`: is this a listening socket?
    public static func isListening(_ socket: borrowing some Descriptor & ~Copyable) throws(Errno) -> Bool {
        try get(SO_ACCEPTCONN, of: socket) != 0
    }

    /// `SO_DOMAIN`: `AF_UNIX`, `AF_INET`, …
    public static func domain(of socket: borrowing some Descriptor & ~Copyable) throws(Errno) -> CInt {
        try get(SO_DOMAIN, of: socket)
    }

    /// `SO_TYPE`.
    public static func type(of socket: borrowing some Descriptor & ~Copyable) throws(Errno) -> SocketType {
        SocketType(rawValue: try get(SO_TYPE, of: socket))
    }

    /// `SO_SNDTIMEO`: how long a blocking send waits before `EAGAIN`; zero for ever.
    public static func setSendTimeout(_ limit: Duration, on socket: borrowing some Descriptor & ~Copyable) throws(Errno)
    {
        let (seconds, attoseconds) = limit.components
        // Rounded up: zero means for ever.
        var value = timeval(tv_sec: Int(seconds), tv_usec: Int((attoseconds + 999_999_999_999) / 1_000_000_000_000))
        if value.tv_usec == 1_000_000 { value = timeval(tv_sec: value.tv_sec &+ 1, tv_usec: 0) }
        try SystemCall.retrying(on: socket) {
            setsockopt($0, SOL_SOCKET, SO_SNDTIMEO, &value, socklen_t(MemoryLayout<timeval>.size))
        }
    }

    /// `SIOCOUTQ`: what the peer has not read yet, in bytes of the kernel's memory; 0 when it has read everything.
    public static func outgoingQueue(of socket: borrowing some Descriptor & ~Copyable) throws(Errno) -> Int {
        var bytes: CInt = 0
        try SystemCall.retrying(on: socket) { linux_outgoing_queue($0, &bytes) }
        return Int(bytes)
    }

    /// `SIOCINQ`: the bytes that wait (stream, seqpacket), or those of the first message (datagram).
    public static func incomingQueue(of socket: borrowing some Descriptor & ~Copyable) throws(Errno) -> Int {
        var bytes: CInt = 0
        try SystemCall.retrying(on: socket) { linux_incoming_queue($0, &bytes) }
        return Int(bytes)
    }

    /// `getsockname(2)` of a Unix socket.
    public static func localAddress(of socket: borrowing some Descriptor & ~Copyable) throws(Errno) -> UnixAddress {
        try address(of: socket) { getsockname($0, $1, $2) }
    }

    /// `getpeername(2)` of a Unix socket.
    /// - Throws: among others `ENOTCONN`.
    public static func peerAddress(of socket: borrowing some Descriptor & ~Copyable) throws(Errno) -> UnixAddress {
        try address(of: socket) { getpeername($0, $1, $2) }
    }

    private static func address(
        of socket: borrowing some Descriptor & ~Copyable,
        _ call: (CInt, UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> CInt
    ) throws(Errno) -> UnixAddress {
        var address = sockaddr_un()
        var length = socklen_t(MemoryLayout<sockaddr_un>.size)
        try SystemCall.retrying(on: socket) { number in
            withUnsafeMutablePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { call(number, $0, &length) }
            }
        }
        guard CInt(address.sun_family) == AF_UNIX else { throw .addressFamilyNotSupported }
        return UnixAddress(&address, length: length)
    }

    /// `SO_LINGER`: whether its last close waits for what is unsent.
    public static func lingers(_ socket: borrowing some Descriptor & ~Copyable) throws(Errno) -> Bool {
        // The first member of `struct linger`.
        try get(SO_LINGER, of: socket) != 0
    }

    /// `SO_PROTOCOL`, such as `IPPROTO_TCP`.
    public static func transport(of socket: borrowing some Descriptor & ~Copyable) throws(Errno) -> CInt {
        try get(SO_PROTOCOL, of: socket)
    }

    /// An option of level `SOL_SOCKET` whose value is an `int`.
    public static func get(_ option: CInt, of socket: borrowing some Descriptor & ~Copyable) throws(Errno) -> CInt {
        var value: CInt = 0
        var length = socklen_t(MemoryLayout<CInt>.size)
        try SystemCall.retrying(on: socket) { getsockopt($0, SOL_SOCKET, option, &value, &length) }
        return value
    }

    /// An option of level `SOL_SOCKET` whose value is an `int`.
    public static func set(_ option: CInt, to value: CInt, on socket: borrowing some Descriptor & ~Copyable)
        throws(Errno)
    {
        var value = value
        try SystemCall.retrying(on: socket) {
            setsockopt($0, SOL_SOCKET, option, &value, socklen_t(MemoryLayout<CInt>.size))
        }
    }
}
