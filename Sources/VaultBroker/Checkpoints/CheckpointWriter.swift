// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Records
import TransparencyLog
import VaultCore
import VaultLedger

/// Signs checkpoints and puts them where the database is not, on a thread of its own: it waits for the disk, and neither
/// the loop nor a commit waits for it.
package actor CheckpointWriter {
    private let executor = ThreadExecutor(name: "vaultd-signer")
    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// Named as the log is.
    nonisolated let signer: NoteSigner
    private let file: CheckpointFile
    private let journal: JournalSocket

    package init(signer: NoteSigner, file: CheckpointFile) {
        self.signer = signer
        self.file = file
        journal = JournalSocket()
    }

    /// Signs the log as it is after a commit that has returned. The note is durable in the file when this returns.
    func write(_ tree: TreeState) throws(LedgerError) -> SignedCheckpoint {
        guard let root = TreeHash(tree.root) else { preconditionFailure("a root has 32 bytes") }
        let checkpoint = Checkpoint(origin: signer.key.name, size: tree.size, root: root)
        let note: SignedNote
        do {
            note = try checkpoint.signed(by: signer)
        } catch {
            throw LedgerError(.directory, "the checkpoint cannot be signed: \(error)", remedy: "check audit.origin")
        }
        try file.append(note)
        journal.tell(checkpoint, note)
        return SignedCheckpoint(size: tree.size, note: note)
    }
}

/// A checkpoint and what it covers.
struct SignedCheckpoint: Sendable, Equatable {
    var size: UInt64
    /// With the cosignatures that are known.
    var note: SignedNote

    /// As the database keeps it.
    var stored: StoredCheckpoint { StoredCheckpoint(size: size, note: note.published) }
}
