// SPDX-License-Identifier: Apache-2.0

package import SystemPackage

/// The size of the log and the RFC 6962 root over all of it.
package struct TreeState: Sendable, Equatable {
    package var size: UInt64
    /// 32 bytes.
    package var root: [UInt8]
}

/// The only writer of the database `STATE/ledger.db`: takes a whole batch at a time, in one transaction, with one `fdatasync`.
package actor Ledger {
    private let executor: ThreadExecutor
    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private init(executor: ThreadExecutor) {
        self.executor = executor
    }

    /// Opens or creates the ledger in `directory` (made with mode 0700 where missing) and reads what it held. Blocks.
    ///
    /// Refuses at once where another process has it open.
    package static func open(directory: FilePath) throws(LedgerError) -> (Ledger, RestoredState) {
        throw LedgerError(.closed, "the ledger is closed", remedy: "open it again")
    }

    /// Appends the batch and applies its changes; returns when they are durable.
    ///
    /// After an error nothing of the batch counts as recorded, and the next call is ``reopen()``.
    package func commit(_ batch: Batch) async throws(LedgerError) -> TreeState {
        throw LedgerError(.closed, "the ledger is closed", remedy: "open it again")
    }

    /// After a failed commit: closes every connection, opens again, and reads what turned out to be there (RULINGS 6, 7).
    package func reopen() async throws(LedgerError) -> RestoredState {
        throw LedgerError(.closed, "the ledger is closed", remedy: "open it again")
    }

    /// A reader of this ledger on a thread of its own; `reopen()` knows of it and closes its connection too.
    package nonisolated func makeReader() -> LedgerReader { LedgerReader() }

    package func close() async {}
}
