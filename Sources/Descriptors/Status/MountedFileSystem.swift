// SPDX-License-Identifier: Apache-2.0

import Glibc
public import SystemPackage

/// On which kind of file system something lies, by the kernel's own table of mounts: no file system is asked, so it never hangs.
public enum MountedFileSystem {
    /// The types of the file systems that are mounted, such as `ext4`, by the ids that `/proc/self/mountinfo` has for their
    /// mounts. A mount of the kernel's own, or one of another mount namespace, is not among them.
    public static func types() throws(Errno) -> [Int: String] {
        let text = try OwnedDescriptor.open("/proc/self/mountinfo").readAll(limit: 64 << 20)
        var types: [Int: String] = [:]
        for line in text.split(separator: UInt8(ascii: "\n")) {
            // ID PARENT MAJOR:MINOR ROOT POINT OPTIONS FIELD… - TYPE SOURCE OPTIONS; blanks in names are escaped.
            let words = line.split(separator: UInt8(ascii: " "))
            guard let id = words.first.flatMap({ Int(String(decoding: $0, as: UTF8.self)) }),
                let dash = words.firstIndex(where: { $0.elementsEqual("-".utf8) }), dash + 1 < words.count
            else { continue }
            types[id] = String(decoding: words[dash + 1], as: UTF8.self)
        }
        return types
    }

    /// Whether what a descriptor names lies on one of ``harmless``.
    public static func isHarmless(under descriptor: borrowing some Descriptor & ~Copyable) -> Bool {
        guard let mount = try? DescriptorInformation(of: descriptor).mountID else { return false }
        return (try? types())?[mount].map(harmless.contains) ?? false
    }

    /// File systems of this machine's own kernel, over nothing else, on which closing does not wait for anybody. Not overlayfs,
    /// which may lie over anything.
    public static let harmless: Set<String> = [
        "ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs", "bcachefs", "zfs", "tmpfs", "ramfs", "erofs", "squashfs",
        "iso9660",
        "vfat", "exfat", "ntfs3", "devtmpfs", "devpts", "mqueue", "hugetlbfs",
    ]
}
