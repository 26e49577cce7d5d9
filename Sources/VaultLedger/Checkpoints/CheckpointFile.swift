// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import Records
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

    private let file: OwnedDescriptor
    private let directory: StateDirectory
    /// Whether the file may end in a part of a note. Held while one is appended.
    private let isCutShort: Mutex<Bool>

    /// Opens or makes the file. Where its end was cut short that is marked with the next note: there may be no space now.
    init(_ directory: StateDirectory) throws(LedgerError) {
        let file = try directory.open(directory.checkpoints, O_RDWR | O_CREAT | O_APPEND)
        let text = try directory.failing("prepare", directory.checkpoints) { () throws(Errno) in
            try Self.tail(of: file)
        }
        isCutShort = Mutex(!text.isEmpty && !text.hasSuffix(Self.separator))
        try directory.synchronize()
        self.file = file
        self.directory = directory
    }

    /// When the last note was written, in microseconds since 1970; nil where there is none.
    package var changedUSec: Int64? {
        guard let status = try? FileStatus(of: file), status.size > 0 else { return nil }
        return status.modifiedNSec / 1000
    }

    /// Appends a note; it survives a crash of the machine when this returns. One `write` and one `fdatasync`.
    ///
    /// After an error a part of the note may be in the file, or all of it; the next one is kept apart from it.
    package func append(_ note: SignedNote) throws(LedgerError) {
        try isCutShort.withLock { isCutShort throws(LedgerError) in
            let mark = isCutShort ? Self.mark : ""
            isCutShort = true
            try directory.failing("write", directory.checkpoints) { () throws(Errno) in
                try file.writeAll([UInt8]("\(mark)\(note.published)\n\n".utf8).span)
                try file.synchronizeData()
            }
            isCutShort = false
        }
    }

    /// The newest notes, oldest first.
    func newest() throws(LedgerError) -> [SignedNote] {
        try directory.failing("read", directory.checkpoints) { () throws(Errno) in
            Self.notes(in: try Self.tail(of: file))
        }
    }

    /// Every note of such a file, oldest first; none where there is no file.
    package static func notes(at path: FilePath) throws(LedgerError) -> [SignedNote] {
        do throws(Errno) {
            return notes(in: String(decoding: try OwnedDescriptor.open(path).readAll(limit: .max), as: UTF8.self))
        } catch {
            if error == .noSuchFileOrDirectory { return [] }
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

    private static func tail(of file: borrowing OwnedDescriptor) throws(Errno) -> String {
        let size = try FileStatus(of: file).size
        let start = max(0, size - tailLimit)
        return String(decoding: try file.read(Int(size - start), at: start), as: UTF8.self)
    }
}
