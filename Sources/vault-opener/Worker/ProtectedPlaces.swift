// SPDX-License-Identifier: Apache-2.0

import CLinux
import Descriptors
import Glibc
import OpenerWire
import SystemPackage

/// What is never opened, even beneath a root: the broker's state and sockets, and the kernel's own file systems, in
/// which to open a file can be an act, and to hold one open by root's rights can be worth a capability.
///
/// A hard link to a file of the broker's state is not recognised: to make one takes the broker's own rights.
struct ProtectedPlaces {
    private let paths: [String]

    init(paths: [String]) { self.paths = paths }

    /// - Parameter descriptor: of what is to be opened, as a place without access.
    func check(_ descriptor: borrowing some Descriptor & ~Copyable) throws(OpenerFailure) {
        try checkFileSystem(descriptor)
        let mounts = try Self.failing { () throws(Errno) in try MountTable.read() }
        try check(try Self.failing { () throws(Errno) in try FileLocation(of: descriptor, mounts: mounts) }, mounts)
    }

    /// A name at which something is to be made, and where it would lie.
    @discardableResult
    func check(_ entry: borrowing DirectoryEntry) throws(OpenerFailure) -> FileLocation {
        try checkFileSystem(entry.directory)
        let mounts = try Self.failing { () throws(Errno) in try MountTable.read() }
        let location = try Self.failing { () throws(Errno) in try FileLocation(of: entry.directory, mounts: mounts) }
            .appending(entry.name)
        try check(location, mounts)
        return location
    }

    /// Only whether it lies in a file system of the kernel's own: enough for what somebody has opened already.
    func checkFileSystem(_ descriptor: borrowing some Descriptor & ~Copyable) throws(OpenerFailure) {
        let type = try Self.failing { () throws(Errno) in try DescriptorStatus.filesystemType(of: descriptor) }
        if PseudoFileSystem.magicNumbers.contains(type) { throw OpenerFailure(.permissionDenied, .protectedPlace) }
    }

    private func check(_ location: FileLocation, _ mounts: MountTable) throws(OpenerFailure) {
        let isRefused =
            location.isWithin(path: "/proc") || location.isWithin(path: "/sys")
            || paths.contains { path in
                if location.isWithin(path: path) { return true }
                guard let place = Self.place(path, mounts) else { return false }
                return location.isWithin(place)
            }
        if isRefused { throw OpenerFailure(.permissionDenied, .protectedPlace) }
    }

    /// Where a protected path leads at this moment; nil if it leads nowhere, so that nothing can lie beneath it.
    private static func place(_ path: String, _ mounts: MountTable) -> FileLocation? {
        guard let node = try? OwnedDescriptor.open(FilePath(path), flags: linux_o_path) else { return nil }
        return try? FileLocation(of: node, mounts: mounts)
    }

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
