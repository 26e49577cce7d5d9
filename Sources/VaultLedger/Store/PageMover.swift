// SPDX-License-Identifier: Apache-2.0

import CSQLite
import Descriptors
import GRDB
import Records

/// Moves what the WAL holds into the database while the ledger goes on committing, on a thread and a connection of its own.
///
/// SQLite lets one connection move pages while another one appends to the WAL. What is appended meanwhile is left: the WAL begins
/// anew only when nobody writes, so that the end is for the ledger's own connection.
actor PageMover {
    private let executor = ThreadExecutor(name: "ledger pages")
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private let registry: ReaderRegistry

    init(registry: ReaderRegistry) {
        self.registry = registry
    }

    struct Moved: Sendable {
        /// What the WAL held.
        var pages: Int32
        /// How many of them are in the database, and synchronised: no more than every reader has gone beyond.
        var moved: Int32
    }

    /// Whoever opens the database anew waits for this, as for readers. Nil where it failed: the WAL keeps everything.
    func move() -> Moved? {
        try? registry.reading { () throws(LedgerError) in
            do {
                return try moveNow()
            } catch {
                throw LedgerError(error, reading: registry.database.string)
            }
        }
    }

    private func moveNow() throws -> Moved? {
        let configuration = Configuration(
            label: "ledger pages", timeout: 0, pragmas: "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0")
        let queue = try DatabaseQueue(path: registry.database.string, configuration: configuration)
        defer { try? queue.close() }
        return queue.writeWithoutTransaction { database -> Moved? in
            // Whether what the WAL holds is right is not for this connection to say, should it be the last.
            guard csqlite_set_no_checkpoint_on_close(database.sqliteConnection) == SQLITE_OK else { return nil }
            var found = Moved(pages: -1, moved: -1)
            let code = sqlite3_wal_checkpoint_v2(
                database.sqliteConnection, nil, SQLITE_CHECKPOINT_PASSIVE, &found.pages, &found.moved)
            return code == SQLITE_OK && found.pages >= 0 ? found : nil
        }
    }
}
