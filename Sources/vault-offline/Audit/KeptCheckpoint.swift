// SPDX-License-Identifier: Apache-2.0

import TerminalKit
import TransparencyLog

/// A checkpoint that somebody kept elsewhere: what the log said at that time.
struct KeptCheckpoint {
    let path: String
    let note: SignedNote
    /// What it says; nobody has verified it.
    let checkpoint: Checkpoint

    /// Reads a checkpoint, or a receipt, which has one.
    /// - Throws: `Failure` where it is neither.
    init(reading path: String) throws {
        let text = String(decoding: try InputFile.bytes(path, as: "a checkpoint or a receipt"), as: UTF8.self)
        do throws(NoteError) {
            note =
                text.hasPrefix("c2sp.org/tlog-proof")
                ? try LogProof(parsing: text).checkpoint : try SignedNote(parsing: text)
            checkpoint = try Checkpoint(parsing: note.text)
        } catch {
            throw Self.failure(path, error)
        }
        self.path = path
    }

    /// Reads it, and verifies that the key signed it.
    /// - Throws: `Failure` where it did not: nothing can be compared then.
    init(_ path: String, key: NoteKey) throws {
        try self.init(reading: path)
        do throws(NoteError) {
            _ = try Checkpoint(verifying: note, origin: key.name, keys: [key])
        } catch {
            throw Self.failure(path, error)
        }
    }

    private static func failure(_ path: String, _ error: NoteError) -> Failure {
        Failure(
            .unverified, "\(path): this proves nothing: \(error.description)",
            next: "a checkpoint of this log, and with --key the key that it was signed with")
    }

    /// What the log, of `size` records, has to say to it.
    /// - Parameter root: of the log at the checkpoint's size, nil where it cannot be made.
    func finding(size: UInt64, root: TreeHash?) -> Finding? {
        if checkpoint.size > size {
            return Finding(
                record: size,
                "the log was cut or rolled back: it has \(size) records, and \(path) was signed over \(checkpoint.size)"
            )
        }
        guard let root, root != checkpoint.root else { return nil }
        return Finding(
            record: 0,
            "the log was replaced or altered: its first \(checkpoint.size) records are not those that \(path) was "
                + "signed over")
    }
}
