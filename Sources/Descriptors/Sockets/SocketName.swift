// SPDX-License-Identifier: Apache-2.0

import Glibc
public import SystemPackage

/// Where a socket is bound (`getsockname(2)`).
public enum SocketName: Equatable, Sendable {
    /// 4 bytes of IPv4 or 16 of IPv6, in network order.
    case internet(address: [UInt8], port: UInt16)
    case unix(UnixAddress)
    /// Of another family, as the kernel writes it.
    case other([UInt8])

    public init(of socket: HeldDescriptor) throws(Errno) {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        try SystemCall.retrying(on: socket) { number in
            withUnsafeMutablePointer(to: &storage) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(number, $0, &length) }
            }
        }
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
            self = .unix(try SocketOption.localAddress(of: socket))
        default:
            self = .other(withUnsafeBytes(of: storage) { Array($0.prefix(Int(length))) })
        }
    }
}
