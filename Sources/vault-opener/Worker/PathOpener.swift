// SPDX-License-Identifier: Apache-2.0

import CLinux
import Descriptors
import Glibc
import OpenerWire
import SystemPackage

/// Opens what lies beneath the roots.
///
/// Each path is first resolved to a place without access, then the place is judged, then that very place is opened:
/// what is refused has not been opened, and nothing can be swapped in between.
struct PathOpener {
    let roots: Roots
    let protected: ProtectedPlaces

    /// The open(2) flags that a request may have.
    static let flagsPassedOn =
        O_ACCMODE | O_APPEND | O_CREAT | O_DIRECTORY | O_DSYNC | O_EXCL | O_NOFOLLOW | O_NONBLOCK | O_SYNC | O_TRUNC

    /// What may happen to a path between a look and the next, and be looked at again.
    private static let attempts = 16

    func open(_ request: OpenPath) throws(OpenerFailure) -> OwnedDescriptor {
        guard request.flags & ~Self.flagsPassedOn == 0, request.mode & ~0o7777 == 0 else {
            throw OpenerFailure(.invalidArgument, .flagsRefused)
        }
        let path = try roots.locate(request.path, othersMayWrite: request.othersMayWrite)
        var attempt = 0
        while true {
            attempt += 1
            do throws(OpenerFailure) {
                let place = try path.resolve(followingLast: request.flags & O_NOFOLLOW == 0)
                if request.flags & O_CREAT != 0, request.flags & O_EXCL != 0 { throw OpenerFailure(.fileExists) }
                try Self.check(place, isOf: request.mustBe)
                return try open(place, flags: request.flags & ~(O_CREAT | O_EXCL | O_NOFOLLOW))
            } catch {
                guard error == OpenerFailure(.noSuchFileOrDirectory), request.flags & O_CREAT != 0 else { throw error }
                if let made = try make(path, request) { return made }
                // Somebody made it first: open theirs. A link that leads to nothing is never followed to make a file.
                guard attempt < Self.attempts, request.flags & O_EXCL == 0 else { throw OpenerFailure(.fileExists) }
            }
        }
    }

    /// Before it is opened: to open a device or one end of a FIFO can be an act.
    private static func check(
        _ place: borrowing OwnedDescriptor, isOf wanted: OpenPath.Kind
    ) throws(OpenerFailure) {
        guard wanted != .anything else { return }
        let kind = try OpenerFailure.reporting { () throws(Errno) in try status(of: place).kind }
        switch wanted {
        case .anything: return
        case .regular:
            // A link that must not be followed is refused where it would be opened.
            guard kind != .regular, kind != .symbolicLink else { return }
            throw OpenerFailure(kind == .directory ? .isDirectory : .invalidArgument, .notRegular)
        case .directory:
            guard kind != .directory else { return }
            throw OpenerFailure(.notDirectory, .notDirectory)
        case .characterDevice:
            guard kind != .characterDevice else { return }
            throw OpenerFailure(kind == .directory ? .isDirectory : .invalidArgument, .notCharacterDevice)
        }
    }

    /// Opens a place, after judging it. The result has `O_NONBLOCK` only if `flags` has it.
    ///
    /// - Parameter place: an `O_PATH` descriptor.
    func open(_ place: borrowing OwnedDescriptor, flags: CInt) throws(OpenerFailure) -> OwnedDescriptor {
        try protected.check(place, writing: Self.writes(flags))
        return try OpenerFailure.reporting { () throws(Errno) in
            guard try Self.status(of: place).kind != .symbolicLink else { throw .tooManySymbolicLinkLevels }
            return try Self.reopen(place, flags: flags)
        }
    }

    /// Whether whoever has opened something so can change it, or has changed it by opening it.
    static func writes(_ flags: CInt) -> Bool { flags & O_ACCMODE != O_RDONLY || flags & O_TRUNC != 0 }

    /// Opens what a descriptor names, without waiting for a device or for the other end of a FIFO, and without taking a
    /// terminal for one's own.
    static func reopen(_ descriptor: borrowing some Descriptor & ~Copyable, flags: CInt) throws(Errno)
        -> OwnedDescriptor
    {
        let opened = try DescriptorStatus.reopen(descriptor, flags: flags | O_NONBLOCK | O_NOCTTY)
        if flags & O_NONBLOCK == 0 { try DescriptorStatus.setNonBlocking(false, of: opened) }
        return opened
    }

    /// Makes the file; nil if something has that name by now.
    private func make(_ path: borrowing RootedPath, _ request: OpenPath) throws(OpenerFailure) -> OwnedDescriptor? {
        let entry = try path.resolveParent()
        try protected.check(entry)
        do throws(OpenerFailure) {
            let flags = request.flags & ~O_NOFOLLOW | O_CREAT | O_EXCL
            let made = try RootedPath.openBeneath(
                entry.directory, entry.name, flags: flags, mode: request.mode)
            // The directory may have been moved since.
            try protected.checkIdentity(made, writing: true)
            return made
        } catch {
            guard error == OpenerFailure(.fileExists) else { throw error }
            return nil
        }
    }

    /// What fstat(2) says, from what the kernel knows already.
    static func status(of descriptor: borrowing some Descriptor & ~Copyable) throws(Errno) -> PlaceStatus {
        var facts = linux_file_facts()
        let flags = CInt(LINUX_AT_EMPTY_PATH | LINUX_AT_STATX_DONT_SYNC)
        try SystemCall.retrying(on: descriptor) { linux_statx($0, "", flags, &facts) }
        return PlaceStatus(facts)
    }
}

/// What statx(2) says of a descriptor.
struct PlaceStatus {
    private let facts: linux_file_facts

    init(_ facts: linux_file_facts) { self.facts = facts }

    var kind: FileKind { FileKind(mode: facts.mode) }

    var uid: UInt32 { facts.uid }
    /// How many names it has.
    var linkCount: UInt32 { facts.link_count }
    var device: UInt64 { facts.device }
    var permissions: UInt32 { facts.mode & 0o7777 }

    /// As an answer has it.
    func opened(flags: CInt) -> OpenedStatus {
        OpenedStatus(
            flags: flags, mode: facts.mode, device: facts.device, inode: facts.inode,
            representedDevice: facts.represented_device)
    }

    func isSameFile(as other: PlaceStatus) -> Bool {
        facts.device == other.facts.device && facts.inode == other.facts.inode
    }
}
