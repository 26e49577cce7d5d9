// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc
public import SystemPackage

extension DescriptorStatus {
    /// What kind of thing a descriptor names, from what the kernel knows already: unlike `fstat(2)` it asks no server and
    /// no program that serves a file system, so it never hangs (`statx(2)` with `AT_STATX_DONT_SYNC`).
    public static func kind(of descriptor: borrowing some Descriptor & ~Copyable) throws(Errno) -> FileKind {
        var facts = linux_file_facts()
        let flags = CInt(LINUX_AT_EMPTY_PATH | LINUX_AT_STATX_DONT_SYNC)
        try SystemCall.retrying(on: descriptor) { linux_statx($0, "", flags, &facts) }
        return FileKind(mode: facts.mode)
    }
}

extension FileKind {
    /// By the type bits of `st_mode`.
    public init(mode: UInt32) {
        self =
            switch mode_t(mode) & S_IFMT {
            case S_IFREG: .regular
            case S_IFDIR: .directory
            case S_IFLNK: .symbolicLink
            case S_IFIFO: .fifo
            case S_IFSOCK: .socket
            case S_IFCHR: .characterDevice
            case S_IFBLK: .blockDevice
            default: .anonymous
            }
    }
}

/// What kind of thing a descriptor names, by the type bits of its mode.
public enum FileKind: Equatable, Hashable, Sendable {
    case regular, directory, symbolicLink, fifo, socket, characterDevice, blockDevice
    /// Type bits of 0: eventfd, epoll, memory of a driver and other anonymous inodes.
    case anonymous
}
