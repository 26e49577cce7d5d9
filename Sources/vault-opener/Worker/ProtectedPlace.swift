// SPDX-License-Identifier: Apache-2.0

import CLinux
import Descriptors
import Glibc
import SystemPackage

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
