// SPDX-License-Identifier: Apache-2.0

/// What fstat(2) and `F_GETFL` say about a descriptor that the opener made, so that the broker need not ask: on some
/// file systems the question can hang.
package struct OpenedStatus: Equatable, Sendable {
    /// `F_GETFL`.
    package var flags: CInt
    /// `st_mode`: kind and permissions.
    package var mode: UInt32
    /// `st_dev`.
    package var device: UInt64
    /// `st_ino`.
    package var inode: UInt64
    /// `st_rdev`: which device it is, if it is one.
    package var representedDevice: UInt64

    package init(flags: CInt, mode: UInt32, device: UInt64, inode: UInt64, representedDevice: UInt64) {
        self.flags = flags
        self.mode = mode
        self.device = device
        self.inode = inode
        self.representedDevice = representedDevice
    }
}
