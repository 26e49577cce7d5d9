// SPDX-License-Identifier: Apache-2.0

import GRDB
import Records
internal import VaultModel

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

/// What a record says of the tables of the policy: a row that has to be there, or one that must not.
enum RecordedChange: Sendable, Equatable {
    /// - Parameter isAccepted: the log goes on from another state than it had, since somebody accepted that; the revisions
    ///   from this one on may be there a second time.
    case policy(record: UInt64, revision: Int, isAccepted: Bool)
    case capabilityAdded(record: UInt64, name: String)
    case capabilityRemoved(record: UInt64, name: String)

    /// Every type of record that makes a revision of the policy, or adds or removes a capability.
    private static let types: [RecordType] = [
        .policyApply, .ruleAdd, .ruleResume, .revoke, .adminRecover, .originStart, .capabilityAdd, .capabilityRemove,
    ]
    private static let words = types.map { Array("\($0.rawValue)\"".utf8) }
    /// By the first byte of a type, whether it can be one of these.
    private static let beginnings: [Bool] = {
        var beginnings = [Bool](repeating: false, count: 256)
        for word in words { beginnings[Int(word[0])] = true }
        return beginnings
    }()

    /// Whether the record can be one of these. Most are not, by one byte: this is called for each of millions.
    static func canBe(_ leaf: UnsafeRawBufferPointer, after end: Int) -> Bool {
        LeafPrefix.type(of: leaf, after: end)?.first.map { beginnings[Int($0)] } ?? false
    }

    /// Nil for every other record.
    /// - Parameter end: of the record's index; it ``canBe(_:after:)`` one.
    init?(_ leaf: UnsafeRawBufferPointer, record: UInt64, after end: Int) {
        guard let type = LeafPrefix.type(of: leaf, after: end), Self.words.contains(where: { type.starts(with: $0) })
        else { return nil }
        let fields = RecordFields(leaf)
        switch RecordType(rawValue: fields.type) {
        case .capabilityAdd: self = .capabilityAdded(record: record, name: fields.capability ?? "")
        case .capabilityRemove: self = .capabilityRemoved(record: record, name: fields.capability ?? "")
        case let type:
            guard let policy = PolicyStamp(leaf: leaf) else { return nil }
            self = .policy(record: record, revision: policy.revision, isAccepted: type == .originStart)
        }
    }
}
