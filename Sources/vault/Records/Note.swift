// SPDX-License-Identifier: Apache-2.0

import JSONText
import TerminalKit

/// The first lines of a checkpoint, as whoever cannot check it reads them.
struct NoteHead {
    let origin: String
    let size: Int
    /// The root of the tree of so many records, in base64.
    let root: String

    init(_ note: String) throws(Failure) {
        let lines = note.split(at: "\n", maxSplits: 3, omittingEmpty: false)
        guard lines.count > 3, let size = Int(lines[1]), size >= 0 else {
            throw Failure(
                .unavailable, "the answer is not one of a vault: its checkpoint is none",
                next: "vault and vaultd of the same version")
        }
        origin = String(lines[0])
        self.size = size
        root = String(lines[2])
    }
}

/// A note, a key or a receipt as it is printed: its exact bytes.
enum NoteText {
    /// - Throws: where there is something in it that a terminal would act on; no valid one has that.
    static func shown(_ text: String) throws(Failure) -> String {
        guard !text.unicodeScalars.contains(where: { $0.isCommand && $0 != "\n" }) else {
            throw Failure(
                .unverified, "the broker's answer has control characters in it, which no note has",
                next: "vault audit verify")
        }
        return text.hasSuffix("\n") ? text : text + "\n"
    }
}
