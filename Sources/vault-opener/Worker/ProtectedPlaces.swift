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
        let mounts = try OpenerFailure.reporting(MountTable.read)
        let location = try OpenerFailure.reporting { () throws(Errno) in
            try FileLocation(of: descriptor, mounts: mounts)
        }
        try check(location, mounts, writing: writing)
        try checkIdentity(descriptor, writing: writing)
    }

    /// A name at which something is to be made, and where it would lie.
    @discardableResult
    func check(_ entry: borrowing DirectoryEntry) throws(OpenerFailure) -> FileLocation {
        try checkFileSystem(entry.directory)
        let mounts = try OpenerFailure.reporting(MountTable.read)
        let location = try OpenerFailure.reporting { () throws(Errno) in
            try FileLocation(of: entry.directory, mounts: mounts)
        }
        .appending(entry.name)
        try check(location, mounts, writing: true)
        try checkIdentity(entry.directory, writing: true)
        return location
    }

    /// What a helper opened, which may have no place among our mounts.
    func checkPassed(_ descriptor: borrowing some Descriptor & ~Copyable) throws(OpenerFailure) {
        try checkFileSystem(descriptor)
        let access = try OpenerFailure.reporting { () throws(Errno) in try DescriptorStatus.accessMode(of: descriptor) }
        try checkIdentity(descriptor, writing: access.canWrite)
        let mounts = try OpenerFailure.reporting(MountTable.read)
        guard let location = try? FileLocation(of: descriptor, mounts: mounts) else { return }
        try check(location, mounts, writing: access.canWrite)
    }

    /// Only whether it lies in a file system of the kernel's own.
    func checkFileSystem(_ descriptor: borrowing some Descriptor & ~Copyable) throws(OpenerFailure) {
        let type = try OpenerFailure.reporting { () throws(Errno) in try DescriptorStatus.filesystemType(of: descriptor)
        }
        if PseudoFileSystem.magicNumbers.contains(type) { throw Self.refused }
    }

    /// Only whether it is one of the broker's files or directories, by device and inode: for what is open already, wherever it
    /// lies.
    func checkIdentity(_ descriptor: borrowing some Descriptor & ~Copyable, writing: Bool) throws(OpenerFailure) {
        let status = try OpenerFailure.reporting { () throws(Errno) in try PathOpener.status(of: descriptor) }
        guard [.regular, .directory, .socket].contains(status.kind) else { return }
        for place in places where writing || !place.path.onlyFromWriting {
            let holds = try OpenerFailure.reporting { () throws(Errno) in try place.holds(status) }
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

/// One path of the broker's own in a worker, and the directory that is held of it since the opener started: the path itself
/// where it was a directory, else the directory in which it lies. What is held stays what it is, however it is renamed,
/// and whatever the path leads to later.
struct ProtectedPlace {
    let path: OpenerArguments.ProtectedPath
    private let directory: HeldDescriptor?
    private let mountID: Int?
    /// The name in the directory; nil where that is the place itself.
    private let name: String?

    init(_ path: OpenerArguments.ProtectedPath) {
        self.path = path
        switch path.held {
        case .itself(let number):
            directory = HeldDescriptor(OwnedDescriptor(adopting: number))
            name = nil
        case .parent(let number):
            directory = HeldDescriptor(OwnedDescriptor(adopting: number))
            name = path.path.utf8.split(separator: UInt8(ascii: "/")).last.map { String(Substring($0)) }
        case nil:
            directory = nil
            name = nil
        }
        if let directory { try? DescriptorStatus.setCloseOnExec(true, of: directory) }
        mountID = directory.flatMap { try? DescriptorInformation(of: $0).mountID }
    }

    // MARK: Where it lies

    /// Whether something lies at this place or beneath it.
    func contains(_ location: FileLocation, _ mounts: MountTable) -> Bool {
        if location.isWithin(path: path.path) { return true }
        if let held = heldLocation(mounts), location.isWithin(held) { return true }
        // A policy directory may be a link that is led elsewhere while the daemon runs; and what was not there yet.
        guard directory == nil || path.onlyFromWriting, let present = Self.location(path.path, mounts) else {
            return false
        }
        return location.isWithin(present)
    }

    private func heldLocation(_ mounts: MountTable) -> FileLocation? {
        guard let directory, let mountID,
            let location = try? FileLocation(of: directory, mountID: mountID, mounts: mounts)
        else { return nil }
        return name.map { location.appending($0) } ?? location
    }

    private static func location(_ path: String, _ mounts: MountTable) -> FileLocation? {
        guard let node = try? OwnedDescriptor.open(FilePath(path), flags: linux_o_path) else { return nil }
        return try? FileLocation(of: node, mounts: mounts)
    }

    // MARK: What it is

    /// Whether a file or directory is the place itself, or a file that is in it now: by another name, too.
    func holds(_ status: PlaceStatus) throws(Errno) -> Bool {
        if status.kind != .directory, path.onlyFromWriting || directory == nil,
            try Self.isIn(path.path, of: StandardDescriptor.currentDirectory, status)
        {
            return true
        }
        guard let directory else { return false }
        if let name { return try Self.isEntry(name, of: directory, status) }
        if status.kind == .directory {
            return try PathOpener.status(of: directory).isSameFile(as: status)
        }
        return try Self.isIn(".", of: directory, status)
    }

    /// Whether a file is the one at a path, or lies in the directory there.
    private static func isIn(
        _ path: String, of directory: borrowing some Descriptor & ~Copyable, _ status: PlaceStatus
    ) throws(Errno) -> Bool {
        var found: HeldDescriptor?
        do {
            found = HeldDescriptor(try OwnedDescriptor.open(FilePath(path), flags: O_DIRECTORY, in: directory))
        } catch {
            guard isOutOfReach(error) else { throw error }
        }
        guard let found else { return try isEntry(path, of: directory, status) }
        for name in try found.entryNames() {
            let isSame = try (name.map { CChar(bitPattern: $0) } + [0]).withUnsafeBufferPointer { name throws(Errno) in
                // A C string ends in a zero byte, so that there is a first one.
                try isEntry(name.baseAddress!, of: found, status)
            }
            if isSame { return true }
        }
        return false
    }

    /// Whether an entry is this file, or a link that leads to it. One that cannot be looked at, or is gone, is not.
    private static func isEntry(
        _ name: UnsafePointer<CChar>, of directory: borrowing some Descriptor & ~Copyable, _ status: PlaceStatus
    ) throws(Errno) -> Bool {
        for flags in [CInt(LINUX_AT_SYMLINK_NOFOLLOW), 0] {
            var facts = linux_file_facts()
            do {
                try SystemCall.retrying(on: directory) {
                    linux_statx($0, name, flags | CInt(LINUX_AT_STATX_DONT_SYNC), &facts)
                }
            } catch {
                guard isOutOfReach(error) else { throw error }
                return false
            }
            let entry = PlaceStatus(facts)
            if entry.isSameFile(as: status) { return true }
            if entry.kind != .symbolicLink { return false }
        }
        return false
    }

    /// Of what is not there, or is not for us.
    private static func isOutOfReach(_ error: Errno) -> Bool {
        [.noSuchFileOrDirectory, .notDirectory, .permissionDenied, .tooManySymbolicLinkLevels].contains(error)
    }
}
