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
}
