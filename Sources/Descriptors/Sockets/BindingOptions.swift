// SPDX-License-Identifier: Apache-2.0

import Glibc
public import SystemPackage

/// What is set of an internet socket before it is bound, since it counts when it is.
public struct BindingOptions: Equatable, Sendable {
    /// Bound to an IPv6 address it takes IPv4, too (`IPV6_V6ONLY` off). Whoever makes the socket sets this one: a bound
    /// socket keeps it.
    public var acceptsIPv4 = false
    /// Other sockets of the same user may have the port, too (`SO_REUSEPORT`).
    public var sharesPort = false
    /// The address need not be there yet (`IP_FREEBIND`, `IPV6_FREEBIND`).
    public var bindsFreely = false
    /// `SO_RCVBUF` and `SO_SNDBUF`, in bytes; 0: the kernel's choice, which it adapts. It takes no more than
    /// `net.core.rmem_max` and `wmem_max` say.
    public var receiveBuffer: UInt32 = 0
    public var sendBuffer: UInt32 = 0

    public init() {}

    /// Sets all but ``acceptsIPv4``.
    public func set(on socket: borrowing some Descriptor & ~Copyable) throws(Errno) {
        if sharesPort { try SocketOption.set(SO_REUSEPORT, to: 1, on: socket) }
        if bindsFreely {
            let isIPv6 = try SocketOption.domain(of: socket) == AF_INET6
            try SocketOption.set(
                isIPv6 ? Self.freeBinding6 : IP_FREEBIND, level: CInt(isIPv6 ? IPPROTO_IPV6 : IPPROTO_IP), to: 1,
                on: socket)
        }
        if receiveBuffer > 0 { try SocketOption.set(SO_RCVBUF, to: CInt(clamping: receiveBuffer), on: socket) }
        if sendBuffer > 0 { try SocketOption.set(SO_SNDBUF, to: CInt(clamping: sendBuffer), on: socket) }
    }

    /// `IPV6_FREEBIND` of linux/in6.h.
    private static let freeBinding6: CInt = 78
}

extension SocketOption {
    /// `IPV6_V6ONLY`: whether an IPv6 socket takes no IPv4.
    public static func isIPv6Only(_ socket: borrowing some Descriptor & ~Copyable) throws(Errno) -> Bool {
        var value: CInt = 0
        var length = socklen_t(MemoryLayout<CInt>.size)
        try SystemCall.retrying(on: socket) { getsockopt($0, CInt(IPPROTO_IPV6), IPV6_V6ONLY, &value, &length) }
        return value != 0
    }

    /// An option whose value is an `int`.
    static func set(_ option: CInt, level: CInt, to value: CInt, on socket: borrowing some Descriptor & ~Copyable)
        throws(Errno)
    {
        var value = value
        try SystemCall.retrying(on: socket) {
            setsockopt($0, level, option, &value, socklen_t(MemoryLayout<CInt>.size))
        }
    }
}
