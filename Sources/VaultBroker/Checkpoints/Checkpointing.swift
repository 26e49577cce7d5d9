// SPDX-License-Identifier: Apache-2.0

import Records
import VaultLedger

/// What the loop knows of the checkpoints.
struct Checkpointing {
    /// The newest of the current origin; nil before the first.
    var newest: SignedCheckpoint?
    /// When that was signed (wall clock).
    var newestUSec: Int64?
    /// The time of the newest record that a checkpoint with the signature of a witness covers (wall clock); nil where none is
    /// known.
    var cosignedUSec: Int64?
    /// When the last one was asked for (boot clock).
    var lastUSec: Int64 = 0
    /// When the timer that runs will fire (boot clock); nil when none runs.
    var dueUSec: Int64?
    /// Whose turn it is to write one.
    let turn = Turn()
    /// Why the last one could not be written.
    var problem: String?

    /// How many records are covered.
    var covered: UInt64 { newest?.size ?? 0 }
}
