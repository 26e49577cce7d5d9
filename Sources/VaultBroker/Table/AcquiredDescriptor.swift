// SPDX-License-Identifier: Apache-2.0

import CLinux
import Descriptors
import Glibc
import SystemPackage
import VaultModel

/// A descriptor that is ready to leave for one grant, checked against the rights that it is to carry.
struct AcquiredDescriptor {
    /// Owned by the grant: closed when the grant is sent or given up.
    let descriptor: HeldDescriptor
    let rights: Rights
    let delivery: Delivery
    /// The kernel lets the holder clear `O_APPEND`, so that `append` is no more than advice.
    let appendIsAdvisory: Bool
    /// Of a copy of a secret: whose it is, and who may open it.
    let copy: FileStatus?
    /// The pipe end that this is, if it is one: it goes back to its pair when it could not be sent.
    let pipeEnd: PipePairs.End?

    init(
        _ descriptor: HeldDescriptor, rights: Rights, delivery: Delivery, appendIsAdvisory: Bool = false,
        copy: FileStatus? = nil, pipeEnd: PipePairs.End? = nil
    ) {
        self.descriptor = descriptor
        self.rights = rights
        self.delivery = delivery
        self.appendIsAdvisory = appendIsAdvisory
        self.copy = copy
        self.pipeEnd = pipeEnd
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
