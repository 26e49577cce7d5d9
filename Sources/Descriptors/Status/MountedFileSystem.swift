// SPDX-License-Identifier: Apache-2.0

import Glibc
public import SystemPackage

/// On which kind of file system something lies, by the kernel's own table of mounts: no file system is asked, so it never hangs.
public enum MountedFileSystem {
    /// The type of the file system that is mounted with an id, as `/proc/self/mountinfo` has it, such as `ext4`; nil where the
    /// table does not have it: a mount of the kernel's own, or one of another mount namespace.
    public static func type(ofMount id: Int) throws(Errno) -> String? {
        let file = try OwnedDescriptor.open("/proc/self/mountinfo")
        let text = try file.readAll(limit: 64 << 20)
        let sought = Array("\(id) ".utf8)
        for line in text.split(separator: UInt8(ascii: "\n")) where line.starts(with: sought) {
            // ID PARENT MAJOR:MINOR ROOT POINT OPTIONS FIELD… - TYPE SOURCE OPTIONS; blanks in names are escaped.
            let words = line.split(separator: UInt8(ascii: " "))
            guard let dash = words.firstIndex(where: { $0.elementsEqual("-".utf8) }), dash + 1 < words.count else {
                return nil
            }
            return String(decoding: words[dash + 1], as: UTF8.self)
        }
        return nil
    }

    /// File systems of this machine's own kernel, over nothing else, on which closing does not wait for anybody. Not overlayfs,
    /// which may lie over anything.
    public static let harmless: Set<String> = [
        "ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs", "bcachefs", "zfs", "tmpfs", "ramfs", "erofs", "squashfs",
        "iso9660",
        "vfat", "exfat", "ntfs3", "devtmpfs", "devpts", "mqueue", "hugetlbfs",
    ]
}
