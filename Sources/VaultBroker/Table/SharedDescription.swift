// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage
import VaultModel

/// An open file description that several have: what one of them did to it is set right before the next gets it.
///
/// What cannot be: the file offset, and what is written into the file, are what a shared description shares.
enum SharedDescription {
    /// Status flags, the owner of signals, the lease, and the locks of the description (`flock(2)`, `F_OFD_SETLK`): one
    /// that a former holder left would never go, since the broker keeps the description.
    ///
    /// - Parameter isLocal: the file system is of this machine, so that to release locks cannot hang.
    static func setRight(_ descriptor: HeldDescriptor, _ rights: Rights, isLocal: Bool) throws(Errno) {
        do {
            try DescriptorStatus.resetFlags(to: rights.openFlags, of: descriptor)
        } catch .notPermitted {
            // O_APPEND of a file that can only be appended to: the check of the rights tells.
        }
        try DescriptorStatus.clearSignals(of: descriptor)
        if isLocal { DescriptorStatus.releaseLocks(of: descriptor) }
    }
}
