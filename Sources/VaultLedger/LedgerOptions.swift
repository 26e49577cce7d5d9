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

/// How large the files of the ledger are.
package struct LedgerFiles: Sendable, Equatable {
    package var databaseBytes: Int64
    /// Of the write-ahead log. Moved into the database it begins anew, unless some process reads in one transaction.
    package var logBytes: Int64
    /// There is room for records, and what is kept aside for those of revocations and of the stop is whole.
    package var hasRoom = true

    /// From this size of the write-ahead log on something is said: 32 MiB. Usual are some 2 MiB
    /// (``LedgerOptions/checkpointPages``); a long backup that reads in one transaction comes to a multiple of it.
    package static let logLimitBytes: Int64 = 32 << 20

    package var isLogTooLarge: Bool { logBytes >= Self.logLimitBytes }
}
