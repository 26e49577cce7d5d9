// SPDX-License-Identifier: Apache-2.0

import Glibc
import Synchronization
package import SystemPackage

/// Revocations that are in force and may not be recorded yet: the file `STATE/revoked` (RULINGS 9).
///
/// Every slot of the file is written when it is made, so that an append needs no space; the file is open with `O_DSYNC`,
/// so that an append is durable when it returns. It survives a crash at any point: an entry that was being written has no
/// valid checksum and is not there, and ``append(_:)`` had not returned.
///
/// May be used from any thread; a call blocks for one write to the disk.
package final class RevocationJournal: Sendable {
    /// One revocation.
    package struct Revocation: Sendable, Equatable {
        /// Ascending in the order of the appends. Never used again by this process; after a restart the ids go on from
        /// the greatest of those that were not cleared.
        package let id: UInt64
        /// What the broker needs to apply it again, such as the rule.
        package let text: String
    }

    /// The most bytes of a text.
    package static let textLimit = RevocationSlot.textLimit
    /// How many revocations can wait for their records.
    package static let capacity = 256

    private struct State: Sendable {
        /// What lies in each slot; nil where it is free.
        var slots: [Revocation?]
        var nextID: UInt64
    }

    private let file: FileDescriptor
    private let path: FilePath
    private let state: Mutex<State>

    /// Opens or makes the file and reads what was left in it.
    package init(directory: FilePath) throws(LedgerError) {
        let directory = StateDirectory(directory)
        let file = try Self.open(directory)
        self.file = file
        path = directory.revoked
        do {
            try Self.fill(file)
            try directory.synchronize()
            let slots = try (0..<Self.capacity).map { try Self.read($0, of: file) }
            let last = slots.compactMap { $0?.id }.max() ?? 0
            guard last < UInt64.max >> 8 else {
                throw LedgerError(
                    .damaged, "\(directory.revoked) has a revocation \(last), which cannot be there",
                    remedy: "keep a copy of the file and remove it; what it still held is not in force then")
            }
            state = Mutex(State(slots: slots, nextID: last + 1))
        } catch {
            try? file.close()
            throw (error as? LedgerError) ?? directory.failure("prepare", directory.revoked, error as? Errno)
        }
    }

    deinit {
        try? file.close()
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
    package func append(_ text: String) throws(LedgerError) -> UInt64 {
        guard text.utf8.count <= Self.textLimit else {
            throw LedgerError(
                .invalidBatch, "a revocation of \(text.utf8.count) bytes does not fit into its slot",
                remedy: "report this as a fault of vaultd")
        }
        return try state.withLock { state throws(LedgerError) in
            guard let free = state.slots.firstIndex(where: { $0 == nil }) else {
                throw LedgerError(
                    .full, "\(Self.capacity) revocations wait for their records",
                    remedy: "see why the ledger cannot be written")
            }
            let revocation = Revocation(id: state.nextID, text: text)
            try write(RevocationSlot.encode(revocation), to: free)
            state.nextID += 1
            state.slots[free] = revocation
            return revocation.id
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

    private static func open(_ directory: StateDirectory) throws(LedgerError) -> FileDescriptor {
        let flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_DSYNC
        let raw = directory.revoked.withPlatformString { Glibc.open($0, flags, 0o600) }
        guard raw >= 0 else { throw directory.failure("open", directory.revoked, Errno(rawValue: errno)) }
        return FileDescriptor(rawValue: raw)
    }

    /// Writes the slots that a new file, or one that was being made, does not have yet.
    private static func fill(_ file: FileDescriptor) throws {
        let size = capacity * RevocationSlot.byteCount
        let end = Int(try file.seek(offset: 0, from: .end))
        guard end < size else { return }
        // From a slot's beginning: the last one may have been cut short.
        let start = end - end % RevocationSlot.byteCount
        try file.writeAll(toAbsoluteOffset: Int64(start), [UInt8](repeating: 0, count: size - start))
    }

    private static func read(_ index: Int, of file: FileDescriptor) throws -> Revocation? {
        var bytes = [UInt8](repeating: 0, count: RevocationSlot.byteCount)
        var count = 0
        while count < bytes.count {
            let offset = Int64(index * RevocationSlot.byteCount + count)
            let read = try bytes.withUnsafeMutableBytes { buffer in
                try file.read(
                    fromAbsoluteOffset: offset, into: UnsafeMutableRawBufferPointer(rebasing: buffer[count...]))
            }
            if read == 0 { break }
            count += read
        }
        return RevocationSlot.decode(bytes)
    }

    private func write(_ bytes: [UInt8], to index: Int) throws(LedgerError) {
        do {
            try file.writeAll(toAbsoluteOffset: Int64(index * RevocationSlot.byteCount), bytes)
        } catch {
            throw LedgerError(
                .directory, "cannot write \(path): \(error)", remedy: "check the disk and the file system that it is on"
            )
        }
    }
}
