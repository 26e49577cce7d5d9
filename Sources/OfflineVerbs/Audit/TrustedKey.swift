// SPDX-License-Identifier: Apache-2.0

import Descriptors
import JSONText
import SystemPackage
import TerminalKit
import TransparencyLog

/// The key that a log is checked with.
struct TrustedKey {
    let key: NoteKey
    /// Whether only the log itself, or the broker, says that it is the log's.
    let isClaimed: Bool
}

extension TrustedKey {
    /// - Parameters:
    ///   - argument: of `--key`: a verifier key, or the path of a file that holds one.
    ///   - claimed: what the log says, where no key was given.
    init(argument: String?, claimed: String) throws {
        isClaimed = argument == nil
        let text = try argument.map(Self.text) ?? claimed
        do {
            key = try NoteKey(text)
        } catch {
            let source = argument == nil ? "the key that the log names" : "--key \(argument ?? "")"
            throw Failure(
                argument == nil ? .unverified : .usage, "\(source): \(error.description)",
                next: "--key, with what 'vault audit key' printed, or a file that holds it")
        }
    }

    private static func text(_ argument: String) throws -> String {
        if argument.split(at: "+", omittingEmpty: false).count >= 3 { return argument }
        let text = String(decoding: try InputFile.bytes(argument, as: "the log's key"), as: UTF8.self)
        return text.split(at: "\n").first.map(String.init) ?? ""
    }
}

/// A checkpoint that somebody kept elsewhere: what the log said at that time.
struct KeptCheckpoint {
    let path: String
    let note: SignedNote
    /// What it says; nobody has verified it.
    let checkpoint: Checkpoint

    /// Reads a checkpoint, or a receipt, which has one.
    /// - Parameter key: must have signed it, where it is given: else nothing can be compared.
    /// - Throws: `Failure` where it is neither, or the key did not sign it.
    init(_ path: String, key: NoteKey? = nil) throws {
        let text = String(decoding: try InputFile.bytes(path, as: "a checkpoint or a receipt"), as: UTF8.self)
        do throws(NoteError) {
            note =
                text.hasPrefix("c2sp.org/tlog-proof")
                ? try LogProof(parsing: text).checkpoint : try SignedNote(parsing: text)
            checkpoint = try Checkpoint(parsing: note.text)
            if let key { _ = try Checkpoint(verifying: note, origin: key.name, keys: [key]) }
        } catch {
            throw Failure(
                .unverified, "\(path): this proves nothing: \(error.description)",
                next: "a checkpoint of this log, and with --key the key that it was signed with")
        }
        self.path = path
    }

    /// What the log, of `size` records, has to say to it.
    /// - Parameter root: of the log at the checkpoint's size, nil where it cannot be made.
    func finding(size: UInt64, root: TreeHash?) -> Finding? {
        if checkpoint.size > size {
            return Finding(
                record: size,
                message:
                    "the log was cut or rolled back: it has \(size) records, and \(path) was signed over \(checkpoint.size)"
            )
        }
        guard let root, root != checkpoint.root else { return nil }
        return Finding(
            record: 0,
            message:
                "the log was replaced or altered: its first \(checkpoint.size) records are not those that \(path) was "
                + "signed over")
    }
}
