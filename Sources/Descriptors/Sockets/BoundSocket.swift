// SPDX-License-Identifier: Apache-2.0

import Glibc
public import SystemPackage

/// What can have become of a bound socket at the hands of those who share it. Nothing here hangs.
public enum BoundSocket {
    /// `listen(2)` again: sets the backlog, and makes a TCP socket listen that was shut down.
    ///
    /// - Throws: `EINVAL` when it was connected in the meantime.
    public static func listen(_ socket: HeldDescriptor, backlog: Int) throws(Errno) {
        try SystemCall.retrying(on: socket) { Glibc.listen($0, CInt(clamping: backlog)) }
    }

    /// Whether somebody connected it, so that it receives from one peer alone.
    public static func hasPeer(_ socket: HeldDescriptor) -> Bool {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return socket.withUnsafeNumber { number in
            withUnsafeMutablePointer(to: &storage) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getpeername(number, $0, &length) == 0 }
            }
        }
    }

    /// Takes the peer of a datagram socket away (`connect(2)` to `AF_UNSPEC`); it stays bound.
    public static func removePeer(_ socket: HeldDescriptor) throws(Errno) {
        var nobody = sockaddr()
        nobody.sa_family = sa_family_t(AF_UNSPEC)
        try SystemCall.retrying(on: socket) { connect($0, &nobody, socklen_t(MemoryLayout<sockaddr>.size)) }
    }

    /// Whether `shutdown(2)` was called on it for receiving (`poll(2)` tells, nothing else does): it never accepts or
    /// receives again.
    public static func isShutDown(_ socket: HeldDescriptor) -> Bool {
        guard let ready = try? Readiness.current(for: .peerClosed, on: socket) else { return false }
        return ready.contains(.peerClosed) || ready.contains(.hangUp)
    }
}

/// Where a socket is bound (`getsockname(2)`), or whom it is connected to (`getpeername(2)`).
public enum SocketName: Equatable, Sendable {
    /// 4 bytes of IPv4 or 16 of IPv6, in network order.
    case internet(address: [UInt8], port: UInt16)
    case unix(UnixAddress)
    /// Of another family, as the kernel writes it.
    case other([UInt8])

    /// `getsockname(2)`.
    public init(of socket: HeldDescriptor) throws(Errno) {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        try SystemCall.retrying(on: socket) { number in
            withUnsafeMutablePointer(to: &storage) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(number, $0, &length) }
            }
        }
        try self.init(storage, length) { () throws(Errno) in try SocketOption.localAddress(of: socket) }
    }

    /// `getpeername(2)`, of an internet socket.
    ///
    /// - Throws: `ENOTCONN`.
    public init(ofPeerOf socket: HeldDescriptor) throws(Errno) {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        try SystemCall.retrying(on: socket) { number in
            withUnsafeMutablePointer(to: &storage) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getpeername(number, $0, &length) }
            }
        }
        try self.init(storage, length) { () throws(Errno) in throw .addressFamilyNotSupported }
    }

    private init(
        _ storage: sockaddr_storage, _ length: socklen_t, unix: () throws(Errno) -> UnixAddress
    ) throws(Errno) {
        switch CInt(storage.ss_family) {
        case AF_INET:
            let name = withUnsafeBytes(of: storage) { $0.loadUnaligned(as: sockaddr_in.self) }
            self = .internet(
                address: withUnsafeBytes(of: name.sin_addr) { Array($0) }, port: UInt16(bigEndian: name.sin_port))
        case AF_INET6:
            let name = withUnsafeBytes(of: storage) { $0.loadUnaligned(as: sockaddr_in6.self) }
            self = .internet(
                address: withUnsafeBytes(of: name.sin6_addr) { Array($0) }, port: UInt16(bigEndian: name.sin6_port))
        case AF_UNIX:
            self = .unix(try unix())
        default:
            self = .other(withUnsafeBytes(of: storage) { Array($0.prefix(Int(length))) })
        }
    }
}
