// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc
public import SystemPackage

/// What `fstat(2)` says of a descriptor.
public struct FileStatus: Equatable, Sendable {
    public let device: UInt64
    public let inode: UInt64
    /// The whole mode, type bits included.
    public let mode: UInt32
    public let uid: UInt32
    public let gid: UInt32
    /// How many names it has.
    public let linkCount: UInt64
    /// Bytes.
    public let size: Int64
    /// The device that a device file stands for.
    public let representedDevice: UInt64

    /// When the contents were last changed, and when anything was: nanoseconds since 1970, as the file system keeps them.
    public let modifiedNSec: Int64
    public let changedNSec: Int64

    /// `fstat(2)`; can hang on a file system in user space that does not answer.
    public init(of descriptor: borrowing some Descriptor & ~Copyable) throws(Errno) {
        var status = stat()
        try SystemCall.retrying(on: descriptor) { fstat($0, &status) }
        self.init(status)
    }

    /// `stat(2)`, or with `followingLinks: false` `lstat(2)`.
    public init(ofPath path: FilePath, followingLinks: Bool = true) throws(Errno) {
        var status = stat()
        try SystemCall.retrying {
            path.withPlatformString { followingLinks ? stat($0, &status) : lstat($0, &status) }
        }
        self.init(status)
    }

    /// What the kernel knows of it already (`statx(2)` with `AT_STATX_DONT_SYNC`): no file system is asked, so that it never
    /// hangs, and what a server or a program has done to the file meanwhile is not seen.
    public init(knownOf descriptor: borrowing some Descriptor & ~Copyable) throws(Errno) {
        var facts = linux_file_facts()
        let flags = CInt(LINUX_AT_EMPTY_PATH | LINUX_AT_STATX_DONT_SYNC)
        try SystemCall.retrying(on: descriptor) { linux_statx($0, "", flags, &facts) }
        device = facts.device
        inode = facts.inode
        mode = facts.mode
        uid = facts.uid
        gid = facts.gid
        linkCount = UInt64(facts.link_count)
        size = Int64(clamping: facts.size)
        representedDevice = facts.represented_device
        modifiedNSec = Self.nanoseconds(facts.modified_seconds, facts.modified_nanoseconds)
        changedNSec = Self.nanoseconds(facts.changed_seconds, facts.changed_nanoseconds)
    }

    private init(_ status: stat) {
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        mode = UInt32(status.st_mode)
        uid = status.st_uid
        gid = status.st_gid
        linkCount = UInt64(status.st_nlink)
        size = Int64(status.st_size)
        representedDevice = UInt64(status.st_rdev)
        modifiedNSec = Self.nanoseconds(Int64(status.st_mtim.tv_sec), UInt32(clamping: status.st_mtim.tv_nsec))
        changedNSec = Self.nanoseconds(Int64(status.st_ctim.tv_sec), UInt32(clamping: status.st_ctim.tv_nsec))
    }

    private static func nanoseconds(_ seconds: Int64, _ rest: UInt32) -> Int64 {
        // A file system may hold any number of seconds: the years 1677 and 2262 are as far as this goes.
        let (whole, overflows) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        if overflows { return seconds < 0 ? .min : .max }
        let (sum, isTooLarge) = whole.addingReportingOverflow(Int64(rest))
        return isTooLarge ? .max : sum
    }

    /// The permission bits with set-id and sticky bits.
    public var permissions: UInt32 { mode & 0o7777 }

    public var kind: FileKind { FileKind(mode: mode) }

    /// The same file: device and inode are equal. Sockets, pipes and memfds each have an inode; anonymous inodes share
    /// one.
    public func isSameFile(as other: FileStatus) -> Bool {
        device == other.device && inode == other.inode
    }
}
