// SPDX-License-Identifier: Apache-2.0

import Descriptors
import OpenerWire

/// Which file it is, and which contents it has, as far as its size and times tell.
struct FileVersion: Equatable, Sendable {
    private let device: UInt64
    private let inode: UInt64
    private let size: Int64
    private let modifiedNSec: Int64
    private let changedNSec: Int64

    init(_ status: FileStatus) {
        device = status.device
        inode = status.inode
        size = status.size
        modifiedNSec = status.modifiedNSec
        changedNSec = status.changedNSec
    }

    /// As the opener found it when it opened its path.
    init(_ status: OpenedStatus) {
        device = status.device
        inode = status.inode
        size = status.size
        modifiedNSec = status.modifiedNSec
        changedNSec = status.changedNSec
    }

    func isSameFile(as other: FileVersion) -> Bool { device == other.device && inode == other.inode }
}
