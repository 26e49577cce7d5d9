// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc
public import SystemPackage

/// What the kernel knows of a descriptor and its open file description.
public enum DescriptorStatus {
    /// `F_GETFL`: access mode and status flags of the open file description. Never hangs.
    public static func flags(of descriptor: borrowing some Descriptor & ~Copyable) throws(Errno) -> CInt {
        try SystemCall.retrying(on: descriptor) { fcntl($0, F_GETFL) }
    }

    /// The access mode in `F_GETFL`.
    public static func accessMode(of descriptor: borrowing some Descriptor & ~Copyable) throws(Errno) -> AccessMode {
        AccessMode(flags: try flags(of: descriptor))
    }

    /// `F_SETFL`: `O_APPEND`, `O_NONBLOCK`, `O_DIRECT`, `O_NOATIME`, for every holder of the description.
    public static func setFlags(_ flags: CInt, of descriptor: borrowing some Descriptor & ~Copyable) throws(Errno) {
        try SystemCall.retrying(on: descriptor) { fcntl($0, F_SETFL, flags) }
    }

    /// Sets or clears `O_NONBLOCK`, for every holder of the description.
    public static func setNonBlocking(_ isOn: Bool, of descriptor: borrowing some Descriptor & ~Copyable) throws(Errno)
    {
        let flags = try flags(of: descriptor)
        let wanted = isOn ? flags | O_NONBLOCK : flags & ~O_NONBLOCK
        if wanted != flags { try setFlags(wanted, of: descriptor) }
    }

    /// `FD_CLOEXEC` of the descriptor itself.
    public static func setCloseOnExec(_ isOn: Bool, of descriptor: borrowing some Descriptor & ~Copyable) throws(Errno)
    {
        try SystemCall.retrying(on: descriptor) { fcntl($0, F_SETFD, isOn ? FD_CLOEXEC : 0) }
    }

    /// The magic number of the file system (`fstatfs(2)`); can hang on a network file system.
    public static func filesystemType(of descriptor: borrowing some Descriptor & ~Copyable) throws(Errno) -> Int64 {
        var type: Int64 = 0
        try SystemCall.retrying(on: descriptor) { linux_filesystem_type($0, &type) }
        return type
    }

    /// A new open file description of the same file, by way of `/proc/self/fd`: its own offset, flags and access mode.
    ///
    /// The kernel checks the caller's right to the *file*, not what `descriptor` may do: who reopens what another
    /// passed must ask no more than ``accessMode(of:)`` says, or it lends the sender its own rights.
    /// - Parameter flags: of open(2), close-on-exec always. `O_NOFOLLOW` would open the link in `/proc` and is refused.
    /// - Throws: `ENXIO` for a socket, `EACCES`, `ETXTBSY`, `EINVAL`.
    public static func reopen(_ descriptor: borrowing some Descriptor & ~Copyable, flags: CInt) throws(Errno)
        -> OwnedDescriptor
    {
        guard flags & (O_NOFOLLOW | O_CREAT | O_EXCL) == 0 else { throw .invalidArgument }
        return try descriptor.withUnsafeNumber { number throws(Errno) in
            try OwnedDescriptor.open(FilePath("/proc/self/fd/\(number)"), flags: flags)
        }
    }

    /// Where what a descriptor names lies now, as `/proc/self/fd` has it; for what has no place a text such as `pipe:[7]`. Asks no
    /// file system.
    package static func place(of descriptor: borrowing some Descriptor & ~Copyable) throws(Errno) -> [UInt8] {
        try descriptor.withUnsafeNumber { number throws(Errno) in
            try FilePath("/proc/self/fd/\(number)").linkTarget()
        }
    }

    /// A device number as `/proc/self/mountinfo` writes it, `MAJOR:MINOR`.
    package static func text(ofDevice device: UInt64) -> String {
        // As makedev(3) puts them together.
        let major = (device >> 8 & 0xfff) | (device >> 32 & ~0xfff)
        let minor = (device & 0xff) | (device >> 12 & 0xffff_ff00)
        return "\(major):\(minor)"
    }

    /// What kind of thing a descriptor names, from what the kernel knows already: unlike `fstat(2)` it asks no server and
    /// no program that serves a file system, so it never hangs (`statx(2)` with `AT_STATX_DONT_SYNC`).
    public static func kind(of descriptor: borrowing some Descriptor & ~Copyable) throws(Errno) -> FileKind {
        var facts = linux_file_facts()
        let flags = CInt(LINUX_AT_EMPTY_PATH | LINUX_AT_STATX_DONT_SYNC)
        try SystemCall.retrying(on: descriptor) { linux_statx($0, "", flags, &facts) }
        return FileKind(mode: facts.mode)
    }
}

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

/// What kind of thing a descriptor names, by the type bits of its mode.
public enum FileKind: Equatable, Hashable, Sendable {
    case regular, directory, symbolicLink, fifo, socket, characterDevice, blockDevice
    /// Type bits of 0: eventfd, epoll, memory of a driver and other anonymous inodes.
    case anonymous

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
