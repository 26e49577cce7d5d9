// SPDX-License-Identifier: Apache-2.0

import CSQLite
import Descriptors
import GRDB
import Records

/// Moves what the WAL holds into the database while the ledger goes on committing, on a thread and a connection of its own.
///
/// SQLite lets one connection move pages while another one appends to the WAL. What is appended meanwhile is left: the WAL begins
/// anew only when nobody writes, so that the end is for the ledger's own connection.
///
/// A commit that lets the WAL grow waits for the journal of the file system, and that for everything that was written to the
/// database and is not on the disk yet (ext4, data=ordered): for 250 MB 130 to 300 ms. And SQLite synchronises the database
/// only once the whole WAL is in it, so that all of it would be left to the ledger's own connection. So what is moved is
/// synchronised here, in small steps with pauses between them.
actor PageMover {
    private let executor = ThreadExecutor(name: "ledger pages")
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private let registry: ReaderRegistry
    /// How many bytes a commit may find that are not on the disk.
    static let step: Int32 = 512 << 10

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
            guard csqlite_pace_writes(database.sqliteConnection, Self.step) == SQLITE_OK else { return nil }
            defer { csqlite_stop_pacing(database.sqliteConnection) }
            var found = Moved(pages: -1, moved: -1)
            let code = sqlite3_wal_checkpoint_v2(
                database.sqliteConnection, nil, SQLITE_CHECKPOINT_PASSIVE, &found.pages, &found.moved)
            return code == SQLITE_OK && found.pages >= 0 ? found : nil
        }
    }
}
