// SPDX-License-Identifier: Apache-2.0

import CLinux
import Descriptors
import Glibc
import OpenerWire
import SystemPackage

extension PathOpener {
    /// So many fresh open file descriptions of what `descriptor` names, with no more than it has itself.
    ///
    /// The kernel would check the opener's rights to the file, which are root's: so that nobody gains by having
    /// something reopened, the description that came along is what bounds the new one.
    func reopen(
        _ descriptor: borrowing some Descriptor & ~Copyable, asking flags: CInt, count: Int
    ) throws(OpenerFailure) -> [HeldDescriptor] {
        guard flags & ~(O_ACCMODE | O_APPEND | O_NONBLOCK) == 0 else {
            throw OpenerFailure(.invalidArgument, .flagsRefused)
        }
        let own = try OpenerFailure.reporting { () throws(Errno) in try DescriptorStatus.flags(of: descriptor) }
        let ownAccess = try OpenerFailure.reporting { () throws(Errno) in
            try DescriptorStatus.accessMode(of: descriptor)
        }
        guard let wanted = Self.accessMode(flags) else { throw OpenerFailure(.invalidArgument, .flagsRefused) }
        guard own & linux_o_path == 0, ownAccess != .none, wanted.isContained(in: ownAccess) else {
            throw OpenerFailure(.notPermitted, .widening)
        }
        // Who can only append must not come to write anywhere.
        guard own & O_APPEND == 0 || flags & O_APPEND != 0 || !wanted.canWrite else {
            throw OpenerFailure(.notPermitted, .widening)
        }
        let status = try OpenerFailure.reporting { () throws(Errno) in try Self.status(of: descriptor) }
        switch status.kind {
        case .regular, .directory, .fifo, .characterDevice, .blockDevice: break
        case .symbolicLink, .socket, .anonymous: throw OpenerFailure(.invalidArgument, .wrongKind)
        }
        // There the kernel asks anew, at each open, who opens: the answer for root is not the answer for the first.
        try protected.checkFileSystem(descriptor)
        try protected.checkIdentity(descriptor, writing: Self.writes(flags))
        var made: [HeldDescriptor] = []
        for _ in 0..<count {
            made.append(
                HeldDescriptor(
                    try OpenerFailure.reporting { () throws(Errno) in try Self.reopen(descriptor, flags: flags) }))
        }
        return made
    }

    /// nil for the mode 3, which is good for ioctl(2) alone.
    private static func accessMode(_ flags: CInt) -> AccessMode? {
        switch flags & O_ACCMODE {
        case O_RDONLY: .readOnly
        case O_WRONLY: .writeOnly
        case O_RDWR: .readWrite
        default: nil
        }
    }

    /// Another memfd that holds what this one does. Only what is sealed is read: it is memory, all of it is there, and it
    /// cannot change while it is read.
    static func copy(_ memory: HeldDescriptor, owner: SealedMemory.Owner?) throws(OpenerFailure) -> OwnedDescriptor {
        guard let seals = try? SealedMemory.seals(of: memory), seals.isSuperset(of: .immutable) else {
            throw OpenerFailure(.invalidArgument, .wrongKind)
        }
        return try OpenerFailure.reporting { () throws(Errno) in try SealedMemory.copy(of: memory, owner: owner) }
    }

    /// Both ends of a FIFO, the one for reading first, each a description of its own. Neither blocks on being opened.
    func openFIFO(
        path: String, createMode: UInt32?, othersMayWrite: Bool
    ) throws(OpenerFailure) -> (HeldDescriptor, HeldDescriptor) {
        guard (createMode ?? 0) & ~0o777 == 0 else { throw OpenerFailure(.invalidArgument, .flagsRefused) }
        let place = try findFIFO(try roots.locate(path, othersMayWrite: othersMayWrite), createMode: createMode)
        guard try OpenerFailure.reporting({ () throws(Errno) in try Self.status(of: place) }).kind == .fifo else {
            throw OpenerFailure(.invalidArgument, .wrongKind)
        }
        // The reading end never waits; while it is open the writing end does not fail with ENXIO.
        let reader = HeldDescriptor(try open(place, flags: O_RDONLY))
        let writer = HeldDescriptor(try open(place, flags: O_WRONLY))
        return (reader, writer)
    }

    private func findFIFO(
        _ path: borrowing RootedPath, createMode: UInt32?
    ) throws(OpenerFailure) -> OwnedDescriptor {
        do throws(OpenerFailure) {
            return try path.resolve()
        } catch {
            guard error == OpenerFailure(.noSuchFileOrDirectory), let createMode else { throw error }
            try makeFIFO(path, mode: createMode)
            return try path.resolve()
        }
    }

    private func makeFIFO(_ path: borrowing RootedPath, mode: UInt32) throws(OpenerFailure) {
        let entry = try path.resolveParent()
        try protected.check(entry)
        do throws(Errno) {
            try SystemCall.retrying(on: entry.directory) { mknodat($0, entry.name, S_IFIFO | mode_t(mode), 0) }
        } catch {
            // Of what somebody made first the caller sees what it is.
            guard error == .fileExists else { throw OpenerFailure(error) }
        }
    }

    /// What a regular file holds now, as memory that cannot change any more, open for reading.
    func readIntoMemory(
        path: String, sizeLimit: UInt32, owner: SealedMemory.Owner?, othersMayWrite: Bool
    ) throws(OpenerFailure) -> OwnedDescriptor {
        let file = try open(
            OpenPath(path: path, flags: O_RDONLY, mustBe: .regular, othersMayWrite: othersMayWrite))
        let name = path.utf8.split(separator: UInt8(ascii: "/")).last.map { String(decoding: $0, as: UTF8.self) }
        return try Self.sealed(name ?? "memory", owner) { () throws(Errno) in try file.readAll(limit: Int(sizeLimit)) }
    }

    /// The same of a file that is open for reading, from its beginning. Its description may be others' too.
    static func content(of file: HeldDescriptor, sizeLimit: UInt32) throws(OpenerFailure) -> OwnedDescriptor {
        guard try OpenerFailure.reporting({ () throws(Errno) in try Self.status(of: file) }).kind == .regular else {
            throw OpenerFailure(.invalidArgument, .wrongKind)
        }
        let limit = Int(sizeLimit)
        return try sealed("content", nil) { () throws(Errno) in
            let bytes = try file.read(limit + 1, at: 0)
            guard bytes.count <= limit else { throw .fileTooLarge }
            return bytes
        }
    }

    private static func sealed(
        _ name: String, _ owner: SealedMemory.Owner?, _ read: () throws(Errno) -> [UInt8]
    ) throws(OpenerFailure) -> OwnedDescriptor {
        do throws(Errno) {
            var bytes = try read()
            // It may be a secret; it need not stay in this process.
            defer {
                bytes.withUnsafeMutableBytes { if let start = $0.baseAddress { explicit_bzero(start, $0.count) } }
            }
            return try SealedMemory.makeCopy(name: name, contents: bytes.span, owner: owner)
        } catch .fileTooLarge {
            throw OpenerFailure(.fileTooLarge, .tooLarge)
        } catch {
            throw OpenerFailure(error)
        }
    }
}
