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
    public static func isCloseOnExec(_ descriptor: borrowing some Descriptor & ~Copyable) throws(Errno) -> Bool {
        try SystemCall.retrying(on: descriptor) { fcntl($0, F_GETFD) } & FD_CLOEXEC != 0
    }

    public static func setCloseOnExec(_ isOn: Bool, of descriptor: borrowing some Descriptor & ~Copyable) throws(Errno)
    {
        try SystemCall.retrying(on: descriptor) { fcntl($0, F_SETFD, isOn ? FD_CLOEXEC : 0) }
    }

    /// Do both name one open file description (`kcmp(2)`)?
    ///
    /// - Throws: `EPERM` where a security module forbids it, `ENOSYS` in a kernel without it, `EBADF`.
    public static func isSameDescription(
        _ left: borrowing some Descriptor & ~Copyable, _ right: borrowing some Descriptor & ~Copyable
    ) throws(Errno) -> Bool {
        let pid = getpid()
        return try left.withUnsafeNumber { left throws(Errno) in
            try SystemCall.retrying(on: right) { right in linux_kcmp_file(pid, pid, left, right) } == 0
        }
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
