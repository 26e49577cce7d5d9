// SPDX-License-Identifier: Apache-2.0

import Records
import SystemPackage
import Testing
import TransparencyLog
import VaultLedger
import VaultTestKit

/// What only signatures can show: a log whose hashes all fit one another, and which is not the one that was signed.
@Suite struct SignedVerificationTests {
    private func verify(
        _ ledger: SignedLedger, key: NoteKey? = nil, against kept: [SignedNote] = []
    ) async throws -> VerificationReport {
        let state = ledger.files.state
        return try await onThread { try LedgerVerifier(directory: state).verify(threads: 2, key: key, against: kept) }
    }

    private func newest(_ ledger: SignedLedger) async throws -> SignedNote {
        try #require(try CheckpointFile.notes(at: ledger.checkpoints).last)
    }

    @Test("Every checkpoint of a log that is as it was signed fits")
    func intact() async throws {
        let ledger = try await SignedLedger.signed()
        let key = try await ledger.outcome().signer.key
        for trusted in [NoteKey?.none, key] {
            let report = try await verify(ledger, key: trusted, against: [try await newest(ledger)])
            #expect(report.damage == [])
            #expect(report.origin == "test.example/audit")
            #expect(report.checkpoints == 3)
            #expect(report.signed == 700)
        }
    }

    @Test("A log that was rolled back is shorter than what was signed")
    func rolledBack() async throws {
        let ledger = try await SignedLedger.signed()
        try await ledger.cut(to: 500)
        #expect(try await verify(ledger).damage == [.shorterThanSigned(size: 500, signed: 700)])
    }

    @Test("One that was cut together with every checkpoint here is found by a checkpoint that somebody kept")
    func cutWithItsCheckpoints() async throws {
        let ledger = try await SignedLedger.signed()
        let kept = try await newest(ledger)
        try await ledger.cut(to: 500)
        let text = try ledger.text("checkpoints")
        try ledger.write(
            text.split(separator: "\n\n\n").dropLast(2).joined(separator: "\n\n\n") + "\n\n\n", to: "checkpoints")
        #expect(try await verify(ledger).damage == [])
        #expect(try await verify(ledger, against: [kept]).damage == [.shorterThanSigned(size: 500, signed: 700)])
    }

    @Test("A record changed together with all hashes above it is found between two checkpoints")
    func rewritten() async throws {
        let ledger = try await SignedLedger.rebuilt(try await SignedLedger.signed(), editing: 600)
        #expect(try await verify(ledger).damage == [.signedDifferently(fits: 500, signed: 700)])
    }

    @Test("A log written anew under a later name and another key does not pass for one that the given key signed")
    func laterOriginOfAnother() async throws {
        let ledger = try await SignedLedger.signed()
        let key = try await ledger.outcome().signer.key
        let forger = try NoteSigner(name: "test.example/audit/2")
        for signs in [true, false] {
            let forged = try await SignedLedger.rebuilt(ledger, editing: 100) { batch in
                batch.leaves[600] = Array(
                    #"{"v":1,"index":600,"type":"origin.start","origin":"test.example/audit/2"}"#.utf8)
                batch.changes.append(
                    .originStarted(
                        StoredOrigin(number: 2, name: forger.key.name, key: forger.key.description, record: 600)))
                guard signs else { return }
                var tree = MerkleTree()
                for leaf in batch.leaves { tree.append(.leaf(leaf)) }
                let note = try Checkpoint(origin: forger.key.name, size: tree.size, root: tree.root).signed(by: forger)
                batch.changes.append(.checkpoint(StoredCheckpoint(size: tree.size, note: note.published)))
            }
            let report = try await verify(forged, key: key)
            #expect(
                report.damage.contains(.otherKey(found: forger.key.description, expected: key.description)))
            #expect(report.damage.contains(.badSignature(signed: 700)) == signs)
            #expect(report.checkpoints == 0)
            #expect(!report.isSignedAsOrigin)
            // The same with the genuine key in the forged row.
            let renamed = try NoteKey(name: forger.key.name, publicKey: key.publicKey)
            try await forged.files.tamperPastTriggers(
                "UPDATE origin SET key = '\(renamed.description)' WHERE number = 2")
            let second = try await verify(forged, key: key)
            let edited = Damage.projectionEdited(table: "origin", record: 600)
            #expect(Set(second.damage) == (signs ? [edited, .badSignature(signed: 700)] : [edited]))
            #expect(!second.isSignedAsOrigin)
        }
    }

    @Test("A missing record hides no edit before it that a checkpoint shows, and no rewriting after it")
    func missingAndEdited() async throws {
        let ledger = try SignedLedger()
        for size in [300, 500, 690] { try await ledger.grow(to: size) }
        try await ledger.files.fill(to: 700)
        try await ledger.files.tamperPastTriggers(
            "DELETE FROM log WHERE idx = 699; UPDATE log SET leaf = leaf || ' ' WHERE idx = 600")
        #expect(
            try await verify(ledger).damage == [
                .signedDifferently(fits: 500, signed: 690), .tailCut(index: 699, size: 700),
            ])

        let rewritten = try await SignedLedger.rebuilt(try await SignedLedger.signed(), editing: 600)
        try await rewritten.files.tamperPastTriggers(
            "DELETE FROM log WHERE idx = 100; UPDATE log SET leaf = leaf || ' ' WHERE idx = 400")
        #expect(
            try await verify(rewritten).damage == [
                .rowMissing(index: 100), .leafEdited(index: 400), .signedDifferently(fits: 500, signed: 700),
            ])
    }

    @Test("Damage to a row beside the log does not hide that the log was rewritten before it")
    func projectionAndRewritten() async throws {
        let ledger = try await SignedLedger.rebuilt(try await SignedLedger.signed(), editing: 600)
        try await ledger.files.tamper(
            """
            INSERT INTO policy_revision (revision, sha256, cause, record, time_usec, has_files)
            VALUES (1, '\(TreeHash.empty.hexadecimal)', 'policy.apply', 650, 1, 0)
            """)
        #expect(
            try await verify(ledger).damage == [
                .signedDifferently(fits: 500, signed: 700), .projectionEdited(table: "policy_revision", record: 650),
            ])
    }

    @Test("Where the record itself is known, nothing less precise is said")
    func edited() async throws {
        let ledger = try await SignedLedger.signed()
        try await ledger.files.tamperPastTriggers("UPDATE log SET leaf = leaf || ' ' WHERE idx = 400")
        #expect(try await verify(ledger).damage == [.leafEdited(index: 400)])
    }

    @Test("Another key, another log, and a changed checkpoint have words of their own")
    func strangers() async throws {
        let ledger = try await SignedLedger.signed()
        let own = try await ledger.outcome().signer.key
        let stranger = try NoteSigner(name: "test.example/audit")
        let damage = try await verify(ledger, key: stranger.key).damage
        #expect(damage.contains(.otherKey(found: own.description, expected: stranger.key.description)))

        let other = try NoteSigner(name: "other.example/audit")
        let foreign = try Checkpoint(origin: other.key.name, size: 3, root: .empty).signed(by: other)
        #expect(
            try await verify(ledger, against: [foreign]).damage == [
                .otherLog(found: "test.example/audit", checkpoint: "other.example/audit")
            ])

        let text = try ledger.text("checkpoints")
        try ledger.write(text.replacing("\n500\n", with: "\n499\n"), to: "checkpoints")
        #expect(try await verify(ledger).damage == [.badSignature(signed: 499)])
    }

    @Test("What was accepted is no damage any more, but to who kept a checkpoint from before")
    func accepted() async throws {
        let ledger = try await SignedLedger.signed()
        let kept = try await newest(ledger)
        try await ledger.cut(to: 500)
        let (writer, opened) = try await ledger.files.open()
        var restored = opened
        let check = StartCheck(directory: ledger.files.state, origin: "ignored")
        let origin = try #require(try check.accept(try await ledger.check(restored), &restored).origin)
        let began = Record.originStart(
            nil, name: origin.name, key: origin.key, finding: "it is shorter", previous: nil)
        var batch = TestRecords.plain(from: 500, count: 400)
        batch.leaves[0] = TestRecords.text(500, began)
        batch.changes = [.originStarted(origin)]
        _ = try await writer.commit(batch)
        await writer.close()
        try await ledger.grow(to: 1000)
        let report = try await verify(ledger)
        #expect(report.damage == [])
        #expect(report.origin == "test.example/audit/2")
        #expect(report.signed == 1000)
        // The key is the same, under either name.
        let key = try NoteKey(origin.key)
        for name in ["test.example/audit", "test.example/audit/2"] {
            let named = try await verify(ledger, key: try NoteKey(name: name, publicKey: key.publicKey))
            #expect(named.damage == [])
            #expect(named.isSignedAsOrigin)
        }
        #expect(try await verify(ledger, against: [kept]).damage == [.signedDifferently(fits: 500, signed: 700)])
    }

    @Test("A row beside the log that does not say what its record says is found")
    func projection() async throws {
        let files = try OpenedLedger()
        let (ledger, _) = try await files.open()
        let record = TestRecords.text(
            0,
            .capabilityAdd(
                .init(policy: PolicyStamp(revision: 1, sha256: "")), CapabilityText(name: "logs/x", kind: "file"),
                document: "{}"))
        let added = StoredCapability(name: "logs/x", document: "{}", record: 0)
        _ = try await ledger.commit(
            Batch(firstIndex: 0, leaves: [record], changes: [.capabilityAdded(added)], lastTimeUSec: 1))
        await ledger.close()
        #expect(try await files.verify().damage == [])
        try await files.tamper("UPDATE added_capability SET document = '{\"x\":1}'")
        #expect(try await files.verify().damage == [.projectionEdited(table: "added_capability", record: 0)])
    }
}
