// SPDX-License-Identifier: Apache-2.0

import CLinux
import Descriptors
import Glibc
import OpenerWire
import SystemPackage

/// What is never opened, even beneath a root: the broker's state and sockets; never for writing: its configuration and its
/// policies, since who writes these has every right; and the kernel's own file systems, in which to open a file can be an
/// act, and to hold one open by root's rights can be worth a capability.
///
/// What was found is judged, not the path that led to it: where it lies (no link, rename or bind mount disguises that) and
/// which file it is (nor does a hard link). An overlay whose lower or upper directory lies beneath a root shows the same
/// file as another one, which cannot be told.
struct ProtectedPlaces {
    private let places: [ProtectedPlace]

    init(_ paths: [OpenerArguments.ProtectedPath]) { places = paths.map(ProtectedPlace.init) }

    /// - Parameters:
    ///   - descriptor: of what is to be opened, as a place without access.
    ///   - writing: whether it is to be opened so that it can be changed.
    func check(_ descriptor: borrowing some Descriptor & ~Copyable, writing: Bool) throws(OpenerFailure) {
        try checkFileSystem(descriptor)
        let mounts = try Self.failing { () throws(Errno) in try MountTable.read() }
        let location = try Self.failing { () throws(Errno) in try FileLocation(of: descriptor, mounts: mounts) }
        try check(location, mounts, writing: writing)
        try checkIdentity(descriptor, writing: writing)
    }

    /// A name at which something is to be made, and where it would lie.
    @discardableResult
    func check(_ entry: borrowing DirectoryEntry) throws(OpenerFailure) -> FileLocation {
        try checkFileSystem(entry.directory)
        let mounts = try Self.failing { () throws(Errno) in try MountTable.read() }
        let location = try Self.failing { () throws(Errno) in try FileLocation(of: entry.directory, mounts: mounts) }
            .appending(entry.name)
        try check(location, mounts, writing: true)
        try checkIdentity(entry.directory, writing: true)
        return location
    }

    /// What a helper opened, which may have no place among our mounts.
    func checkPassed(_ descriptor: borrowing some Descriptor & ~Copyable) throws(OpenerFailure) {
        try checkFileSystem(descriptor)
        let access = try Self.failing { () throws(Errno) in try DescriptorStatus.accessMode(of: descriptor) }
        try checkIdentity(descriptor, writing: access.canWrite)
        let mounts = try Self.failing { () throws(Errno) in try MountTable.read() }
        guard let location = try? FileLocation(of: descriptor, mounts: mounts) else { return }
        try check(location, mounts, writing: access.canWrite)
    }

    /// Only whether it lies in a file system of the kernel's own.
    func checkFileSystem(_ descriptor: borrowing some Descriptor & ~Copyable) throws(OpenerFailure) {
        let type = try Self.failing { () throws(Errno) in try DescriptorStatus.filesystemType(of: descriptor) }
        if PseudoFileSystem.magicNumbers.contains(type) { throw Self.refused }
    }

    /// Only whether it is one of the broker's files or directories, by device and inode: for what is open already, wherever it
    /// lies.
    func checkIdentity(_ descriptor: borrowing some Descriptor & ~Copyable, writing: Bool) throws(OpenerFailure) {
        let status = try Self.failing { () throws(Errno) in try PathOpener.status(of: descriptor) }
        guard [.regular, .directory, .socket].contains(status.kind) else { return }
        for place in places where writing || !place.path.onlyFromWriting {
            let holds = try Self.failing { () throws(Errno) in try place.holds(status) }
            if holds { throw Self.refused }
        }
    }

    private func check(_ location: FileLocation, _ mounts: MountTable, writing: Bool) throws(OpenerFailure) {
        let isRefused =
            location.isWithin(path: "/proc") || location.isWithin(path: "/sys")
            || places.contains { place in
                (writing || !place.path.onlyFromWriting) && place.contains(location, mounts)
            }
        if isRefused { throw Self.refused }
    }

    private static let refused = OpenerFailure(.permissionDenied, .protectedPlace)

    private static func failing<Value>(_ body: () throws(Errno) -> Value) throws(OpenerFailure) -> Value {
        do {
            return try body()
        } catch {
            throw OpenerFailure(error)
        }
    }
}

/// File systems that are interfaces of the kernel, by the magic numbers of statfs(2), wherever they are mounted.
enum PseudoFileSystem {
    static let magicNumbers: Set<Int64> = [
        LINUX_MAGIC_PROC,
        LINUX_MAGIC_SYSFS,
        LINUX_MAGIC_CGROUP2,
        0x27_E0EB,  // cgroup
        0x6462_6720,  // debugfs
        0x7472_6163,  // tracefs
        0x7363_6673,  // securityfs
        0xCAFE_4A11,  // bpf
        0x6165_676C,  // pstore
        0xDE5E_81E4,  // efivarfs
        0x6265_6570,  // configfs
        0xF97C_FF8C,  // selinuxfs
        0x4341_5D53,  // smackfs
        0x6573_5543,  // fusectl
        0x4249_4E4D,  // binfmt_misc
    ]
}
