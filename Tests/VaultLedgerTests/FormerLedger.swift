// SPDX-License-Identifier: Apache-2.0

import GRDB
import Glibc
import SystemPackage
import VaultTestKit

@testable import VaultLedger

extension OpenedLedger {
    /// The same closed ledger as an earlier version of the program would have written it.
    ///
    /// - Parameter schema: the number of the last step that it knew. The first one knew of no origins and checkpoints.
    func asOf(schema: Int) async throws -> OpenedLedger {
        let former = try OpenedLedger()
        guard mkdir(former.state.string, 0o700) == 0 else { throw Errno(rawValue: errno) }
        _ = try await Command(
            "sh", "-c", "cp \(state)/log.key \(state)/checkpoints \(former.state) 2>/dev/null; true"
        ).run()
        let (source, target) = (database.string, former.database.string)
        try await onThread {
            let queue = try DatabaseQueue(path: target)
            try queue.writeWithoutTransaction { database in
                try database.execute(sql: "PRAGMA page_size = 8192; PRAGMA journal_mode = WAL")
                try LedgerSchema.migrate(database, to: schema)
                try database.execute(sql: "ATTACH '\(source)' AS source")
                try database.inTransaction {
                    try database.execute(sql: "DELETE FROM tree")
                    for table in try Self.tables(of: database, schema) {
                        try database.execute(sql: "INSERT INTO main.\(table) SELECT * FROM source.\(table)")
                    }
                    return .commit
                }
                try database.execute(sql: "DETACH source")
            }
            try queue.close()
        }
        guard chmod(former.database.string, 0o600) == 0 else { throw Errno(rawValue: errno) }
        return former
    }

    /// Those that have the same columns in every version since.
    private static func tables(of database: Database, _ schema: Int) throws -> [String] {
        if schema == 1 { return ["log", "tile", "tree"] }
        return try String.fetchAll(
            database, sql: "SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name <> 'rule_counter'")
    }

    /// The number of the last step that was taken.
    func schema() async throws -> Int {
        let path = database.string
        return try await onThread {
            let queue = try DatabaseQueue(path: path)
            defer { try? queue.close() }
            return try queue.read { try Int.fetchOne($0, sql: "PRAGMA user_version") } ?? -1
        }
    }
}
