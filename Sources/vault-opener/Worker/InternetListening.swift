// SPDX-License-Identifier: Apache-2.0

import CLinux
import Descriptors
import Glibc
import OpenerWire
import SystemPackage

/// Makes bound internet sockets, and listening ones for TCP.
enum InternetListening {
    static func listen(_ request: InternetListener) throws(Errno) -> OwnedDescriptor {
        guard request.address.isEmpty else { return try listen(request, address: request.address, bothFamilies: false) }
        do {
            return try listen(request, address: [UInt8](repeating: 0, count: 16), bothFamilies: true)
        } catch .addressFamilyNotSupported {
            // A host without IPv6.
            return try listen(request, address: [0, 0, 0, 0], bothFamilies: false)
        }
    }

    private static func listen(
        _ request: InternetListener, address: [UInt8], bothFamilies: Bool
    ) throws(Errno) -> OwnedDescriptor {
        let isIPv6 = address.count == 16
        let type = request.transport == .tcp ? SOCK_STREAM : SOCK_DGRAM
        let flags = CInt(type.rawValue | SOCK_CLOEXEC.rawValue)
        let listener = OwnedDescriptor(
            adopting: try SystemCall.retrying { socket(isIPv6 ? AF_INET6 : AF_INET, flags, 0) })
        // A TCP port whose last connections still linger can be had again. For UDP this would share the port.
        if request.transport == .tcp { try SocketOption.set(SO_REUSEADDR, to: 1, on: listener) }
        let takesBoth = bothFamilies || request.options.acceptsIPv4
        if isIPv6 { try set(IPV6_V6ONLY, to: takesBoth ? 0 : 1, on: listener) }
        try request.options.set(on: listener)
        if isIPv6 {
            var name = sockaddr_in6()
            name.sin6_family = sa_family_t(AF_INET6)
            name.sin6_port = request.port.bigEndian
            withUnsafeMutableBytes(of: &name.sin6_addr) { $0.copyBytes(from: address) }
            try bind(listener, &name)
        } else {
            var name = sockaddr_in()
            name.sin_family = sa_family_t(AF_INET)
            name.sin_port = request.port.bigEndian
            withUnsafeMutableBytes(of: &name.sin_addr) { $0.copyBytes(from: address) }
            try bind(listener, &name)
        }
        if request.transport == .tcp {
            try SystemCall.retrying(on: listener) { Glibc.listen($0, CInt(clamping: request.backlog)) }
        }
        return listener
    }

    private static func bind<Name>(_ socket: borrowing some Descriptor & ~Copyable, _ name: inout Name) throws(Errno) {
        let size = socklen_t(MemoryLayout<Name>.size)
        try SystemCall.retrying(on: socket) { number in
            withUnsafePointer(to: &name) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { Glibc.bind(number, $0, size) }
            }
        }
    }

    private static func set(_ option: CInt, to value: CInt, on socket: borrowing some Descriptor & ~Copyable)
        throws(Errno)
    {
        var value = value
        try SystemCall.retrying(on: socket) {
            setsockopt($0, CInt(IPPROTO_IPV6), option, &value, socklen_t(MemoryLayout<CInt>.size))
        }
    }
}
