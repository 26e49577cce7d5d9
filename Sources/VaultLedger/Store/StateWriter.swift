// SPDX-License-Identifier: Apache-2.0

import GRDB
import Records

/// Writes ``StateChange``s into the small tables, within the transaction of their batch.
struct StateWriter {
    let database: Database
    let statements: CommitStatements

    func apply(_ change: StateChange) throws {
        switch change {
        // With every commit, so on statements that are ready.
        case .counter(let counter): try set(counter)
        case .leaseStarted(let lease): try insert(lease)
        // Stored with the records, or by ``OpenLedger`` where there are none.
        case .deliveredUpTo, .clockAccepted: break
        case .leaseEnded(let id): try execute("DELETE FROM lease WHERE id = ?", [id])

        // Now and then.
        case .countersCleared(let rule): try execute("DELETE FROM rule_counter WHERE rule = ?", [rule])
        case .policyRevision(let revision): try insert(revision)
        case .ruleAdded(let rule):
            try execute(
                "INSERT INTO stored_rule (added_revision, id, document, origin) VALUES (?, ?, ?, ?)",
                [rule.addedRevision, rule.id, rule.document, rule.origin])
        case .ruleRemoved(let id, let revision):
            try execute(
                "UPDATE stored_rule SET removed_revision = ? WHERE id = ? AND removed_revision IS NULL",
                [revision, id])
        case .ruleSuspended(let suspension):
            try execute(
                "INSERT INTO suspension (added_revision, rule, reason) VALUES (?, ?, ?)",
                [suspension.addedRevision, suspension.rule, suspension.reason])
        case .ruleResumed(let id, let revision):
            try execute(
                "UPDATE suspension SET ended_revision = ? WHERE rule = ? AND ended_revision IS NULL",
                [revision, id])
        case .resolvedName(let name, let revision):
            try end(name.kind, name.name, revision: revision)
            try execute(
                "INSERT INTO resolved_name (added_revision, kind, name, id) VALUES (?, ?, ?, ?)",
                [revision, name.kind.rawValue, name.name, name.id])
        case .nameForgotten(let kind, let name, let revision): try end(kind, name, revision: revision)
        case .directoryState(let state):
            try execute(
                """
                INSERT INTO policy_directory (path, sha256, revision) VALUES (?, ?, ?)
                ON CONFLICT DO UPDATE SET sha256 = excluded.sha256, revision = excluded.revision
                """, [state.path, state.sha256, state.revision])
        case .capabilityAdded(let capability):
            try execute(
                "INSERT INTO added_capability (name, document, record) VALUES (?, ?, ?)",
                [capability.name, capability.document, Int64(capability.record)])
        case .capabilityRemoved(let name): try execute("DELETE FROM added_capability WHERE name = ?", [name])
        case .depositAdded(let deposit): try insert(deposit)
        case .depositRemoved(let id): try execute("DELETE FROM deposit WHERE id = ?", [id])
        case .originStarted(let origin):
            try execute(
                "INSERT INTO origin (number, name, key, record) VALUES (?, ?, ?, ?)",
                [origin.number, origin.name, origin.key, Int64(origin.record)])
        case .checkpoint(let checkpoint):
            // One of this size may be there from before the log was opened again.
            try execute(
                "INSERT INTO checkpoint (size, note) VALUES (?, ?) ON CONFLICT DO NOTHING",
                [Int64(checkpoint.size), checkpoint.note])
        case .cosignature(let size, let line):
            try execute(
                "INSERT INTO cosignature (size, line) VALUES (?, ?) ON CONFLICT DO NOTHING", [Int64(size), line])
        case .pruned(let before, let record):
            try execute("INSERT INTO prune (before, record) VALUES (?, ?)", [Int64(before), Int64(record)])
        }
    }

    private func set(_ counter: RuleCounter) throws {
        let statement = statements.setCounter
        statement.bind(counter.principal.map { Int64($0) } ?? -1, at: 1)
        statement.bind(counter.windowUSec, at: 2)
        statement.bind(Int64(clamping: counter.used), at: 3)
        statement.bind(counter.startedUSec, at: 4)
        statement.bind(counter.startedBoot?.usec, at: 6)
        let rule = Array(counter.rule.utf8)
        guard let boot = counter.startedBoot.map({ Array($0.bootID.utf8) }) else {
            statement.bind(nil, at: 7)
            return try rule.withUnsafeBytes { try statement.run(withText: $0, at: 5) }
        }
        try boot.withUnsafeBytes { boot in
            try statement.bind(text: boot, at: 7)
            try rule.withUnsafeBytes { try statement.run(withText: $0, at: 5) }
        }
    }

    /// A lease that is there already has been renewed.
    private func insert(_ lease: StoredLease) throws {
        try execute(
            """
            INSERT INTO lease
                (id, record, capability, rights, rule, uid, pid, pidfd_inode, start_ticks, boot_id, started_usec,
                 expires_boot_usec, expires_usec, renewable_boot_usec, renewable_usec)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT DO UPDATE SET
                expires_boot_usec = excluded.expires_boot_usec, expires_usec = excluded.expires_usec,
                renewable_boot_usec = excluded.renewable_boot_usec, renewable_usec = excluded.renewable_usec
            """,
            [
                lease.id, Int64(lease.record), lease.capability, lease.rights.joined(separator: " "), lease.rule,
                lease.uid, lease.pid, lease.pidfdInode.map(Int64.init(bitPattern:)),
                lease.startTicks.map(Int64.init(bitPattern:)), lease.bootID, lease.startedUSec, lease.expiresBootUSec,
                lease.expiresUSec, lease.renewableBootUSec, lease.renewableUSec,
            ])
    }

    private func insert(_ revision: PolicyRevision) throws {
        try execute(
            """
            INSERT INTO policy_revision
                (revision, sha256, cause, record, time_usec, uid, user, reason, has_files, anchor_boot_id,
                 anchor_boot_usec, anchor_usec)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                revision.revision, revision.sha256, revision.cause.rawValue, Int64(revision.record),
                revision.timeUSec, revision.uid, revision.user, revision.reason, revision.files != nil,
                revision.anchor?.bootID, revision.anchor?.bootUSec, revision.anchor?.wallUSec,
            ])
        for file in revision.files ?? [] {
            try execute(
                "INSERT INTO policy_file (revision, path, content) VALUES (?, ?, ?)",
                [revision.revision, file.path, file.text])
        }
    }

    private func insert(_ deposit: StoredDeposit) throws {
        try execute(
            """
            INSERT INTO deposit (id, record, name, rights, type, flags, inode, uid, user, rule, fd_name, boot_id,
                deposited_usec, expires_boot_usec, expires_usec, ends_with_hang_up)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                deposit.id, Int64(deposit.record), deposit.name, deposit.rights.joined(separator: " "), deposit.type,
                deposit.flags, deposit.inode.map { Int64(bitPattern: $0) }, deposit.uid, deposit.user, deposit.rule,
                deposit.fdName, deposit.bootID, deposit.depositedUSec, deposit.expiresBootUSec, deposit.expiresUSec,
                deposit.endsWithHangUp,
            ])
    }

    private func end(_ kind: ResolvedName.Kind, _ name: String, revision: Int) throws {
        // A name that changes twice within one revision leaves no trace of the first.
        try execute(
            "DELETE FROM resolved_name WHERE kind = ? AND name = ? AND added_revision = ? AND ended_revision IS NULL",
            [kind.rawValue, name, revision])
        try execute(
            "UPDATE resolved_name SET ended_revision = ? WHERE kind = ? AND name = ? AND ended_revision IS NULL",
            [revision, kind.rawValue, name])
    }

    private func execute(_ sql: String, _ arguments: [(any DatabaseValueConvertible)?]) throws {
        try database.cachedStatement(sql: sql).execute(arguments: StatementArguments(arguments))
    }
}
