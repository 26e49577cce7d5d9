// SPDX-License-Identifier: Apache-2.0

import CLinux
import Descriptors
import Glibc
import Records
import SystemPackage
import VaultCore
import VaultModel

/// Descriptors that clients pass in: how they are judged, and watched for the hang-up of their other ends.
///
/// Nothing is asked of a file system that others may serve, since that can hang: `F_GETFL`, what `/proc` has of the descriptor,
/// the table of mounts, options of sockets. They are foreign (``ForeignDescriptors``), so that closing them stops nobody.
final class DepositShell: BrokerPort, DepositPort {
    private let ownSockets: Set<UnixAddress>
    private var watches: [String: WatchToken] = [:]
    /// The table of mounts as it was read in a turn of the loop.
    private var mounts: (turn: UInt64, types: [Int: String])?

    /// - Parameter ownSockets: paths, or `@NAME` in the abstract namespace.
    init(_ loop: EventLoop, ownSockets: [String]) {
        self.ownSockets = Set(ownSockets.map(UnixAddress.init(notation:)))
        super.init(loop)
    }

    func judge(_ descriptor: any PassableDescriptor) -> Result<JudgedDeposit, InvalidDeposit> {
        let held = descriptor.held
        do throws(Errno) {
            let flags = try DescriptorStatus.flags(of: held)
            guard flags & CInt(LINUX_O_PATH) == 0 else {
                return .failure(
                    InvalidDeposit(
                        "it only names a file (O_PATH), and gives no access to it: open it for what it is to be"))
            }
            let type = try DescriptorType(of: held)
            let information = try DescriptorInformation(of: held)
            if type.isUnixSocket, isOwn(held) {
                return .failure(InvalidDeposit("it is a connection to the vault itself, or one of its own sockets"))
            }
            var needs: RiskyDeposits = []
            switch type {
            case .directory: needs.insert(.directories)
            case .characterDevice, .blockDevice: needs.insert(.devices)
            default: break
            }
            if type.isOnFileSystem, try !isHarmless(mount: information.mountID) { needs.insert(.anyFileSystem) }
            let rights = Rights(flags: flags, of: type)
            let opened = type.isOnFileSystem && !needs.contains(.anyFileSystem) ? Record.Opened(held) : nil
            return .success(
                JudgedDeposit(
                    holding: OpenHolding(deposit: held, flags: flags, type: type, opened: opened),
                    type: type.rawValue, rights: rights, flags: flags,
                    inode: type.isKernelsOwn && type.hasInodeOfItsOwn ? information.inode : nil, needs: needs,
                    opened: opened))
        } catch {
            return .failure(InvalidDeposit("what it is cannot be told: \(error)"))
        }
    }

    /// Whether the file system of a mount is one on which nothing hangs.
    private func isHarmless(mount: Int) throws(Errno) -> Bool {
        // Once in a turn of the loop: one message may bring 253 files.
        if mounts?.turn != loop.turn { mounts = (loop.turn, try MountedFileSystem.types()) }
        return mounts?.types[mount].map(MountedFileSystem.harmless.contains) ?? false
    }

    /// Whether it is one of the broker's sockets, or leads to one: what is sent there would come back here.
    private func isOwn(_ socket: HeldDescriptor) -> Bool {
        if let pid = (try? Peer.credentials(of: socket))?.pid, pid == getpid() { return true }
        let addresses = [try? SocketOption.localAddress(of: socket), try? SocketOption.peerAddress(of: socket)]
        return addresses.compactMap { $0 }.contains(where: ownSockets.contains)
    }

    // MARK: While it is held

    func keeps(_ holding: any Holding, id: String) {
        guard let holding = holding as? OpenHolding, holding.deposit?.type.hasOtherEnd == true else { return }
        // A socket that was never connected says of itself that it is hung up.
        if holding.deposit?.type.isSocket == true, !BoundSocket.hasPeer(holding.held) { return }
        let bound = LoopBound(self, to: loop)
        watches[id] = try? loop.watch(holding.held, for: []) { _ in bound.value.hungUp(id) }
    }

    func gaveUp(id: String) {
        if let watch = watches.removeValue(forKey: id) { loop.unwatch(watch) }
    }

    private func hungUp(_ id: String) {
        // It is reported in each turn from here on.
        gaveUp(id: id)
        ask { $0.depositHungUp(id) }
    }
}

extension DescriptorType {
    fileprivate var isSocket: Bool { isUnixSocket || ["tcp", "mptcp", "vsock"].contains(rawValue) }

    fileprivate var isUnixSocket: Bool { rawValue.utf8.starts(with: "unix-".utf8) }

    /// Whether it lies on a file system that somebody has mounted.
    fileprivate var isOnFileSystem: Bool {
        switch self {
        case .regularFile, .directory, .fifo, .characterDevice, .blockDevice: true
        default: false
        }
    }

    /// Anonymous inodes share one number.
    fileprivate var hasInodeOfItsOwn: Bool { isSocket || self == .pipe || self == .processDescriptor }
}

extension Rights {
    /// What a descriptor carries, as it is handed out.
    init(flags: CInt, of type: DescriptorType) {
        switch type {
        case .regularFile, .fifo, .pipe, .memory, .characterDevice, .blockDevice:
            let writing: Rights = flags & O_APPEND != 0 ? .append : .write
            switch flags & O_ACCMODE {
            case O_RDONLY: self = .read
            case O_WRONLY: self = writing
            case O_RDWR: self = [.read, writing]
            default: self = .use
            }
        case .directory: self = .read
        default: self = .use
        }
    }
}
