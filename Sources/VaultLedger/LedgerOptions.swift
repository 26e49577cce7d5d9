// SPDX-License-Identifier: Apache-2.0

/// How the ledger is run.
package struct LedgerOptions: Sendable, Equatable {
    /// The size of the WAL, in pages, from which on it is moved into the database between two commits.
    ///
    /// A smaller one makes each of these pauses shorter, a larger one makes them rarer.
    package var checkpointPages: Int

    /// Whether a query index is kept beside the ledger, filled behind it.
    package var keepsIndex: Bool

    package init(checkpointPages: Int = 250, keepsIndex: Bool = true) {
        self.checkpointPages = checkpointPages
        self.keepsIndex = keepsIndex
    }
}
