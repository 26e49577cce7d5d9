// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Records
import SystemPackage
import VaultCore
import VaultLedger

/// Writes revocations to `STATE/revoked` on a thread of its own: the write waits for the disk (`O_DSYNC`), the loop
/// does not.
package actor RevocationWriter {
    private let executor = ThreadExecutor(name: "vaultd-revoked")
    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private let journal: RevocationJournal

    /// Opens the journal. Blocks; called before the loop runs.
    package init(directory: FilePath) throws(LedgerError) {
        journal = try RevocationJournal(directory: directory)
    }

    /// What is in the journal and was never recorded, oldest first.
    package func pending() -> [RevocationJournal.Revocation] { journal.entries }

    /// Writes one revocation, in as many parts as it needs.
    /// - Returns: its number, or nil when it could not be written: it is in force all the same, but would not
    ///   survive a crash before its record is durable.
    func append(_ revoked: RevokedRules) -> UInt64? {
        do { return try journal.append(parts: revoked.texts) } catch { return nil }
    }

    /// Forgets what is recorded by now.
    func clear(through number: UInt64) {
        // An entry that could not be cleared is applied and recorded once more at the next start, which is harmless.
        try? journal.clear(through: number)
    }
}
