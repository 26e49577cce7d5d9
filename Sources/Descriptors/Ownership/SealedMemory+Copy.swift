// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc
public import SystemPackage

extension SealedMemory {
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
        var bytes = [UInt8](repeating: 0, count: size)
        defer { erase(&bytes) }
        var filled = 0
        while filled < size {
            let count = try SystemCall.retrying(on: memory) { number in
                bytes.withUnsafeMutableBytes {
                    pread(number, $0.baseAddress?.advanced(by: filled), size - filled, off_t(filled))
                }
            }
            guard count > 0 else { throw .ioError }
            filled += count
        }
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
