// SPDX-License-Identifier: Apache-2.0

import CLinux
import Descriptors
import Glibc
import Logging
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
    private let store: DepositStore
    private var watches: [String: WatchToken] = [:]
    /// The table of mounts as it was read in a turn of the loop.
    private var mounts: (turn: UInt64, types: [Int: String])?

    /// - Parameter ownSockets: paths, or `@NAME` in the abstract namespace.
    init(_ loop: EventLoop, _ store: DepositStore, ownSockets: [String]) {
        self.store = store
        self.ownSockets = Set(ownSockets.map(UnixAddress.init(notation:)))
        super.init(loop)
    }

    func judge(_ descriptor: any PassableDescriptor) -> Result<JudgedDeposit, InvalidDeposit> {
        let held = descriptor.held
        if let pid = (try? Peer.credentials(of: held))?.pid, pid == getpid() { return .failure(Self.leadsHere) }
        return judge(held, flags: nil)
    }

    private static let leadsHere = InvalidDeposit("it is a connection to the vault itself, or one of its own sockets")

    /// - Parameter given: the flags with which it came; nil: those that it has.
    private func judge(_ held: HeldDescriptor, flags given: CInt?) -> Result<JudgedDeposit, InvalidDeposit> {
        do throws(Errno) {
            let has = try DescriptorStatus.flags(of: held)
            let flags = given ?? has
            guard (has ^ flags) & O_ACCMODE == 0 else { return .failure(InvalidDeposit("it has another access mode")) }
            guard has & CInt(LINUX_O_PATH) == 0 else {
                return .failure(
                    InvalidDeposit(
                        "it only names a file (O_PATH), and gives no access to it: open it for what it is to be"))
            }
            let type = try DescriptorType(of: held)
            let information = try DescriptorInformation(of: held)
            if type.isUnixSocket, isOwn(held) { return .failure(Self.leadsHere) }
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
        let addresses = [try? SocketOption.localAddress(of: socket), try? SocketOption.peerAddress(of: socket)]
        return addresses.compactMap { $0 }.contains(where: ownSockets.contains)
    }

    // MARK: While it is held

    func keeps(_ holding: any Holding, id: String) {
        guard let holding = holding as? OpenHolding, let type = holding.deposit?.type else { return }
        // The manager asks fstat(2) of what it is to keep, and must not hang for a stranger's sake: of what lies on a file system
        // only what this process has found harmless is given to it.
        let isHarmless = !type.isOnFileSystem || holding.found != nil
        if isHarmless, !store.keep(holding.held, id: id) {
            ask { [count = store.count] in
                $0.say(
                    .warning, "the service manager keeps no more deposits: this one will not outlive a restart",
                    metadata: ["id": "\(id)", "kept": "\(count)"], of: nil)
            }
        }
        guard type.hasOtherEnd else { return }
        // A socket that was never connected says of itself that it is hung up.
        if type.isSocket, !BoundSocket.hasPeer(holding.held) { return }
        let bound = LoopBound(self, to: loop)
        watches[id] = try? loop.watch(holding.held, for: []) { _ in bound.value.hungUp(id) }
    }

    func gaveUp(id: String) {
        unwatch(id)
        store.drop(id)
    }

    private func unwatch(_ id: String) {
        if let watch = watches.removeValue(forKey: id) { loop.unwatch(watch) }
    }

    private func hungUp(_ id: String) {
        // It is reported in each turn from here on.
        unwatch(id)
        ask { $0.depositHungUp(id) }
    }

    // MARK: Over a restart

    func kept(_ stored: StoredDeposit) -> Result<JudgedDeposit, InvalidDeposit>? {
        let kept = store.take(stored.id)
        guard let held = kept.first else { return nil }
        // What holders did to the flags since is undone at each delivery. Of several it cannot be said which is meant.
        let judged =
            kept.count == 1
            ? judge(held, flags: stored.flags) : .failure(InvalidDeposit("there are \(kept.count) of its name"))
        let problem: String? =
            switch judged {
            case .success(let found): found.confirms(stored) ? nil : "it is another \(found.type)"
            case .failure(let problem): problem.message
            }
        if let problem {
            warn("the service manager kept another descriptor than was deposited; it is closed", stored.name, problem)
        }
        return judged
    }

    func dropRest() -> [String] {
        let names = store.dropRest()
        for name in names { warn("the service manager kept what is not deposited any more; it is closed", name, nil) }
        return names
    }

    private func warn(_ message: Logger.Message, _ name: String, _ problem: String?) {
        var metadata: Logger.Metadata = ["name": "\(name)"]
        if let problem { metadata["problem"] = "\(problem)" }
        ask { [metadata] in $0.log.warning(message, metadata: metadata) }
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
