// SPDX-License-Identifier: Apache-2.0

import GRDB

/// Compares the database's schema with the one that the migrations make, so that a dropped trigger is found.
struct SchemaVerifier {
    let database: Database

    func damage() throws -> [Damage] {
        let found = try Self.schema(of: database)
        // An older copy has what it was made with.
        let version = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
        let model = try DatabaseQueue()
        let expected = try model.inDatabase { model in
            try LedgerSchema.migrate(model, to: version)
            return try Self.schema(of: model)
        }
        var damage: [Damage] = []
        for (name, sql) in expected {
            if found[name] == nil {
                damage.append(.schemaMissing(name: name))
            } else if found[name] != sql {
                damage.append(.schemaChanged(name: name))
            }
        }
        damage += found.keys.filter { expected[$0] == nil }.map { .schemaAdded(name: $0) }
        return damage.sorted { "\($0)" < "\($1)" }
    }

    /// The text of each table, trigger, and so on, by kind and name.
    private static func schema(of database: Database) throws -> [String: String] {
        let rows = try Row.fetchAll(
            database, sql: "SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'")
        var schema: [String: String] = [:]
        for row in rows {
            schema["\(try row.stored(0, as: String.self)) \(try row.stored(1, as: String.self))"] =
                try row.storedIfAny(2) ?? ""
        }
        return schema
    }
}
