// SPDX-License-Identifier: Apache-2.0

import GRDB
import Records
internal import TransparencyLog
internal import VaultModel

/// Reads the policy's tables, at the newest revision or at any other.
struct PolicyTables {
    let database: Database

    func newestRevision() throws -> Int {
        try Self.countable(try Int.fetchOne(database, sql: "SELECT max(revision) FROM policy_revision") ?? 0)
    }

    /// The newest revision that anything in the tables names.
    func newestNamed() throws -> Int {
        let newest = try Int.fetchOne(
            database,
            sql: """
                SELECT max(revision) FROM (
                    SELECT revision FROM policy_revision UNION ALL SELECT revision FROM policy_file
                    UNION ALL SELECT max(added_revision, ifnull(removed_revision, 0)) FROM stored_rule
                    UNION ALL SELECT max(added_revision, ifnull(ended_revision, 0)) FROM suspension
                    UNION ALL SELECT max(added_revision, ifnull(ended_revision, 0)) FROM resolved_name)
                """)
        return try Self.countable(newest ?? 0)
    }

    /// Revisions are counted on from the newest, which leaves room for as many as anybody can make.
    private static func countable(_ revision: Int) throws -> Int {
        guard revision >= 0, revision <= 1 << 56 else {
            throw LedgerError.damaged(
                "the database has a policy revision \(revision), which cannot be there", remedy: LedgerError.verifyFile)
        }
        return revision
    }

    /// The policy as it was in force at a revision; nil where there is none of that number.
    func policy(revision: Int) throws -> StoredPolicy? {
        let sql = "SELECT sha256 FROM policy_revision WHERE revision = ?"
        guard let sha256 = try String.fetchOne(database, sql: sql, arguments: [revision]) else { return nil }
        return try rows(at: revision, sha256: sha256)
    }

    /// What the tables have at a revision, whether or not that one is there: for when they are not what they were.
    func rows(at revision: Int, sha256: String) throws -> StoredPolicy {
        StoredPolicy(
            revision: revision, sha256: sha256, files: try files(revision), rules: try rules(revision),
            suspensions: try suspensions(revision), names: try names(revision), filesAnchor: try filesAnchor(revision))
    }

    /// Every revision, the newest first, without the files.
    func revisions() throws -> [PolicyRevision] {
        try Row.fetchAll(
            database,
            sql: """
                SELECT revision, sha256, cause, record, time_usec, uid, user, reason FROM policy_revision
                ORDER BY revision DESC
                """
        ).map { row in
            let cause: String = try row.stored(2)
            guard let type = RecordType(rawValue: cause) else {
                throw LedgerError.damaged(
                    "policy revision \(try row.stored(0, as: Int.self)) has the unknown cause \(cause)",
                    remedy: "keep a copy of the database, and put back the last good one")
            }
            return PolicyRevision(
                revision: try row.stored(0), sha256: try row.stored(1), cause: type, timeUSec: try row.stored(4),
                record: try row.storedIndex(3), uid: try row.storedIfAny(5), user: try row.storedIfAny(6),
                reason: try row.storedIfAny(7))
        }
    }

    /// The ids of rules that were removed or suspended at a later revision.
    func rulesTakenAway(after revision: Int) throws -> Set<String> {
        try String.fetchSet(
            database,
            sql: """
                SELECT id FROM stored_rule WHERE removed_revision > :revision
                UNION SELECT rule FROM suspension WHERE added_revision > :revision
                """, arguments: ["revision": revision])
    }

    private func files(_ revision: Int) throws -> [StoredFile] {
        try Row.fetchAll(
            database,
            sql: """
                SELECT path, content FROM policy_file WHERE revision =
                    (SELECT max(revision) FROM policy_revision WHERE revision <= ? AND has_files)
                ORDER BY path
                """, arguments: [revision]
        ).map { StoredFile(path: try $0.stored(0), text: try $0.stored(1)) }
    }

    private func filesAnchor(_ revision: Int) throws -> TimeAnchor? {
        try Row.fetchOne(
            database,
            sql: """
                SELECT anchor_boot_id, anchor_boot_usec, anchor_usec FROM policy_revision
                WHERE revision <= ? AND has_files ORDER BY revision DESC LIMIT 1
                """, arguments: [revision]
        ).flatMap { try Self.anchor($0, at: 0) }
    }

    private static func anchor(_ row: Row, at column: Int) throws -> TimeAnchor? {
        guard let bootID: String = try row.storedIfAny(column), let boot: Int64 = try row.storedIfAny(column + 1),
            let wall: Int64 = try row.storedIfAny(column + 2)
        else { return nil }
        return TimeAnchor(bootID: bootID, bootUSec: boot, wallUSec: wall)
    }

    private func rules(_ revision: Int) throws -> [StoredRule] {
        try rows(
            "id, document, origin, added_revision, anchor_boot_id, anchor_boot_usec, anchor_usec",
            of: "stored_rule LEFT JOIN policy_revision ON policy_revision.revision = added_revision",
            until: "removed_revision", at: revision
        ).map {
            StoredRule(
                id: try $0.stored(0), document: try $0.stored(1), origin: try $0.stored(2),
                addedRevision: try $0.stored(3), anchor: try Self.anchor($0, at: 4))
        }
    }

    private func suspensions(_ revision: Int) throws -> [Suspension] {
        try rows("rule, added_revision, reason", of: "suspension", until: "ended_revision", at: revision)
            .map {
                Suspension(
                    rule: try $0.stored(0), addedRevision: try $0.stored(1), reason: try $0.storedIfAny(2))
            }
    }

    private func names(_ revision: Int) throws -> [ResolvedName] {
        try rows("kind, name, id", of: "resolved_name", until: "ended_revision", at: revision).compactMap { row in
            // The table's own check allows no other kind.
            try ResolvedName.Kind(rawValue: row.stored(0)).map {
                ResolvedName(kind: $0, name: try row.stored(1), id: try row.stored(2))
            }
        }
    }

    /// The rows that were in force at a revision, in the order they were added.
    private func rows(_ columns: String, of table: String, until end: String, at revision: Int) throws -> [Row] {
        try Row.fetchAll(
            database,
            sql: """
                SELECT \(columns) FROM \(table)
                WHERE added_revision <= :revision AND (\(end) IS NULL OR \(end) > :revision)
                ORDER BY added_revision
                """, arguments: ["revision": revision])
    }
}

extension StoredPolicy {
    /// SHA-256, in lowercase digits, over all texts that make the policy, in a fixed order and each with its length before
    /// it. ``sha256`` is what the record of the revision says it was.
    package var digest: String {
        var bytes: [UInt8] = []
        func add(_ text: String) {
            bytes += "\(text.utf8.count):".utf8
            bytes += text.utf8
        }
        for file in files.sorted(by: { $0.path < $1.path }) {
            add(file.path)
            add(file.text)
        }
        for rule in rules.sorted(by: { $0.id < $1.id }) { add(rule.document) }
        for suspension in suspensions.map(\.rule).sorted() { add(suspension) }
        return TreeHash.digest(of: bytes).hexadecimal
    }
}
