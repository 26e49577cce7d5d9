// SPDX-License-Identifier: Apache-2.0

/// Why the ledger could not do what was asked, and what to do about it.
package struct LedgerError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Kind: Sendable, Equatable {
        /// Another process holds this ledger; its pid where the lock file tells it.
        case alreadyOpen(pid: Int32?)
        /// The directory or a file in it cannot be made, opened, or trusted.
        case directory
        /// The file is no ledger of a vault.
        case foreign
        /// The ledger was written by a newer version.
        case newerSchema(found: Int, supported: Int)
        /// What is stored contradicts itself; granting on it would lose what the log promises.
        case damaged
        /// Somebody cut, removed, replaced or wrote the files of the open database. ``Ledger/reopen()`` comes next.
        case changedUnderneath
        /// A batch that does not continue the ledger, or a record too large.
        case invalidBatch
        /// The transaction was not committed, or nobody can tell. ``Ledger/reopen()`` comes next.
        case commitFailed
        /// The file system is full. ``Ledger/reopen()`` comes next.
        case full
        /// An earlier commit failed and ``Ledger/reopen()`` has not succeeded yet.
        case needsReopen
        /// Other connections kept the ledger busy for too long.
        case busy
        /// The database could not be read.
        case unreadable
        /// The ledger has been closed.
        case closed
    }

    package var kind: Kind
    /// What went wrong, in one sentence without a full stop.
    package var message: String
    /// The next step for a person, an imperative.
    package var remedy: String
    /// SQLite's extended result code, where SQLite reported the error.
    package var code: Int32?

    package init(_ kind: Kind, _ message: String, remedy: String, code: Int32? = nil) {
        self.kind = kind
        self.message = message
        self.remedy = remedy
        self.code = code
    }

    package var description: String { "\(message). Try: \(remedy)" }
}
