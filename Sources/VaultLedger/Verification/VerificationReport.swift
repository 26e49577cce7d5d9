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

    package init(size: UInt64, root: [UInt8]?, damage: [Damage]) {
        self.size = size
        self.root = root
        self.damage = damage
    }

    package var isIntact: Bool { damage.isEmpty }
}
