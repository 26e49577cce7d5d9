// SPDX-License-Identifier: Apache-2.0

import Testing
import TransparencyLog
import VaultLedger
import VaultModel
import VaultTestKit

@testable import Records

/// Whether the tables of the policy are what the log's records made them.
@Suite struct PolicyVerificationTests {
    /// Changes of a policy, each by a record, with others between them.
    private struct History {
        let files: OpenedLedger
        var stored = StoredPolicy.none
        private(set) var records: [UInt64] = []

        init() throws { files = try OpenedLedger() }

        /// Appends ten records, and one that makes another revision, or changes something else.
        mutating func add(
            _ cause: RecordType, isRevision: Bool = true, files applied: [StoredFile]? = nil,
            _ change: (UInt64, Int) -> [StateChange], fill: (inout RecordText) -> Void = { _ in }
        ) async throws {
            let (ledger, restored) = try await files.open()
            var batch = TestRecords.plain(from: restored.size, count: 11)
            let index = restored.size + 10
            if isRevision { stored.revision += 1 }
            if let applied { stored.files = applied }
            var changes = change(index, stored.revision)
            for change in changes {
                if case .ruleAdded(let rule) = change { stored.rules.append(rule) }
                if case .ruleRemoved(let id, _) = change { stored.rules.removeAll { $0.id == id } }
                if case .ruleSuspended(let suspension) = change { stored.suspensions.append(suspension) }
            }
            var record = TestRecords.begin(index, cause)
            record.policy(PolicyStamp(revision: stored.revision, sha256: stored.digest))
            fill(&record)
            if isRevision {
                var revision = PolicyRevision(
                    revision: stored.revision, sha256: stored.digest, cause: cause, timeUSec: 1, record: index)
                revision.files = applied
                changes.insert(.policyRevision(revision), at: 0)
            }
            batch.leaves[10] = record.finish()
            batch.changes = changes
            _ = try await ledger.commit(batch)
            await ledger.close()
            records.append(index)
        }

        mutating func addCapability(_ name: String) async throws {
            try await add(.capabilityAdd, isRevision: false) { index, _ in
                [.capabilityAdded(StoredCapability(name: name, document: "{}", record: index))]
            } fill: {
                $0.capability(CapabilityText(name: name))
                $0.value("document", "{}")
            }
        }
    }

    private static func rule(_ id: String, _ revision: Int) -> StateChange {
        .ruleAdded(StoredRule(id: id, document: #"{"id":"\#(id)"}"#, origin: "granted", addedRevision: revision))
    }

    /// Files and a rule, which is revoked, and another, which is suspended; a capability that stays, and one that does not.
    private func history() async throws -> History {
        var history = try History()
        try await history.add(.policyApply, files: [StoredFile(path: "a", text: "one")]) { _, _ in [] }
        try await history.add(.ruleAdd) { [Self.rule("revoked", $1)] }
        try await history.add(.revoke) { [.ruleRemoved(id: "revoked", revision: $1)] }
        try await history.add(.ruleAdd) { [Self.rule("kept", $1)] }
        try await history.add(.revoke) {
            [.ruleSuspended(Suspension(rule: "kept", addedRevision: $1, reason: nil))]
        }
        try await history.addCapability("stays")
        try await history.addCapability("goes")
        try await history.add(.capabilityRemove, isRevision: false) { _, _ in
            [.capabilityRemoved(name: "goes")]
        } fill: {
            $0.capability(CapabilityText(name: "goes"))
        }
        return history
    }

    @Test("A rule, a file or a suspension that was changed in the database is found, and so is a row that was deleted")
    func altered() async throws {
        let history = try await history()
        #expect(try await history.files.verify().damage == [])
        let records = history.records
        let capability: @Sendable (Int) -> Damage = {
            .projectionMissing(table: "added_capability", record: records[$0])
        }
        let kinds: [(edit: String, damage: [Damage])] = [
            // A suspension and a revocation are taken back.
            (
                "DELETE FROM policy_revision WHERE revision = (SELECT max(revision) FROM policy_revision)",
                [.projectionMissing(table: "policy_revision", record: records[4])]
            ),
            (
                "DELETE FROM policy_revision WHERE revision >= 3",
                [2, 3, 4].map { .projectionMissing(table: "policy_revision", record: records[$0]) }
            ),
            (
                "UPDATE stored_rule SET removed_revision = NULL WHERE id = 'revoked'",
                [.policyAltered(revision: 3, record: records[2])]
            ),
            (
                "UPDATE stored_rule SET document = '{}' WHERE id = 'kept'",
                [.policyAltered(revision: 4, record: records[3])]
            ),
            ("DELETE FROM stored_rule WHERE id = 'kept'", [.policyAltered(revision: 4, record: records[3])]),
            (
                "INSERT INTO stored_rule (added_revision, id, document, origin) VALUES (2, 'more', '{}', 'granted')",
                [.policyAltered(revision: 2, record: records[1])]
            ),
            ("DELETE FROM suspension", [.policyAltered(revision: 5, record: records[4])]),
            ("UPDATE policy_file SET content = 'two'", [.policyAltered(revision: 1, record: records[0])]),
            ("DELETE FROM added_capability", [capability(5)]),
            (
                "INSERT INTO added_capability VALUES ('goes', '{}', \(records[6]))",
                [.projectionEdited(table: "added_capability", record: records[7])]
            ),
        ]
        for (edit, damage) in kinds {
            let copy = try await history.files.copy()
            try await copy.tamper(edit)
            #expect(try await copy.verify().damage == damage, "\(edit)")
        }
    }

    @Test("Who rewrites the row of a revision with the texts is found by its record")
    func consistent() async throws {
        var history = try await history()
        history.stored.suspensions = []
        let digest = history.stored.digest
        try await history.files.tamper(
            "DELETE FROM suspension; UPDATE policy_revision SET sha256 = '\(digest)' WHERE revision = 5")
        #expect(
            try await history.files.verify().damage == [
                .projectionEdited(table: "policy_revision", record: history.records[4])
            ])
    }

    @Test("Revisions whose rows were lost are no damage any more when the log has gone on from before them")
    func accepted() async throws {
        var history = try await history()
        try await history.files.tamper(
            """
            DELETE FROM policy_revision WHERE revision >= 4; DELETE FROM stored_rule WHERE added_revision >= 4;
            DELETE FROM suspension
            """)
        #expect(try await history.files.verify().damage.count == 2)
        let (ledger, restored) = try await history.files.open()
        await ledger.close()
        history.stored = restored.policy
        let origin = StoredOrigin(number: 1, name: "vault/2", key: "its key", record: restored.size + 10)
        try await history.add(.originStart) { _, _ in
            [.originStarted(origin)]
        } fill: {
            $0.value("origin", origin.name)
            $0.value("key", origin.key)
            $0.value("finding", "it is shorter")
        }
        try await history.add(.ruleAdd) { [Self.rule("next", $1)] }
        #expect(try await history.files.verify().damage == [])
        let copy = try await history.files.copy()
        try await copy.tamper("DELETE FROM policy_revision WHERE revision = 5")
        let last = try #require(history.records.last)
        #expect(try await copy.verify().damage == [.projectionMissing(table: "policy_revision", record: last)])
        // The record of an origin names its key.
        try await history.files.tamperPastTriggers("UPDATE origin SET key = 'another'")
        #expect(
            try await history.files.verify().damage.contains(
                .projectionEdited(table: "origin", record: origin.record)))
    }
}
