// SPDX-License-Identifier: Apache-2.0

import CSQLite
import GRDB
import Glibc
import Records
import Synchronization
internal import SystemPackage
internal import TransparencyLog

/// A read-only connection to the ledger, opened when it is needed and closed by the writer while that recovers.
final class ReadConnection: Sendable {
    private let registry: ReaderRegistry
    private let queue = Mutex<DatabaseQueue?>(nil)

    init(registry: ReaderRegistry) {
        self.registry = registry
    }

    /// Runs `body` in one read transaction; it ends soon, or it keeps the WAL from being reset
    /// (Decisions: a reader's turn is short).
    func read<Result>(_ body: (Database) throws -> Result) throws(LedgerError) -> Result {
        try registry.reading { () throws(LedgerError) in
            do {
                return try open().unsafeRead { database in
                    try database.execute(sql: "BEGIN")
                    defer { try? database.execute(sql: "COMMIT") }
                    return try body(database)
                }
            } catch {
                throw LedgerError(error, reading: registry.database.string)
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
            let path = registry.database
            let opened: DatabaseQueue
            do {
                opened = try Self.open(path.string)
            } catch let error as DatabaseError where Self.isUnwritable(error) && !hasLog(path) {
                // A copy on a medium that cannot be written, without a WAL: nobody changes it while it is read.
                opened = try Self.open(Self.immutable(path))
            }
            queue = opened
            return opened
        }
    }

    private static func open(_ path: String) throws -> DatabaseQueue {
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
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        try queue.unsafeRead { try LedgerSchema.check($0) }
        return queue
    }

    private static func isUnwritable(_ error: DatabaseError) -> Bool {
        [.SQLITE_CANTOPEN, .SQLITE_READONLY].contains(error.resultCode)
    }

    private func hasLog(_ path: FilePath) -> Bool {
        var status = stat()
        return stat(path.string + "-wal", &status) == 0 && status.st_size > 0
    }

    /// The path as a URI that promises SQLite that the file does not change.
    private static func immutable(_ path: FilePath) -> String {
        let escaped = path.string.utf8.map { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "/")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"):
                String(UnicodeScalar(byte))
            default: "%" + Hexadecimal.encode([byte])
            }
        }
        return "file:\(escaped.joined())?immutable=1"
    }
}
