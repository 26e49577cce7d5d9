// SPDX-License-Identifier: Apache-2.0

import GRDB
internal import JSONText

/// Compares the rows beside the log with the records that tell of them. What was pruned cannot be compared any more.
struct ProjectionVerifier {
    let database: Database
    let size: UInt64
    let prunedBefore: UInt64

    func damage() throws -> [Damage] {
        var damage: [Damage] = []
        try compare("policy_revision", "SELECT record, cause, revision, sha256, uid FROM policy_revision", &damage) {
            $0["type"]?.string == $1[1] && $0["policy"]?["revision"]?.integer == $1[2]
                && $0["policy"]?["sha256"]?.string == $1[3] && $0["peer"]?["uid"]?.integer == $1[4]
        }
        try compare("added_capability", "SELECT record, name, document FROM added_capability", &damage) {
            // A document too large for a record is named there by its hash.
            $0["capability"]?["name"]?.string == $1[1]
                && ($0["document"] == nil ? $0["truncated"] != nil : $0["document"]?.string == $1[2])
        }
        guard try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0 >= 2 else { return damage }
        try compare("origin", "SELECT record, name FROM origin", &damage) { $0["origin"]?.string == $1[1] }
        try compare("prune", "SELECT record, before FROM prune", &damage) {
            $0["type"]?.string == RecordType.prune.rawValue && $0["before"]?.integer == $1[1]
        }
        return damage
    }

    /// Reads each row's record, whose index is the first column, and asks whether they agree.
    private func compare(
        _ table: String, _ sql: String, _ damage: inout [Damage], _ agrees: (JSONValue, Row) -> Bool
    ) throws {
        let rows = try LeafRows(database)
        for row in try Row.fetchAll(database, sql: sql) {
            let index = UInt64(clamping: row[0] as Int64)
            if index < prunedBefore { continue }
            var record: JSONValue?
            // One beyond the log has no record: the row was made up.
            if index < size { try rows.each(in: index..<index + 1) { record = try? JSONValue(parsing: Array($1)) } }
            if record.map({ agrees($0, row) }) != true {
                damage.append(.projectionEdited(table: table, record: index))
            }
        }
    }
}
