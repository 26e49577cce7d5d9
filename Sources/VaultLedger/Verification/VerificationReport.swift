// SPDX-License-Identifier: Apache-2.0

/// What a verification found.
package struct VerificationReport: Sendable, Equatable {
    /// The size that the ledger says it has, and the root over the bytes that are really there.
    ///
    /// The root is that of a tree only where no record is missing; else it is nil.
    package var size: UInt64
    package var root: [UInt8]?
    /// Everything that is wrong, by the first record it is about; empty for a ledger that is as it was written.
    package var damage: [Damage]
    /// The name under which the log signs; nil where it has not begun to.
    package var origin: String?
    /// The verifier key that the database names; whoever replaces the one can replace the other.
    package var key: String?
    /// How many checkpoints fit: those of the database, of the file beside it, and those that were given.
    package var checkpoints = 0
    /// Records up to here are covered by a checkpoint that fits.
    package var signed: UInt64 = 0
    /// Whether one of these checkpoints is of ``origin``: a log that goes on under a later name is signed under it.
    package var isSignedAsOrigin = false
    /// Of the records before this one only the hashes are there.
    package var prunedBefore: UInt64 = 0

    package init(size: UInt64, root: [UInt8]?, damage: [Damage]) {
        self.size = size
        self.root = root
        self.damage = damage
    }

    package var isIntact: Bool { damage.isEmpty }
}
