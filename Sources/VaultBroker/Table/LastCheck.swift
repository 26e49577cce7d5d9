// SPDX-License-Identifier: Apache-2.0

import CLinux
import Descriptors
import Glibc
import Records
import SystemPackage
import VaultCore
import VaultModel

/// The last look at a descriptor before it leaves.
enum LastCheck {
    /// Checks that what is about to leave carries the rights of the grant and nothing else (`F_GETFL`); of what is shared,
    /// undoes what others who have this description did to it.
    ///
    /// - Parameter holding: what is held for the capability, if something is.
    static func check(
        _ descriptor: HeldDescriptor, _ holding: OpenHolding?, _ capability: Capability, _ rights: Rights,
        _ delivery: Delivery
    ) -> Result<CheckedDescriptor, OpenProblem> {
        do throws(OpenProblem) {
            if delivery == .shared { try setRight(descriptor, holding, rights) }
            if let problem = DeclaredKind.problem(descriptor, capability) { throw problem }
            guard rights.match(statusFlags: try flags(of: descriptor)) else {
                throw OpenProblem(.permissionDenied, "what was opened does not carry just the rights granted")
            }
        } catch {
            return .failure(error)
        }
        let isCopy = capability.kind == .memory && delivery == .fresh
        return .success(
            CheckedDescriptor(
                // It is memory: to ask does not hang.
                copy: isCopy ? (try? FileStatus(of: descriptor)).map(CopyStatus.init) : nil,
                opened: found(descriptor, holding, capability)))
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
            try SharedDescription.setRight(descriptor, rights, isLocal: holding?.isLocal ?? false)
        } catch {
            throw OpenProblem(error)
        }
    }

    private static func flags(of descriptor: HeldDescriptor) throws(OpenProblem) -> CInt {
        do throws(Errno) { return try DescriptorStatus.flags(of: descriptor) } catch { throw OpenProblem(error) }
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
