// SPDX-License-Identifier: Apache-2.0

/// Reads the ledger beside the writer, over a read-only connection on a thread of its own.
///
/// Transactions end after 100 ms or 10,000 rows, so that the WAL can be reset (RULINGS 11). Works while the log cannot be written.
package actor LedgerReader {
    package init() {}

    /// The size and root as of the last commit.
    package func tree() async throws(LedgerError) -> TreeState {
        throw LedgerError(.closed, "the ledger is closed", remedy: "open it again")
    }

    /// At most `limit` entries that match, from index `from` on (nil: from the beginning, in reverse from the end).
    package func entries(
        from: UInt64?, limit: Int, reverse: Bool = false, filter: EntryFilter = EntryFilter()
    ) async throws(LedgerError) -> EntryPage {
        throw LedgerError(.closed, "the ledger is closed", remedy: "open it again")
    }

    /// One record; nil where there is none at this index.
    package func record(_ index: UInt64) async throws(LedgerError) -> Entry? { nil }

    /// A record with those of the same request, its delivery, revocation and exit, in the order of their indices.
    package func related(to index: UInt64) async throws(LedgerError) -> [Entry] { [] }

    /// Every revision of the policy, newest first, without the files.
    package func revisions() async throws(LedgerError) -> [PolicyRevision] { [] }

    /// The policy as of a revision; nil where there was none of that number.
    package func policy(revision: Int) async throws(LedgerError) -> StoredPolicy? { nil }
}
