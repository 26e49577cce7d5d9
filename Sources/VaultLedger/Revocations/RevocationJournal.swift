// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import Records
import Synchronization
package import SystemPackage
internal import TransparencyLog

/// Revocations that are in force and may not be recorded yet: the file `STATE/revoked`
/// (Decisions: a revocation holds before its record).
///
/// Every slot of the file is written when it is made, so that an append needs no space; the file is open with `O_DSYNC`,
/// so that an append is durable when it returns. It survives a crash at any point: an entry that was being written has no
/// valid checksum and is not there, and ``append(_:)`` had not returned.
///
/// May be used from any thread; a call blocks for one write to the disk.
package final class RevocationJournal: Sendable {
    /// One revocation.
    package struct Revocation: Sendable, Equatable {
        /// Ascending in the order of the appends; the parts of one have the same. Never used again by this process; after a
        /// restart the ids go on from the greatest of those that were not cleared.
        package let id: UInt64
        /// What the broker needs to apply it again, such as the rule.
        package let text: String
    }

    /// The most bytes of a text.
    package static let textLimit = RevocationSlot.textLimit
    /// How many revocations, or parts of them, can wait for their records.
    package static let capacity = 256

    private struct State: Sendable {
        /// What lies in each slot; nil where it is free.
        var slots: [Revocation?]
        var nextID: UInt64
    }

    private let file: OwnedDescriptor
    private let path: FilePath
    private let state: Mutex<State>

    /// Opens or makes the file and reads what was left in it.
    package init(directory: FilePath) throws(LedgerError) {
        let directory = StateDirectory(directory)
        let file = try directory.open(directory.revoked, O_RDWR | O_CREAT | O_DSYNC)
        path = directory.revoked
        let slots = try directory.failing("prepare", directory.revoked) { () throws(Errno) in
            try Self.fill(file)
            return try (0..<Self.capacity).map { index throws(Errno) in try Self.read(index, of: file) }
        }
        try directory.synchronize()
        let last = slots.compactMap { $0?.id }.max() ?? 0
        guard last < UInt64.max >> 8 else {
            throw LedgerError.damaged(
                "\(directory.revoked) has a revocation \(last), which cannot be there",
                remedy: "keep a copy of the file and remove it; what it still held is not in force then")
        }
        state = Mutex(State(slots: slots, nextID: last + 1))
        self.file = file
    }

    /// What was appended and not cleared, oldest first: to be applied before the socket listens.
    package var entries: [Revocation] {
        state.withLock { $0.slots.compactMap { $0 } }.sorted { $0.id < $1.id }
    }

    /// Writes a revocation; it is durable when this returns.
    ///
    /// On an error the revocation is to be applied all the same, and the reply to say that it is not durable.
    ///
    /// - Returns: its id, for ``clear(through:)``.
    package func append(_ text: String) throws(LedgerError) -> UInt64 { try append(parts: [text]) }

    /// The same for one that is too long for a slot, in parts that each mean something alone.
    ///
    /// A crash before this returns may leave some of them. Nothing is written where there are too few slots for all.
    package func append(parts texts: [String]) throws(LedgerError) -> UInt64 {
        for text in texts where text.utf8.count > Self.textLimit {
            throw .invalid("a revocation of \(text.utf8.count) bytes does not fit into its slot")
        }
        return try state.withLock { state throws(LedgerError) in
            let free = state.slots.indices.filter { state.slots[$0] == nil }
            guard free.count >= texts.count else {
                throw LedgerError(
                    .full,
                    "\(Self.capacity - free.count) revocations wait for their records, and for more than "
                        + "\(Self.capacity) there is no room",
                    remedy: "see why the ledger cannot be written")
            }
            let id = state.nextID
            // Also where not all of them come about: what was written has it.
            state.nextID += 1
            for (text, slot) in zip(texts, free) {
                let revocation = Revocation(id: id, text: text)
                try write(RevocationSlot.encode(revocation), to: slot)
                state.slots[slot] = revocation
            }
            return id
        }
    }

    /// Forgets the revocations up to this id, whose records are committed.
    package func clear(through id: UInt64) throws(LedgerError) {
        try state.withLock { state throws(LedgerError) in
            for (index, slot) in state.slots.enumerated() {
                guard let slot, slot.id <= id else { continue }
                try write(RevocationSlot.free, to: index)
                state.slots[index] = nil
            }
        }
    }

    /// Writes the slots that a new file, or one that was being made, does not have yet.
    private static func fill(_ file: borrowing OwnedDescriptor) throws(Errno) {
        let size = capacity * RevocationSlot.byteCount
        let end = Int(try FileStatus(of: file).size)
        guard end < size else { return }
        // From a slot's beginning: the last one may have been cut short.
        let start = end - end % RevocationSlot.byteCount
        try file.writeAll([UInt8](repeating: 0, count: size - start).span, at: Int64(start))
    }

    /// `fill` has written every slot, so that none is cut short.
    private static func read(_ index: Int, of file: borrowing OwnedDescriptor) throws(Errno) -> Revocation? {
        RevocationSlot.decode(
            try file.read(RevocationSlot.byteCount, at: Int64(index * RevocationSlot.byteCount)))
    }

    private func write(_ bytes: [UInt8], to index: Int) throws(LedgerError) {
        do throws(Errno) {
            try file.writeAll(bytes.span, at: Int64(index * RevocationSlot.byteCount))
        } catch {
            throw LedgerError(
                .directory, "cannot write \(path): \(error)", remedy: "check the disk and the file system that it is on"
            )
        }
    }
}

/// The form of one slot of `STATE/revoked`: a page with a checksum of its own.
///
/// Magic (4 bytes), length of the text (4), id (8), text, zeros, and at the end the SHA-256 of everything before it.
/// Numbers are little-endian.
enum RevocationSlot {
    static let byteCount = 4096
    private static let headerCount = 16
    static let textLimit = byteCount - headerCount - TreeHash.byteCount

    private static let magic: UInt32 = 0x3176_7672

    /// A slot with nothing in it.
    static var free: [UInt8] { [UInt8](repeating: 0, count: byteCount) }

    static func encode(_ revocation: RevocationJournal.Revocation) -> [UInt8] {
        let text = Array(revocation.text.utf8)
        precondition(text.count <= textLimit, "the text does not fit into a slot")
        var bytes: [UInt8] = []
        bytes.reserveCapacity(byteCount)
        withUnsafeBytes(of: magic.littleEndian) { bytes += $0 }
        withUnsafeBytes(of: UInt32(text.count).littleEndian) { bytes += $0 }
        withUnsafeBytes(of: revocation.id.littleEndian) { bytes += $0 }
        bytes += text
        bytes += [UInt8](repeating: 0, count: byteCount - TreeHash.byteCount - bytes.count)
        bytes += TreeHash.digest(of: bytes).bytes
        return bytes
    }

    /// Nil where the slot is free or was not written to its end.
    static func decode(_ bytes: [UInt8]) -> RevocationJournal.Revocation? {
        guard bytes.count == byteCount else { return nil }
        let body = Array(bytes.prefix(byteCount - TreeHash.byteCount))
        guard TreeHash.digest(of: body).bytes == Array(bytes.suffix(TreeHash.byteCount)) else { return nil }
        let (magic, length, id) = body.withUnsafeBytes { buffer in
            (
                UInt32(littleEndian: buffer.loadUnaligned(as: UInt32.self)),
                Int(UInt32(littleEndian: buffer.loadUnaligned(fromByteOffset: 4, as: UInt32.self))),
                UInt64(littleEndian: buffer.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            )
        }
        guard magic == Self.magic, length <= textLimit else { return nil }
        let text = String(decoding: body[headerCount..<headerCount + length], as: UTF8.self)
        return RevocationJournal.Revocation(id: id, text: text)
    }
}
