// SPDX-License-Identifier: Apache-2.0

import TerminalKit

/// The first lines of a checkpoint, as whoever cannot check it reads them.
struct NoteHead {
    let origin: String
    let size: Int

    init(_ note: String) throws(Failure) {
        let lines = note.split(separator: "\n", maxSplits: 3, omittingEmptySubsequences: false)
        guard lines.count > 3, let size = Int(lines[1]), size >= 0 else {
            throw Failure(
                .unavailable, "the answer is not one of a vault: its checkpoint is none",
                next: "vault and vaultd of the same version")
        }
        origin = String(lines[0])
        self.size = size
    }
}
