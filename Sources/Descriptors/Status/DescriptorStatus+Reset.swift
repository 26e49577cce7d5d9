// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc
public import SystemPackage

/// Taking back what a holder of an open file description did to it for all who have it.
extension DescriptorStatus {
    /// Leaves set, of the status flags that `F_SETFL` can change, just those in `wanted`: `O_APPEND`, `O_ASYNC`,
    /// `O_DIRECT`, `O_NOATIME` and `O_NONBLOCK` are there to be cleared. Never hangs.
    ///
    /// - Throws: `EPERM` where `O_APPEND` is to go from a file that can only be appended to.
    public static func resetFlags(to wanted: CInt, of descriptor: HeldDescriptor) throws(Errno) {
        let flags = try flags(of: descriptor)
        let right = flags & ~linux_changeable_status_flags | wanted & linux_changeable_status_flags
        if right != flags { try setFlags(right, of: descriptor) }
    }

    /// Nobody is signalled for the description any more (`F_SETOWN`, `F_SETSIG`). Never hangs.
    public static func clearSignals(of descriptor: HeldDescriptor) throws(Errno) {
        try SystemCall.retrying(on: descriptor) { linux_clear_signals($0) }
    }

    /// Gives up the lease and the locks (`flock(2)`, `F_OFD_SETLK`) that the description has. What it has not is no error.
    /// Can hang on a file system that somebody else serves.
    public static func releaseLocks(of descriptor: HeldDescriptor) {
        descriptor.withUnsafeNumber { number in
            _ = linux_release_lease(number)
            _ = linux_release_locks(number)
        }
    }
}
