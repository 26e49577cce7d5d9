// SPDX-License-Identifier: Apache-2.0

import Records
import VaultLedger

/// Records that wait to be committed together, and what is to happen when they are.
struct CollectingBatch {
    /// What became of a batch.
    enum Outcome {
        /// The records are durable.
        case committed
        /// Nothing that depends on these records may leave; whether they are in the log is for `reopen()` to tell.
        case voided
    }

    enum Waiter {
        /// A call whose grants are in this batch: the hot path, without a closure.
        case open(OpenCall)
        case then((Outcome) -> Void)
    }

    var leaves: [[UInt8]] = []
    var changes: [StateChange] = []
    var waiters: [Waiter] = []
    /// The outcomes that the `delivery` record of this batch tells, to be told again if it is voided.
    var delivery = DeliveryReport()
    var lastTimeUSec: Int64 = 0
    /// It holds what must get through on a full file system: a revocation, or the stop.
    var isEssential = false

    var isEmpty: Bool { leaves.isEmpty && changes.isEmpty }
}
