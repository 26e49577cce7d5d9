// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc
public import SystemPackage

/// The options of a socket that whoever has it can change with `setsockopt(2)`, for everybody else who has it and, of a
/// listener, for all connections that it accepts.
///
///     let usual = try SocketSettings(ofNew: AF_INET, type: .stream)
///     …
///     try usual.restore(on: listener)
public struct SocketSettings: Sendable {
    private struct Option: Sendable {
        let level: CInt
        let name: CInt
        /// As the kernel writes it, whatever its type.
        let value: [UInt8]
    }

    private let options: [Option]

    /// As they are now. What this kernel or this kind of socket does not have is left out.
    public init(of socket: HeldDescriptor) throws(Errno) {
        try self.init(of: socket, domain: SocketOption.domain(of: socket), type: SocketOption.type(of: socket))
    }

    /// As they are of a socket that nobody has touched.
    ///
    /// - Parameters:
    ///   - reusesAddress: `SO_REUSEADDR` is set.
    ///   - options: set too.
    /// - Throws: `EAFNOSUPPORT` or `EACCES` where this process may not make such a socket.
    public init(
        ofNew domain: CInt, type: SocketType, reusesAddress: Bool = false, options: BindingOptions = BindingOptions()
    ) throws(Errno) {
        let flags = type.rawValue | CInt(SOCK_CLOEXEC.rawValue)
        let new = HeldDescriptor(
            OwnedDescriptor(adopting: try SystemCall.retrying { socket(domain, flags, 0) }))
        if reusesAddress { try SocketOption.set(SO_REUSEADDR, to: 1, on: new) }
        try options.set(on: new)
        self.init(of: new, domain: domain, type: type)
    }

    private init(of socket: HeldDescriptor, domain: CInt, type: SocketType) {
        options = Self.names(domain, type).compactMap { level, name in
            Self.get(level, name, of: socket).map { Option(level: level, name: name, value: $0) }
        }
    }

    /// Sets each option that is another by now back to what it is here, and takes a filter away. Never hangs.
    ///
    /// - Throws: what setsockopt(2) says of the first that cannot be undone: a locked filter, a device that the socket was
    ///   bound to.
    public func restore(on socket: HeldDescriptor) throws(Errno) {
        for option in options {
            guard let now = Self.get(option.level, option.name, of: socket), now != option.value else { continue }
            try Self.put(back: option, on: socket)
        }
        try Self.detachFilter(from: socket)
    }

    // MARK: One option

    private static func get(_ level: CInt, _ name: CInt, of socket: HeldDescriptor) -> [UInt8]? {
        var value = [UInt8](repeating: 0, count: 64)
        var length = socklen_t(value.count)
        guard socket.withUnsafeNumber({ getsockopt($0, level, name, &value, &length) }) == 0 else { return nil }
        return Array(value.prefix(Int(length)))
    }

    private static func put(back option: Option, on socket: HeldDescriptor) throws(Errno) {
        var value = option.value
        switch (option.level, option.name) {
        case (SOL_SOCKET, SO_RCVBUF), (SOL_SOCKET, SO_SNDBUF):
            // The kernel doubles what is set, and then no longer adapts the size by itself.
            value = Self.bytes(Self.number(value) / 2)
        case (CInt(IPPROTO_TCP), TCP_MAXSEG):
            value = Self.bytes(0)
        default:
            break
        }
        try set(option.level, option.name, to: value, on: socket)
        if option.level == SOL_SOCKET, option.name == SO_RCVBUF || option.name == SO_SNDBUF {
            // Before Linux 5.14 the size stays as it was set.
            try? set(SOL_SOCKET, bufferLock, to: Self.bytes(0), on: socket)
        }
    }

    private static func set(_ level: CInt, _ name: CInt, to value: [UInt8], on socket: HeldDescriptor) throws(Errno) {
        try SystemCall.retrying(on: socket) { setsockopt($0, level, name, value, socklen_t(value.count)) }
    }

    private static func detachFilter(from socket: HeldDescriptor) throws(Errno) {
        do {
            try set(SOL_SOCKET, SO_DETACH_FILTER, to: bytes(0), on: socket)
        } catch .noSuchFileOrDirectory {
            // There is none.
        }
    }

    private static func number(_ bytes: [UInt8]) -> CInt {
        bytes.withUnsafeBytes { $0.count >= 4 ? $0.loadUnaligned(as: CInt.self) : 0 }
    }

    private static func bytes(_ number: CInt) -> [UInt8] {
        withUnsafeBytes(of: number) { Array($0) }
    }

    // MARK: Which

    /// `SO_BUF_LOCK`.
    private static let bufferLock: CInt = 72

    /// In an order in which setting one does not change another that was looked at before. Left out is what changes by
    /// itself (`SO_INCOMING_CPU`, `TCP_QUICKACK`) and what a bound socket keeps (`IPV6_V6ONLY`).
    private static func names(_ domain: CInt, _ type: SocketType) -> [(CInt, CInt)] {
        var names = general.map { (SOL_SOCKET, $0) }
        guard domain == AF_INET || domain == AF_INET6 else { return names }
        names += internet.map { (CInt(IPPROTO_IP), $0) }
        if domain == AF_INET6 { names += internet6.map { (CInt(IPPROTO_IPV6), $0) } }
        if type == .stream { names += tcp.map { (CInt(IPPROTO_TCP), $0) } }
        if type == .datagram { names += udp.map { (CInt(IPPROTO_UDP), $0) } }
        return names
    }

    /// Numbers where the C library has no name: SO_LOCK_FILTER 44, SO_PEEK_OFF 42, SO_RXQ_OVFL 40, SO_NOFCS 43,
    /// SO_SELECT_ERR_QUEUE 45, SO_BUSY_POLL 46, SO_MAX_PACING_RATE 47, SO_ZEROCOPY 60, SO_PREFER_BUSY_POLL 69,
    /// SO_BUSY_POLL_BUDGET 70, SO_PASSPIDFD 76, SO_PASSRIGHTS 83.
    private static let general: [CInt] = [
        SO_DEBUG, SO_REUSEADDR, SO_REUSEPORT, SO_DONTROUTE, SO_BROADCAST, SO_KEEPALIVE, SO_OOBINLINE, SO_LINGER,
        SO_PRIORITY, SO_MARK, SO_BINDTODEVICE, SO_RCVTIMEO, SO_SNDTIMEO, SO_RCVLOWAT, SO_RCVBUF, SO_SNDBUF,
        SO_PASSCRED, SO_PASSSEC, SO_TIMESTAMP, SO_TIMESTAMPNS, SO_TIMESTAMPING, 40, 42, 43, 44, 45, 46, 47, 60, 69, 70,
        bufferLock, 76, 83,
    ]

    private static let tcp: [CInt] = [
        TCP_NODELAY, TCP_MAXSEG, TCP_CORK, TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT, TCP_SYNCNT, TCP_LINGER2,
        TCP_DEFER_ACCEPT, TCP_WINDOW_CLAMP, TCP_CONGESTION, TCP_THIN_LINEAR_TIMEOUTS, TCP_THIN_DUPACK,
        TCP_USER_TIMEOUT, TCP_FASTOPEN, TCP_NOTSENT_LOWAT, TCP_SAVE_SYN, TCP_FASTOPEN_CONNECT, TCP_FASTOPEN_NO_COOKIE,
        TCP_INQ, TCP_TX_DELAY,
    ]

    /// udp(7), and linux/udp.h: UDP_CORK 1, UDP_NO_CHECK6_TX 101, UDP_NO_CHECK6_RX 102, UDP_SEGMENT 103, UDP_GRO 104.
    private static let udp: [CInt] = [1, 101, 102, 103, 104]

    /// ip(7); IP_BIND_ADDRESS_NO_PORT 24, IP_MULTICAST_ALL 49 and IP_UNICAST_IF 50 by number.
    private static let internet: [CInt] = [
        IP_TOS, IP_TTL, IP_OPTIONS, IP_RECVOPTS, IP_RETOPTS, IP_PKTINFO, IP_MTU_DISCOVER, IP_RECVERR, IP_RECVTTL,
        IP_RECVTOS, IP_FREEBIND, IP_TRANSPARENT, IP_MINTTL, IP_MULTICAST_TTL, IP_MULTICAST_LOOP, 24, 49, 50,
    ]

    /// ipv6(7); linux/in6.h: IPV6_AUTOFLOWLABEL 70, IPV6_MINHOPCOUNT 73, IPV6_FREEBIND 78 by number.
    private static let internet6: [CInt] = [
        IPV6_UNICAST_HOPS, IPV6_MULTICAST_HOPS, IPV6_MULTICAST_LOOP, IPV6_MTU_DISCOVER, IPV6_RECVERR,
        IPV6_RECVPKTINFO, IPV6_RECVHOPLIMIT, IPV6_RECVTCLASS, IPV6_TCLASS, IPV6_DONTFRAG, 70, 73, 78,
    ]
}
