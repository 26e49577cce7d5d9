// SPDX-License-Identifier: Apache-2.0

/// The file systems on which the loop itself may open a file that is already held: their inodes are in this machine's
/// memory or on its disks, and no server or program can make the open hang.
enum LocalFileSystems {
    /// By the magic numbers of statfs(2): ext2/3/4, XFS, Btrfs, F2FS, tmpfs (sealed memory too), ramfs, EROFS,
    /// SquashFS. Not overlayfs, which may lie over anything.
    private static let magics: Set<Int64> = [
        0xEF53, 0x5846_5342, 0x9123_683E, 0xF2F5_2010, 0x0102_1994, 0x8584_58F6, 0xE0F5_E1E2, 0x7371_7368,
    ]

    static func contain(_ magic: Int64) -> Bool { magics.contains(magic) }
}
