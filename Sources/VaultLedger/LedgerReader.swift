// SPDX-License-Identifier: Apache-2.0

import Descriptors
import GRDB
import Records
package import SystemPackage

/// Reads the ledger beside the writer, over a read-only connection on a thread of its own.
///
/// Transactions end after 100 ms or 10,000 rows, so that the WAL can be reset (Decisions: a reader's turn is short). Works
/// while the log cannot be written.
package actor LedgerReader {
    private let executor: ThreadExecutor
    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    let connection: ReadConnection
    private let index: IndexConnection

    init(registry: ReaderRegistry, index path: FilePath) {
        executor = ThreadExecutor(name: "ledger reader")
        connection = registry.makeConnection()
        index = IndexConnection(path)
    }

    /// A reader for a process that does not write, such as one that verifies.
    package init(directory: FilePath) {
        let files = StateDirectory(directory)
        self.init(registry: ReaderRegistry(database: files.database), index: files.index)
    }

    /// Runs `body` on the log and, where there is one, on its index, within one short transaction.
    func read<Result>(_ body: (LeafRows, IndexView?) throws -> Result) throws(LedgerError) -> Result {
        try connection.read { database in
            try index.read(database) { try body(LeafRows(database), $0) }
        }
    }

    /// The size and root as of the last commit.
    package func tree() async throws(LedgerError) -> TreeState {
        try connection.read { database in
            let tree = try StateTables(database: database).tree()
            return TreeState(size: tree.size, root: tree.root)
        }
    }

    /// Every revision of the policy, newest first, without the files.
    package func revisions() async throws(LedgerError) -> [PolicyRevision] {
        try connection.read { try PolicyTables(database: $0).revisions() }
    }

    /// The policy as of a revision; nil where there was none of that number.
    package func policy(revision: Int) async throws(LedgerError) -> StoredPolicy? {
        try connection.read { try PolicyTables(database: $0).policy(revision: revision) }
    }

    /// The ids of all rules that were removed or suspended at a later revision than this one, whatever became of them since.
    package func rulesTakenAway(after revision: Int) async throws(LedgerError) -> Set<String> {
        try connection.read { try PolicyTables(database: $0).rulesTakenAway(after: revision) }
    }

    /// One record; nil where there is none at this index.
    package func record(_ index: UInt64) async throws(LedgerError) -> Entry? {
        try connection.read { database in
            var entry: Entry?
            guard index < UInt64(Int64.max) else { return nil }
            try LeafRows(database).each(in: index..<index + 1) { entry = Entry(index: $0, text: Array($1)) }
            return entry
        }
    }
}
