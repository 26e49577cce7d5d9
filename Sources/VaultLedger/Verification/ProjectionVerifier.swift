// SPDX-License-Identifier: Apache-2.0

import GRDB
import Records

/// Compares the rows beside the log with the records that tell of them. What was pruned cannot be compared any more.
struct ProjectionVerifier {
    let database: Database
    let size: UInt64

    /// All but the table `prune`, which ``prunes()`` is for.
    func damage() throws -> [Damage] {
        let prunedBefore = try Self.claimedPrune(database)
        var damage: [Damage] = []
        try compare("policy_revision", "SELECT record, cause, revision, sha256, uid FROM policy_revision", prunedBefore)
        {
            try $0.type == $1.storedIfAny(1) && ($0.policy?.revision).map(Int64.init) == $1.storedIfAny(2)
                && $0.policy?.sha256 == $1.storedIfAny(3) && ($0.peer?.uid).map(Int64.init) == $1.storedIfAny(4)
        } differs: {
            damage.append($0)
        }
        try compare("added_capability", "SELECT record, name, document FROM added_capability", prunedBefore) {
            // A document too large for a record is named there by its hash.
            guard case .capabilityAdd(_, let capability, let document) = Record($0) else { return false }
            return try capability.name == $1.storedIfAny(1)
                && (document == nil ? !$0.cuts.isEmpty : document == $1.storedIfAny(2))
        } differs: {
            damage.append($0)
        }
        guard try Self.isSigned(database) else { return damage }
        try compare("origin", "SELECT record, name, key FROM origin", prunedBefore) {
            // The first record of a log names no key.
            switch Record($0) {
            case .start(_, _, let origin): try origin == $1.storedIfAny(1)
            case .originStart(_, let name, let key, _, _): try name == $1.storedIfAny(1) && key == $1.storedIfAny(2)
            default: false
            }
        } differs: {
            damage.append($0)
        }
        return damage
    }

    /// A row of `prune`, and whether its record says the same.
    struct Prune {
        var before: UInt64
        var record: UInt64
        var isTold: Bool
    }

    /// Every row whose record can be compared. A record prunes what lies before it, so that the last of them is there.
    func prunes() throws -> [Prune] {
        guard try Self.isSigned(database) else { return [] }
        let prunedBefore = try Self.claimedPrune(database)
        return try Row.fetchAll(database, sql: "SELECT before, record FROM prune ORDER BY before").compactMap { row in
            let before = try row.storedIndex(0)
            let index = try row.storedIndex(1)
            let record = index >= before ? try record(index) : nil
            if index >= before, index < prunedBefore, record == nil { return nil }
            var isTold = false
            if case .prune(_, _, before, _, _)? = record.flatMap(Record.init) { isTold = true }
            return Prune(before: before, record: index, isTold: isTold)
        }
    }

    /// Up to where the database says that texts were pruned; whether a record says so too is for ``prunes()`` to find.
    static func claimedPrune(_ database: Database) throws -> UInt64 {
        try isSigned(database) ? StateTables(database: database).prunedBefore() : 0
    }

    /// Copies from before logs were signed have neither origins nor prunes.
    static func isSigned(_ database: Database) throws -> Bool {
        try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0 >= 2
    }

    /// Reads each row's record, whose index is the first column, and asks whether they agree.
    private func compare(
        _ table: String, _ sql: String, _ prunedBefore: UInt64, _ agrees: (StoredRecord, Row) throws -> Bool,
        differs: (Damage) -> Void
    ) throws {
        for row in try Row.fetchAll(database, sql: sql) {
            let index = try row.storedIndex(0)
            if index < prunedBefore { continue }
            if try record(index).map({ try agrees($0, row) }) != true {
                differs(.projectionEdited(table: table, record: index))
            }
        }
    }

    /// One beyond the log has no record: its row was made up.
    private func record(_ index: UInt64) throws -> StoredRecord? {
        index < size ? try LeafRows(database).leaf(index).map(StoredRecord.init) : nil
    }
}
