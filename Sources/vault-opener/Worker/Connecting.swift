// SPDX-License-Identifier: Apache-2.0

import CLinux
import Descriptors
import Glibc
import OpenerWire
import SystemPackage

/// Makes connections, for one grant each, within the time limit of a request.
struct Connecting {
    let opener: PathOpener
    let limit: Duration

    // MARK: TCP

    func connect(address: [UInt8], port: UInt16) throws(OpenerFailure) -> HeldDescriptor {
        try connect(address, port, until: BootTime.now.advanced(by: limit))
    }

    /// Resolves the name, and tries one address after the other, each for its part of what time there is left. A resolver that
    /// does not answer is waited for until this process is killed for it.
    func connect(host: String, port: UInt16) throws(OpenerFailure) -> HeldDescriptor {
        let deadline = BootTime.now.advanced(by: limit)
        let addresses = try Self.addresses(of: host)
        var last = OpenerFailure(.noRouteToHost, .nameNotResolved, detail: Self.noAddress)
        for (place, address) in addresses.enumerated() {
            let left = max(0, deadline.microseconds - SystemClock.bootTimeUSec()) / Int64(addresses.count - place)
            do throws(OpenerFailure) {
                return try connect(address, port, until: BootTime.now.advanced(by: .microseconds(left)))
            } catch {
                last = error
            }
        }
        guard addresses.count > 1 else { throw last }
        throw OpenerFailure(last.errno, .noAddressAnswers, detail: UInt32(addresses.count))
    }

    /// The addresses of a name, of 4 or 16 bytes, in the order in which they are to be tried (`getaddrinfo(3)`).
    private static func addresses(of host: String) throws(OpenerFailure) -> [[UInt8]] {
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
        hints.ai_protocol = CInt(IPPROTO_TCP)
        var first: UnsafeMutablePointer<addrinfo>?
        let error = getaddrinfo(host, nil, &hints, &first)
        guard error == 0 else {
            let errno: Errno =
                switch error {
                case EAI_AGAIN: .resourceTemporarilyUnavailable
                case EAI_MEMORY: .noMemory
                case EAI_SYSTEM: Errno(rawValue: Glibc.errno)
                default: .noRouteToHost
                }
            throw OpenerFailure(errno, .nameNotResolved, detail: UInt32(clamping: -error))
        }
        defer { freeaddrinfo(first) }
        var found: [[UInt8]] = []
        var next = first
        while let entry = next {
            next = entry.pointee.ai_next
            guard let name = UnsafeRawPointer(entry.pointee.ai_addr) else { continue }
            let address: [UInt8]
            switch entry.pointee.ai_family {
            case AF_INET:
                let ipv4 = name.loadUnaligned(as: sockaddr_in.self)
                address = withUnsafeBytes(of: ipv4.sin_addr) { Array($0) }
            case AF_INET6:
                let ipv6 = name.loadUnaligned(as: sockaddr_in6.self)
                address = withUnsafeBytes(of: ipv6.sin6_addr) { Array($0) }
            default: continue
            }
            if !found.contains(address), found.count < mostAddresses { found.append(address) }
        }
        return found
    }

    /// `EAI_NODATA`, which the Glibc overlay does not have.
    private static let noAddress: UInt32 = 5
    /// So many of a name are tried.
    private static let mostAddresses = 8

    private func connect(
        _ address: [UInt8], _ port: UInt16, until deadline: BootTime
    ) throws(OpenerFailure) -> HeldDescriptor {
        try OpenerFailure.reporting { () throws(Errno) in
            let isIPv6 = address.count == 16
            let flags = CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
            let connection = HeldDescriptor(
                OwnedDescriptor(
                    adopting: try SystemCall.retrying { socket(isIPv6 ? AF_INET6 : AF_INET, flags, 0) }))
            do throws(Errno) {
                try Self.connect(connection, address, port, isIPv6: isIPv6)
            } catch .nowInProgress {
                guard try !Readiness.wait(for: .writable, on: connection, until: deadline).isEmpty else {
                    throw .timedOut
                }
                let error = try SocketOption.get(SO_ERROR, of: connection)
                guard error == 0 else { throw Errno(rawValue: error) }
            }
            try DescriptorStatus.setNonBlocking(false, of: connection)
            return connection
        }
    }

    private static func connect(
        _ socket: HeldDescriptor, _ address: [UInt8], _ port: UInt16, isIPv6: Bool
    ) throws(Errno) {
        if isIPv6 {
            var name = sockaddr_in6()
            name.sin6_family = sa_family_t(AF_INET6)
            name.sin6_port = port.bigEndian
            withUnsafeMutableBytes(of: &name.sin6_addr) { $0.copyBytes(from: address) }
            try connect(socket, &name)
        } else {
            var name = sockaddr_in()
            name.sin_family = sa_family_t(AF_INET)
            name.sin_port = port.bigEndian
            withUnsafeMutableBytes(of: &name.sin_addr) { $0.copyBytes(from: address) }
            try connect(socket, &name)
        }
    }

    private static func connect<Name>(_ socket: HeldDescriptor, _ name: inout Name) throws(Errno) {
        let size = socklen_t(MemoryLayout<Name>.size)
        try SystemCall.retrying(on: socket) { number in
            withUnsafePointer(to: &name) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { Glibc.connect(number, $0, size) }
            }
        }
    }

    // MARK: Unix sockets

    /// The server sees the user who connects; so the process becomes that user first, and for ever. What was found is what
    /// is connected to, by its descriptor: the path may lead elsewhere by now.
    func connect(path: String, kind: UnixListener.Kind, uid: UInt32) throws(OpenerFailure) -> HeldDescriptor {
        let place = try opener.roots.locate(path, othersMayWrite: true).resolve()
        guard try OpenerFailure.reporting({ () throws(Errno) in try PathOpener.status(of: place) }).kind == .socket
        else {
            throw OpenerFailure(.notSocket, .wrongKind)
        }
        try opener.protected.check(place, writing: true)
        if uid != geteuid() {
            try OpenerFailure.reporting(as: .userRefused) { () throws(Errno) in
                try Privileges.become(uid: uid, gid: UnixListener.nobodysGroup)
            }
        }
        do throws(Errno) {
            let connection = HeldDescriptor(try UnixSocket.make(kind.socketType))
            // With a full queue of the server connect(2) waits for as long.
            try SocketOption.setSendTimeout(limit, on: connection)
            try place.withUnsafeNumber { number throws(Errno) in
                try UnixSocket.connect(connection, to: .path(FilePath("/proc/self/fd/\(number)")))
            }
            try SocketOption.setSendTimeout(.zero, on: connection)
            return connection
        } catch .resourceTemporarilyUnavailable {
            throw OpenerFailure(.timedOut)
        } catch {
            throw OpenerFailure(error)
        }
    }
}
