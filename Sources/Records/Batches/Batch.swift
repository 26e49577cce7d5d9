// SPDX-License-Identifier: Apache-2.0

/// What one transaction of the ledger holds: records that follow one another, and the changes of state that go with them.
package struct Batch: Sendable {
    /// The index of the first leaf: the size of the ledger before this batch.
    package var firstIndex: UInt64

    /// The records as ``Record/encoded(_:hash:)`` writes them. These bytes are stored and hashed as they are.
    package var leaves: [[UInt8]]

    /// Applied in order, in the same transaction as the leaves.
    package var changes: [StateChange]

    /// The newest `timeUSec` of the leaves, kept so that a start can tell a clock that went backwards.
    package var lastTimeUSec: Int64

    /// Whether this must get through on a full file system, as a revocation or the stop must: it may take the space that
    /// is kept aside. Where it fails as the ledger says `full` it is committed again after it was opened again.
    package var isEssential: Bool

    package init(
        firstIndex: UInt64, leaves: [[UInt8]] = [], changes: [StateChange] = [], lastTimeUSec: Int64 = 0,
        isEssential: Bool = false
    ) {
        self.firstIndex = firstIndex
        self.leaves = leaves
        self.changes = changes
        self.lastTimeUSec = lastTimeUSec
        self.isEssential = isEssential
    }

    package var isEmpty: Bool { leaves.isEmpty && changes.isEmpty }
}
