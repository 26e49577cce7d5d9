// SPDX-License-Identifier: Apache-2.0

import GRDB

/// Compares the policy's tables with the records that changed them: the rows of ``ProjectionVerifier`` say what a record
/// says, and here every such record has its row, and the policy in force is the one that was recorded.
struct PolicyVerifier {
    /// By record: the revision that it made.
    private let revisions: [UInt64: Int]
    /// By name: the record that added the capability.
    private let capabilities: [String: UInt64]
    /// What is wrong with the texts of the policy in force.
    private let altered: [Damage]

    /// Reads the tables; what the log says of them is known later.
    init(_ database: Database) throws {
        let rows = try Row.fetchAll(database, sql: "SELECT record, revision FROM policy_revision")
        revisions = Dictionary(try rows.map { (try $0.storedIndex(0), try $0.stored(1)) }) { $1 }
        let added = try StateTables(database: database).capabilities()
        capabilities = Dictionary(added.map { ($0.name, $0.record) }) { $1 }
        altered = try Self.altered(database)
    }

    /// The texts in force must hash to what their revision has; where they do not, since which revision.
    private static func altered(_ database: Database) throws -> [Damage] {
        let tables = PolicyTables(database: database)
        var damage: [Damage] = []
        for revision in try Int.fetchAll(
            database, sql: "SELECT revision FROM policy_revision ORDER BY revision DESC")
        {
            guard let policy = try tables.policy(revision: revision), policy.digest != policy.sha256 else { break }
            let record = try Int64.fetchOne(
                database, sql: "SELECT record FROM policy_revision WHERE revision = ?", arguments: [revision])
            damage = [.policyAltered(revision: revision, record: UInt64(clamping: record ?? 0))]
        }
        return damage
    }

    /// - Parameter changes: of the whole log, in its order; of what was pruned there are none.
    func damage(_ changes: [RecordedChange]) -> [Damage] {
        var damage = altered
        // From here on the numbers of revisions were given again.
        var again = Int.max
        var seen = Set<String>()
        for change in changes.reversed() {
            switch change {
            case .policy(let record, let revision, let isAccepted):
                if revisions[record] != revision, revision < again {
                    damage.append(.projectionMissing(table: "policy_revision", record: record))
                }
                if isAccepted { again = min(again, revision) }
            case .capabilityAdded(let record, let name):
                // The last record of a name says what is so now.
                if seen.insert(name).inserted, capabilities[name] != record {
                    damage.append(.projectionMissing(table: "added_capability", record: record))
                }
            case .capabilityRemoved(let record, let name):
                if seen.insert(name).inserted, capabilities[name] != nil {
                    damage.append(.projectionEdited(table: "added_capability", record: record))
                }
            }
        }
        return damage
    }
}
