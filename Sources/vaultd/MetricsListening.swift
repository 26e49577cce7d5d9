// SPDX-License-Identifier: Apache-2.0

import DaemonSettings
import Descriptors
import Glibc
import SystemPackage
import VaultBroker

/// The sockets at which numbers are collected: handed over by the service manager, or made here.
struct MetricsListening {
    private static let backlog: CInt = 64

    let descriptors: [HeldDescriptor]
    /// What is to be removed at the end; nil when the service manager keeps it, and of a port.
    private let path: FilePath?

    /// - Parameters:
    ///   - activated: the service manager's (`FileDescriptorName=metrics`): Unix sockets, or TCP ones at whatever address the unit
    ///     has.
    ///   - handed: those of the daemon that was taken over from; one at another place than the settings name is not served.
    init(
        _ settings: Settings, activated: [ActivationSockets.Entry], handed: [ActivationSockets.Entry]
    ) throws(StartFailure) {
        let setting = settings.metricsSocket
        if !activated.isEmpty {
            descriptors = try Self.taken(activated)
            path = nil
            return
        }
        guard let socket = setting.value else {
            descriptors = []
            path = nil
            return
        }
        do throws(Errno) {
            switch socket {
            case .path(let place, let mode):
                let own = FilePath(place)
                path = own
                let entry = handed.first { (try? SocketOption.localAddress(of: $0.descriptor)) == .path(own) }
                descriptors = if let entry { [entry.descriptor] } else { [try Self.listen(at: own, mode: mode)] }
            case .port(let address):
                path = nil
                let name = SocketName.internet(address: address.address, port: address.port)
                let entry = handed.first { (try? SocketName(of: $0.descriptor)) == name }
                descriptors = if let entry { [entry.descriptor] } else { [try Self.listen(at: address)] }
            }
        } catch {
            throw StartFailure(
                message: "cannot make the metrics-socket '\(socket)' (\(setting.origin)): \(error)",
                remedy:
                    "see who has it (ss -ltnp, ss -lx), and that its directory can be written to; as a service under the"
                    + " shipped unit, let vaultd-metrics.socket make it")
        }
    }

    private static func taken(_ activated: [ActivationSockets.Entry]) throws(StartFailure) -> [HeldDescriptor] {
        try StartFailure.reporting(
            "the service manager's sockets for numbers are not listening stream sockets",
            remedy: "check ListenStream= in vaultd-metrics.socket"
        ) { () throws(Errno) in
            for entry in activated {
                guard try SocketOption.isListening(entry.descriptor),
                    try SocketOption.type(of: entry.descriptor) == .stream
                else { throw .invalidArgument }
                try DescriptorStatus.setNonBlocking(true, of: entry.descriptor)
            }
        }
        return activated.map(\.descriptor)
    }

    private static func listen(at path: FilePath, mode: UInt32) throws(Errno) -> HeldDescriptor {
        try ListeningSocket.makeWay(at: path)
        return HeldDescriptor(
            try UnixSocket.listen(at: .path(path), mode: mode, backlog: backlog, passCredentials: false))
    }

    private static func listen(at address: LoopbackAddress) throws(Errno) -> HeldDescriptor {
        let isIPv6 = address.address.count == 16
        let flags = CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let listener = OwnedDescriptor(
            adopting: try SystemCall.retrying { socket(isIPv6 ? AF_INET6 : AF_INET, flags, 0) })
        // A port whose last connections still linger can be had again.
        try SocketOption.set(SO_REUSEADDR, to: 1, on: listener)
        if isIPv6 {
            var name = sockaddr_in6()
            name.sin6_family = sa_family_t(AF_INET6)
            name.sin6_port = address.port.bigEndian
            withUnsafeMutableBytes(of: &name.sin6_addr) { $0.copyBytes(from: address.address) }
            try bind(listener, &name)
        } else {
            var name = sockaddr_in()
            name.sin_family = sa_family_t(AF_INET)
            name.sin_port = address.port.bigEndian
            withUnsafeMutableBytes(of: &name.sin_addr) { $0.copyBytes(from: address.address) }
            try bind(listener, &name)
        }
        try SystemCall.retrying(on: listener) { Glibc.listen($0, backlog) }
        return HeldDescriptor(listener)
    }

    private static func bind<Name>(_ socket: borrowing some Descriptor & ~Copyable, _ name: inout Name) throws(Errno) {
        let size = socklen_t(MemoryLayout<Name>.size)
        try SystemCall.retrying(on: socket) { number in
            withUnsafePointer(to: &name) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { Glibc.bind(number, $0, size) }
            }
        }
    }

    func remove() {
        guard let path else { return }
        _ = path.withPlatformString { unlink($0) }
    }
}
