// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage
import VaultCore
import VaultModel

/// How a bound socket is to be at each delivery: as it was declared, and as nobody has touched it.
///
/// A socket cannot be opened anew as a file can, so all who get a listener share it: what one of them did with
/// `setsockopt(2)`, `listen(2)`, `shutdown(2)` or `connect(2)` is undone before the next gets it. Multicast groups that
/// were joined stay, and so does the backlog of a Unix socket: to listen again would make the broker the server that
/// its clients see.
struct HeldListener: Sendable {
    private let address: ListenAddress
    private let name: SocketName
    private let settings: SocketSettings?

    /// - Parameter isNew: nobody else has had it yet, so that it may be taken as it is where this process cannot make
    ///   another to compare with.
    init(_ descriptor: HeldDescriptor, _ address: ListenAddress, isNew: Bool) throws(Errno) {
        self.address = address
        name = try SocketName(of: descriptor)
        let (domain, type) = (try SocketOption.domain(of: descriptor), try SocketOption.type(of: descriptor))
        let isTCP = if case .tcp = address { true } else { false }
        let options = BindingOptions(address.options)
        do {
            settings = try SocketSettings(ofNew: domain, type: type, reusesAddress: isTCP, options: options)
        } catch {
            settings = isNew ? try SocketSettings(of: descriptor) : nil
        }
    }

    /// Sets right what can be.
    /// - Throws: what is wrong with it for ever: another socket has to be made.
    func setRight(_ descriptor: HeldDescriptor) throws(OpenProblem) {
        do throws(Errno) {
            try SharedDescription.setRight(descriptor, .use, isLocal: false)
            switch address {
            case .tcp(_, _, let backlog, _):
                try BoundSocket.listen(descriptor, backlog: backlog)
            case .udp, .unix:
                guard address.socketType == .datagram, BoundSocket.hasPeer(descriptor) else { break }
                try BoundSocket.removePeer(descriptor)
            }
            try settings?.restore(on: descriptor)
        } catch {
            throw OpenProblem(error, "one who had the listener changed it in a way that cannot be undone")
        }
        guard !BoundSocket.isShutDown(descriptor) else {
            throw OpenProblem(.brokenPipe, "one who had the listener shut it down")
        }
        guard (try? SocketName(of: descriptor)) == name else {
            throw OpenProblem(.addressNotAvailable, "one who had the listener bound it elsewhere")
        }
    }

    // MARK: What is declared

    /// Whether a socket that the service manager kept is what a capability declares; of one at a path, if that
    /// ``isReachable(_:)``.
    static func isDeclared(_ descriptor: HeldDescriptor, _ address: ListenAddress) -> Bool {
        guard let type = try? SocketOption.type(of: descriptor), type == address.socketType,
            let name = try? SocketName(of: descriptor)
        else { return false }
        let listens = (try? SocketOption.isListening(descriptor)) ?? false
        guard listens == (type != .datagram), !BoundSocket.isShutDown(descriptor) else { return false }
        switch address {
        case .tcp(let host, let port, _, let options), .udp(let host, let port, let options):
            return Self.names(host, port, name) && Self.wasBound(descriptor, host, options)
        case .unix(let socket) where socket.isAbstract:
            return name == .unix(.abstract(Array(socket.path.utf8.dropFirst()))) && Self.isMade(descriptor, socket)
        case .unix(let socket):
            return name == .unix(.path(FilePath(socket.path)))
        }
    }

    /// Whether it was bound with the options that count only then: the others are set right at each delivery.
    private static func wasBound(_ descriptor: HeldDescriptor, _ host: String, _ options: ListenOptions) -> Bool {
        if options.sharesPort, (try? SocketOption.get(SO_REUSEPORT, of: descriptor)) != 1 { return false }
        guard (try? SocketOption.domain(of: descriptor)) == AF_INET6 else { return true }
        let takesBoth = host == "*" || options.acceptsIPv4
        return (try? SocketOption.isIPv6Only(descriptor)) == !takesBoth
    }

    /// Whether the clients of a socket without a path see the user and the group who are declared.
    private static func isMade(_ descriptor: HeldDescriptor, _ socket: UnixListenAddress) -> Bool {
        guard socket.type != .datagram else { return true }
        guard let maker = try? Peer.credentials(of: descriptor) else { return false }
        return maker.uid == socket.owner.id && (socket.group == nil || maker.gid == socket.group?.id)
    }

    private static func names(_ host: String, _ port: UInt16, _ name: SocketName) -> Bool {
        guard case .internet(let address, let boundPort) = name, port == 0 || port == boundPort,
            let declared = InternetAddress.bytes(of: host)
        else { return false }
        return declared.isEmpty ? address.allSatisfy { $0 == 0 } : declared == address
    }

    /// Whether a socket of this user and mode is at the path still. Where this process cannot look, clients may. Blocks, for as
    /// long as the file system of the path likes.
    static func isReachable(_ socket: UnixListenAddress) -> Bool {
        do {
            let status = try FileStatus(ofPath: FilePath(socket.path), followingLinks: false)
            return status.kind == .socket && status.permissions == socket.mode && status.uid == socket.owner.id
                && (socket.group == nil || status.gid == socket.group?.id)
        } catch {
            return error == .permissionDenied
        }
    }
}

extension ListenAddress {
    fileprivate var socketType: SocketType {
        switch self {
        case .tcp: .stream
        case .udp: .datagram
        case .unix(let socket):
            switch socket.type {
            case .stream: .stream
            case .seqpacket: .seqpacket
            case .datagram: .datagram
            }
        }
    }

    fileprivate var options: ListenOptions {
        switch self {
        case .tcp(_, _, _, let options), .udp(_, _, let options): options
        case .unix: ListenOptions()
        }
    }
}

extension BindingOptions {
    /// As a policy declares them.
    init(_ options: ListenOptions) {
        self.init()
        acceptsIPv4 = options.acceptsIPv4
        sharesPort = options.sharesPort
        bindsFreely = options.bindsFreely
        receiveBuffer = UInt32(clamping: options.receiveBuffer ?? 0)
        sendBuffer = UInt32(clamping: options.sendBuffer ?? 0)
    }
}
