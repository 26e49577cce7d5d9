// SPDX-License-Identifier: Apache-2.0

/// How large the files of the ledger are.
package struct LedgerFiles: Sendable, Equatable {
    package var databaseBytes: Int64
    /// Of the write-ahead log. Moved into the database it begins anew, unless some process reads in one transaction.
    package var logBytes: Int64

    init(_ sizes: (database: Int64, log: Int64)) {
        databaseBytes = sizes.database
        logBytes = sizes.log
    }

    /// From this size of the write-ahead log on something is said: 32 MiB. Usual are some 2 MiB
    /// (``LedgerOptions/checkpointPages``); a long backup that reads in one transaction comes to a multiple of it.
    package static let logLimitBytes: Int64 = 32 << 20

    package var isLogTooLarge: Bool { logBytes >= Self.logLimitBytes }
}
