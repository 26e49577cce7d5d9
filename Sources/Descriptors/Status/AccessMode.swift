// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc

/// What an open file description may do, from the bits of `O_ACCMODE`.
public enum AccessMode: Equatable, Hashable, Sendable {
    case readOnly, writeOnly, readWrite
    /// `O_PATH`: it names a file and has no access to it; or the mode 3 that some drivers know, good for ioctl(2)
    /// alone.
    case none

    init(flags: CInt) {
        if flags & linux_o_path != 0 {
            self = .none
            return
        }
        switch flags & O_ACCMODE {
        case O_RDONLY: self = .readOnly
        case O_WRONLY: self = .writeOnly
        case O_RDWR: self = .readWrite
        default: self = .none
        }
    }

    public var canRead: Bool { self == .readOnly || self == .readWrite }
    public var canWrite: Bool { self == .writeOnly || self == .readWrite }

    /// Whoever has `other` has all of this.
    public func isContained(in other: AccessMode) -> Bool {
        (!canRead || other.canRead) && (!canWrite || other.canWrite)
    }
}
