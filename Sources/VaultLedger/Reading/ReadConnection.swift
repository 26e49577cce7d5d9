// SPDX-License-Identifier: Apache-2.0

import CSQLite
import GRDB
import Synchronization

/// A read-only connection to the ledger, opened when it is needed and closed by the writer while that recovers.
final class ReadConnection: Sendable {
    private let registry: ReaderRegistry
    private let queue = Mutex<DatabaseQueue?>(nil)

    init(registry: ReaderRegistry) {
        self.registry = registry
    }

    /// Runs `body` in one read transaction; it ends soon (RULINGS 11), or it keeps the WAL from being reset.
    func read<Result>(_ body: (Database) throws -> Result) throws(LedgerError) -> Result {
        try registry.reading { () throws(LedgerError) in
            do {
                return try open().unsafeRead { database in
                    try database.execute(sql: "BEGIN")
                    defer { try? database.execute(sql: "COMMIT") }
                    return try body(database)
                }
            } catch {
                throw LedgerError(error, reading: registry.directory.database.string)
            }
        }
    }

    func disconnect() {
        queue.withLock { queue in
            try? queue?.close()
            queue = nil
        }
    }

    private func open() throws -> DatabaseQueue {
        try queue.withLock { queue in
            if let queue { return queue }
            var configuration = Configuration()
            configuration.label = "ledger reader"
            configuration.readonly = true
            configuration.foreignKeysEnabled = false
            configuration.busyMode = .timeout(1)
            configuration.prepareDatabase { database in
                csqlite_set_defensive(database.sqliteConnection)
                csqlite_set_untrusted_schema(database.sqliteConnection)
                try database.execute(sql: "PRAGMA cell_size_check = ON")
            }
            let opened = try DatabaseQueue(path: registry.directory.database.string, configuration: configuration)
            try opened.unsafeRead { try LedgerSchema.check($0) }
            queue = opened
            return opened
        }
    }
}
