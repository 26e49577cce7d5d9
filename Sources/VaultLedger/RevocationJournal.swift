// SPDX-License-Identifier: Apache-2.0

package import SystemPackage

/// Revocations that are in force and may not be recorded yet: the file `STATE/revoked` (RULINGS 9).
///
/// Preallocated and written with `O_DSYNC`, so that a revocation survives a crash even where the database cannot be written.
/// Belongs to one thread at a time.
package final class RevocationJournal {
    /// One revocation: an opaque text of the broker's, such as the rule and what was cut.
    package struct Revocation: Sendable, Equatable {
        package var id: UInt64
        package var text: String
    }

    package init(directory: FilePath) throws(LedgerError) {}

    /// What was appended and not cleared, oldest first: applied before the socket listens.
    package var entries: [Revocation] { [] }

    /// Writes an entry; durable when this returns. On an error the revocation is still to be applied, and the reply says `durable: false`.
    package func append(_ text: String) throws(LedgerError) -> UInt64 { 0 }

    /// Forgets entries whose records are committed.
    package func clear(through id: UInt64) throws(LedgerError) {}
}
