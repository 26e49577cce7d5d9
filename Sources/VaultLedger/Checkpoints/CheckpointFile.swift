// SPDX-License-Identifier: Apache-2.0

import Glibc
import Synchronization
package import SystemPackage
package import TransparencyLog

/// Signed checkpoints outside the database: the append-only file `STATE/checkpoints`.
///
/// Each note is followed by two empty lines, which stand in none; what is not followed by them was cut short, by a crash
/// or by a full disk, and is ignored. The next note is preceded by words that keep it apart from what was cut short.
/// The file is only ever appended to, so that it may have the append-only attribute (`chattr +a`).
///
/// Belongs to whoever writes checkpoints; an append blocks for one `fdatasync`.
package final class CheckpointFile: Sendable {
    private static let separator = "\n\n\n"
    /// What makes whatever lies before it no note, however much of one it is.
    private static let mark = " was not completed\(separator)"
    /// How much of the end is read at start: some thousand notes.
    private static let tailLimit: Int64 = 1 << 20

    private let file: FileDescriptor
    private let directory: StateDirectory
    /// Whether the file may end in a part of a note. Held while one is appended.
    private let isCutShort: Mutex<Bool>

    /// Opens or makes the file. Where its end was cut short that is marked with the next note: there may be no space now.
    init(_ directory: StateDirectory) throws(LedgerError) {
        let file = try directory.open(
            directory.checkpoints, .readWrite, options: [.create, .append, .closeOnExec, .noFollow])
        do {
            let text = try Self.tail(of: file)
            try directory.synchronize()
            // Nothing may throw from here on: then `deinit` would close the descriptor too.
            self.file = file
            self.directory = directory
            isCutShort = Mutex(!text.isEmpty && !text.hasSuffix(Self.separator))
        } catch {
            try? file.close()
            throw (error as? LedgerError) ?? directory.failure("prepare", directory.checkpoints, error as? Errno)
        }
    }

    deinit {
        try? file.close()
    }

    /// When the last note was written, in microseconds since 1970; nil where there is none.
    package var changedUSec: Int64? {
        var status = stat()
        guard fstat(file.rawValue, &status) == 0, status.st_size > 0 else { return nil }
        return Int64(status.st_mtim.tv_sec) &* 1_000_000 &+ Int64(status.st_mtim.tv_nsec / 1000)
    }

    /// Appends a note; it survives a crash of the machine when this returns. One `write` and one `fdatasync`.
    ///
    /// After an error a part of the note may be in the file, or all of it; the next one is kept apart from it.
    package func append(_ note: SignedNote) throws(LedgerError) {
        try isCutShort.withLock { isCutShort throws(LedgerError) in
            let mark = isCutShort ? Self.mark : ""
            isCutShort = true
            do {
                try file.writeAll("\(mark)\(note.published)\n\n".utf8)
                guard fdatasync(file.rawValue) == 0 else { throw Errno(rawValue: errno) }
            } catch {
                throw directory.failure("write", directory.checkpoints, error as? Errno)
            }
            isCutShort = false
        }
    }

    /// The newest notes, oldest first.
    func newest() throws(LedgerError) -> [SignedNote] {
        do {
            return Self.notes(in: try Self.tail(of: file))
        } catch {
            throw directory.failure("read", directory.checkpoints, error as? Errno)
        }
    }

    /// Every note of such a file, oldest first; none where there is no file.
    package static func notes(at path: FilePath) throws(LedgerError) -> [SignedNote] {
        do {
            let file = try FileDescriptor.open(path, .readOnly, options: [.closeOnExec])
            defer { try? file.close() }
            return notes(in: try text(of: file, from: 0))
        } catch {
            if error as? Errno == .noSuchFileOrDirectory { return [] }
            throw LedgerError(
                .unreadable, "cannot read \(path): \(error)", remedy: "check the file and who may read it")
        }
    }

    /// What is complete and has the form of a note.
    static func notes(in text: String) -> [SignedNote] {
        var parts = text.split(separator: separator, omittingEmptySubsequences: false)
        if !parts.isEmpty { parts.removeLast() }
        return parts.compactMap { try? SignedNote(parsing: "\($0)\n") }
    }

    private static func tail(of file: FileDescriptor) throws -> String {
        let end = try file.seek(offset: 0, from: .end)
        return try text(of: file, from: max(0, end - tailLimit))
    }

    private static func text(of file: FileDescriptor, from start: Int64) throws -> String {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let offset = start + Int64(bytes.count)
            let count = try chunk.withUnsafeMutableBytes { try file.read(fromAbsoluteOffset: offset, into: $0) }
            if count == 0 { break }
            bytes += chunk[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
