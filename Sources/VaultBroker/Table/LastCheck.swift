// SPDX-License-Identifier: Apache-2.0

import CLinux
import Descriptors
import Glibc
import Records
import SystemPackage
import VaultCore
import VaultModel

/// The last look at a descriptor before it leaves.
///
/// What is held and shared is set right once in a turn of the loop, for all to whom it goes in that turn: whoever has it may
/// touch it again at any moment, so that no more can be promised. Its type cannot change, and was looked at when it was opened.
struct LastCheck {
    /// With which rights something was found right in a turn, by ``OpenHolding/number``.
    private var right: [UInt64: Rights] = [:]
    private var turn: UInt64 = 0

    /// Checks that what is about to leave carries the rights of the grant and nothing else (`F_GETFL`); of what is shared,
    /// undoes what others who have this description did to it.
    ///
    /// - Parameters:
    ///   - holding: what is held for the capability, if something is.
    ///   - turn: of the loop.
    mutating func check(
        _ descriptor: HeldDescriptor, _ holding: OpenHolding?, _ capability: Capability, _ rights: Rights,
        _ delivery: Delivery, in turn: UInt64
    ) -> Result<CheckedDescriptor, OpenProblem> {
        do throws(OpenProblem) {
            if let holding, descriptor === holding.held, delivery == .shared {
                try checkShared(holding, rights, in: turn)
            } else {
                if delivery == .shared { try Self.setRight(descriptor, holding, rights) }
                if let problem = DeclaredKind.problem(descriptor, capability) { throw problem }
                try Self.match(descriptor, rights)
            }
        } catch {
            return .failure(error)
        }
        let isCopy = capability.kind == .memory && delivery == .fresh
        return .success(
            CheckedDescriptor(
                // It is memory: to ask does not hang.
                copy: isCopy ? (try? FileStatus(of: descriptor)).map(CopyStatus.init) : nil,
                opened: Self.found(descriptor, holding, capability),
                connected: Self.peer(of: descriptor, capability)))
    }

    /// Whom a connection leads to; nil where it has been cut by now.
    private static func peer(of descriptor: HeldDescriptor, _ capability: Capability) -> String? {
        guard case .connection(.tcp) = capability.source,
            case .internet(let address, let port)? = try? SocketName(ofPeerOf: descriptor)
        else { return nil }
        return InternetAddress.text(of: address, port: port)
    }

    private mutating func checkShared(
        _ holding: OpenHolding, _ rights: Rights, in turn: UInt64
    ) throws(OpenProblem) {
        if turn != self.turn {
            right.removeAll(keepingCapacity: true)
            self.turn = turn
        }
        guard right[holding.number] != rights else { return }
        try Self.setRight(holding.held, holding, rights)
        if holding.deposit == nil { try Self.match(holding.held, rights) }
        right[holding.number] = rights
    }

    /// What the path led to: of what is held, when it was opened.
    private static func found(
        _ descriptor: HeldDescriptor, _ holding: OpenHolding?, _ capability: Capability
    ) -> Record.Opened? {
        if let holding { return holding.found }
        // A secret that is read for one grant has left its file behind.
        guard capability.source.isFound, capability.kind != .memory else { return nil }
        return Record.Opened(descriptor)
    }

    private static func setRight(
        _ descriptor: HeldDescriptor, _ holding: OpenHolding?, _ rights: Rights
    ) throws(OpenProblem) {
        if let listener = holding?.listener { return try listener.setRight(descriptor) }
        do throws(Errno) {
            // As it was passed in. Its locks are the depositor's: that they outlive it may be what it is held for.
            if let deposit = holding?.deposit {
                try DescriptorStatus.resetFlags(to: deposit.flags, of: descriptor)
                return try DescriptorStatus.clearSignals(of: descriptor)
            }
            try SharedDescription.setRight(descriptor, rights, isLocal: holding?.isLocal ?? false)
        } catch {
            throw OpenProblem(error)
        }
    }

    private static func match(_ descriptor: HeldDescriptor, _ rights: Rights) throws(OpenProblem) {
        let flags: CInt
        do throws(Errno) { flags = try DescriptorStatus.flags(of: descriptor) } catch { throw OpenProblem(error) }
        guard rights.match(statusFlags: flags) else {
            throw OpenProblem(.permissionDenied, "what was opened does not carry just the rights granted")
        }
    }
}

extension CopyStatus {
    fileprivate init(_ status: FileStatus) {
        self.init(uid: status.uid, gid: status.gid, permissions: status.permissions)
    }
}

extension Rights {
    /// The `open(2)` flags that give these rights and no more: the access mode, and `O_APPEND` where writing is
    /// granted only at the end.
    var openFlags: CInt {
        let writes = contains(.write) || contains(.append)
        var flags = writes ? (contains(.read) ? O_RDWR : O_WRONLY) : O_RDONLY
        if contains(.append), !contains(.write) { flags |= O_APPEND }
        return flags
    }

    /// Whether a descriptor with these status flags (`F_GETFL`) carries exactly these rights.
    ///
    /// `O_PATH` never does. `use` is for what has no narrower right, so its access mode is not judged.
    func match(statusFlags: CInt) -> Bool {
        guard statusFlags & CInt(LINUX_O_PATH) == 0 else { return false }
        guard !contains(.use) else { return true }
        let judged = O_ACCMODE | O_APPEND | O_NONBLOCK
        return statusFlags & judged == openFlags
    }
}
