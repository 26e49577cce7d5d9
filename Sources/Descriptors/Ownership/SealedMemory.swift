// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc
public import SystemPackage

/// Memory with a descriptor (`memfd_create(2)`), and what can be promised about it.
public enum SealedMemory {
    /// The seals of fcntl(2). They belong to the inode: whoever holds it has them, and none can be taken off.
    public struct Seals: OptionSet, Hashable, Sendable {
        public let rawValue: CInt

        public init(rawValue: CInt) {
            self.rawValue = rawValue
        }

        /// No more seals.
        public static let seal = Seals(rawValue: CInt(LINUX_F_SEAL_SEAL))
        public static let shrink = Seals(rawValue: CInt(LINUX_F_SEAL_SHRINK))
        public static let grow = Seals(rawValue: CInt(LINUX_F_SEAL_GROW))
        /// No writes at all; refused (`EBUSY`) while a writable mapping exists.
        public static let write = Seals(rawValue: CInt(LINUX_F_SEAL_WRITE))
        /// No new writes; mappings that exist stay writable.
        public static let futureWrite = Seals(rawValue: CInt(LINUX_F_SEAL_FUTURE_WRITE))
        /// The execute permission stays as it is (Linux 6.3).
        public static let execute = Seals(rawValue: CInt(LINUX_F_SEAL_EXEC))

        /// The contents are final.
        public static let immutable: Seals = [.seal, .shrink, .grow, .write]
    }

    /// Memory that holds `contents` for ever: sealed against every change, never executable, its offset at the start.
    ///
    /// The descriptor itself is open for reading and writing, and says so in `F_GETFL`, though a write fails with
    /// `EPERM`; for one that can only read, `DescriptorStatus.reopen(_:flags:)`.
    /// - Parameter name: shown in `/proc/PID/fd`, at most 249 bytes, for people only.
    public static func make(name: String, contents: Span<UInt8>) throws(Errno) -> OwnedDescriptor {
        let memory = try makeUnsealed(name: name)
        try memory.writeAll(contents)
        try SystemCall.retrying(on: memory) { lseek($0, 0, SEEK_SET) }
        try add(.immutable, to: memory)
        return memory
    }

    /// Empty memory that can be written and sealed.
    public static func makeUnsealed(name: String) throws(Errno) -> OwnedDescriptor {
        let flags = LINUX_MFD_CLOEXEC | LINUX_MFD_ALLOW_SEALING
        do {
            return OwnedDescriptor(
                adopting: try SystemCall.retrying { linux_memfd_create(name, flags | LINUX_MFD_NOEXEC_SEAL) })
        } catch .invalidArgument {
            // Before Linux 6.3; a name that is too long fails again.
            return OwnedDescriptor(adopting: try SystemCall.retrying { linux_memfd_create(name, flags) })
        }
    }

    /// `F_ADD_SEALS`.
    public static func add(_ seals: Seals, to descriptor: borrowing some Descriptor & ~Copyable) throws(Errno) {
        try SystemCall.retrying(on: descriptor) { fcntl($0, CInt(LINUX_F_ADD_SEALS), seals.rawValue) }
    }

    /// `F_GET_SEALS`.
    /// - Throws: `EINVAL` for what cannot be sealed.
    public static func seals(of descriptor: borrowing some Descriptor & ~Copyable) throws(Errno) -> Seals {
        Seals(rawValue: try SystemCall.retrying(on: descriptor) { fcntl($0, CInt(LINUX_F_GET_SEALS)) })
    }

    /// Whose a copy is to be.
    public struct Owner: Hashable, Sendable {
        public var uid: UInt32
        public var gid: UInt32

        public init(uid: UInt32, gid: UInt32) {
            self.uid = uid
            self.gid = gid
        }
    }

    /// Sealed memory that holds `contents`, open for reading alone, for one reader.
    ///
    /// It belongs to the reader, with mode 0400, as programs want it that look at whose a key is. That takes the right to
    /// make files for another (`CAP_SETUID` and `CAP_SETGID`); where this process has it for nobody but itself, or no
    /// owner is given, the memory is its own and everybody may read it (0444): whoever has the descriptor has the
    /// contents in any case.
    /// - Parameter name: for people; cut to what memfd_create(2) takes.
    public static func makeCopy(
        name: String, contents: Span<UInt8>, owner: Owner?
    ) throws(Errno) -> OwnedDescriptor {
        let label = String(decoding: name.utf8.prefix(64), as: UTF8.self)
        let memory = try makeEmpty(name: label, owner: owner)
        try memory.writeAll(contents)
        try add(.immutable, to: memory)
        return try DescriptorStatus.reopen(memory, flags: O_RDONLY)
    }

    /// ``makeCopy(name:contents:owner:)`` of other memory, whose description keeps its offset.
    ///
    /// - Parameter memory: open for reading, sealed, and so of a size that stays.
    public static func copy(of memory: HeldDescriptor, owner: Owner?) throws(Errno) -> OwnedDescriptor {
        let size = Int(clamping: try FileStatus(of: memory).size)
        var bytes = try memory.read(size, at: 0)
        defer { erase(&bytes) }
        guard bytes.count == size else { throw .ioError }
        return try makeCopy(name: "copy", contents: bytes.span, owner: owner)
    }

    /// It may be a secret; it need not stay in this process.
    private static func erase(_ bytes: inout [UInt8]) {
        bytes.withUnsafeMutableBytes { if let start = $0.baseAddress { explicit_bzero(start, $0.count) } }
    }

    private static func makeEmpty(name: String, owner: Owner?) throws(Errno) -> OwnedDescriptor {
        guard let owner else { return try makeEmpty(name: name, mode: 0o444) }
        // The group has no rights by this mode, and whose group it is takes rights that the user need not have.
        if owner.uid == geteuid() { return try makeEmpty(name: name, mode: 0o400) }
        do {
            try SystemCall.retrying { linux_set_file_ids(owner.uid, owner.gid) }
        } catch {
            return try makeEmpty(name: name, mode: 0o444)
        }
        defer {
            // To take on one's own ids takes no right.
            let isBack = linux_set_file_ids(geteuid(), getegid()) == 0
            precondition(isBack, "this thread cannot get back its own ids for files")
        }
        return try makeEmpty(name: name, mode: 0o400)
    }

    private static func makeEmpty(name: String, mode: mode_t) throws(Errno) -> OwnedDescriptor {
        let memory = try makeUnsealed(name: name)
        try SystemCall.retrying(on: memory) { fchmod($0, mode) }
        return memory
    }
}
