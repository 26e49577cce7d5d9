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
        do {
            settings = try SocketSettings(ofNew: domain, type: type, reusesAddress: isTCP)
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
            case .tcp(_, _, let backlog):
                try BoundSocket.listen(descriptor, backlog: backlog)
            case .udp, .unix(_, .datagram, _, _, _):
                if BoundSocket.hasPeer(descriptor) { try BoundSocket.removePeer(descriptor) }
            case .unix:
                break
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

    /// Whether a socket that the service manager kept is what a capability declares. Blocks, for as long as the file
    /// system of a Unix path likes.
    static func isDeclared(_ descriptor: HeldDescriptor, _ address: ListenAddress) -> Bool {
        guard let type = try? SocketOption.type(of: descriptor), type == address.socketType,
            let name = try? SocketName(of: descriptor)
        else { return false }
        let listens = (try? SocketOption.isListening(descriptor)) ?? false
        guard listens == (type != .datagram), !BoundSocket.isShutDown(descriptor) else { return false }
        switch address {
        case .tcp(let host, let port, _), .udp(let host, let port):
            return Self.names(host, port, name)
        case .unix(let path, _, let mode, let owner, _):
            return name == .unix(.path(FilePath(path))) && Self.isReachable(path, mode: mode, uid: owner.id)
        }
    }

    private static func names(_ host: String, _ port: UInt16, _ name: SocketName) -> Bool {
        guard case .internet(let address, let boundPort) = name, port == 0 || port == boundPort,
            let declared = InternetAddress.bytes(of: host)
        else { return false }
        return declared.isEmpty ? address.allSatisfy { $0 == 0 } : declared == address
    }

    /// Whether a socket of this user and mode is at the path still. Where this process cannot look, clients may.
    private static func isReachable(_ path: String, mode: UInt32, uid: UInt32) -> Bool {
        do {
            let status = try FileStatus(ofPath: FilePath(path), followingLinks: false)
            return status.kind == .socket && status.permissions == mode && status.uid == uid
        } catch {
            return error == .permissionDenied
        }
    }
}

extension ListenAddress {
    fileprivate var socketType: SocketType {
        switch self {
        case .tcp, .unix(_, .stream, _, _, _): .stream
        case .udp, .unix(_, .datagram, _, _, _): .datagram
        case .unix(_, .seqpacket, _, _, _): .seqpacket
        }
    }
}
