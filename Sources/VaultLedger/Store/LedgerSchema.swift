// SPDX-License-Identifier: Apache-2.0

import GRDB
import Migrations
import Records

/// What makes a database a ledger of this version.
enum LedgerSchema {
    /// `PRAGMA application_id`: "vlt1".
    static let applicationID: Int32 = 0x766c_7431

    /// `PRAGMA user_version` of a database with every step.
    static var version: Int { Migration.all.last?.number ?? 0 }

    /// Whether nothing was ever written to the database.
    static func isEmpty(_ database: Database) throws -> Bool {
        try Int32.fetchOne(database, sql: "PRAGMA application_id") == 0
            && Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_schema") == 0
    }

    /// Refuses what is no ledger, or one that this version cannot read.
    static func check(_ database: Database) throws {
        let found = try Int32.fetchOne(database, sql: "PRAGMA application_id")
        guard found == applicationID else {
            throw LedgerError(
                .foreign, "the database belongs to another program (its application_id is \(found ?? 0))",
                remedy: "move the file away, or choose another directory with --state")
        }
        let version = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
        guard version <= Self.version else {
            throw LedgerError(
                .newerSchema(found: version, supported: Self.version),
                "the ledger has schema \(version), and this program knows only up to \(Self.version)",
                remedy: "run the version of vaultd that wrote it, or a newer one")
        }
    }

    /// Brings the database up to a version, one transaction a step.
    /// - Returns: whether there was anything to do.
    @discardableResult
    static func migrate(_ database: Database, to version: Int = Self.version) throws -> Bool {
        var found = 0
        // An empty one becomes a ledger with the first step, in the same transaction.
        if try !isEmpty(database) {
            try check(database)
            found = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
        }
        let steps = Migration.all.filter { $0.number > found && $0.number <= version }
        for step in steps {
            try database.inTransaction(.immediate) {
                try database.execute(sql: "PRAGMA application_id = \(applicationID)")
                try database.execute(sql: step.sql)
                try database.execute(sql: "PRAGMA user_version = \(step.number)")
                return .commit
            }
        }
        return !steps.isEmpty
    }
}
