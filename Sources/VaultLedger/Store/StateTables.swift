// SPDX-License-Identifier: Apache-2.0

import Foundation
import GRDB
internal import JSONText
import Records
internal import VaultModel

/// Reads the small tables beside the log.
struct StateTables {
    let database: Database

    struct Tree {
        var size: UInt64
        var root: [UInt8]
        var lastTimeUSec: Int64
        var deliveredUpTo: UInt64
    }

    /// The newer one of two: the row that a commit without records changes, and the last batch that ends a commit.
    func tree() throws -> Tree {
        let form = try LogForm(database)
        let stored = try Row.fetchOne(
            database.cachedStatement(
                sql: "SELECT size, root, last_time_usec, delivered_up_to FROM \(form.treeTable) WHERE id = 0")
        ).map { try Self.tree($0, size: try $0.stored(0)) }
        guard let batch = form.hasBatches ? try lastBatch() : nil, batch.size > stored?.size ?? 0 else {
            guard let stored else {
                throw LedgerError.damaged(
                    "the ledger has lost the row that says how large it is", remedy: LedgerError.putBack)
            }
            return stored
        }
        return batch
    }

    private func lastBatch() throws -> Tree? {
        try Row.fetchOne(
            database.cachedStatement(
                sql: """
                    SELECT count, root, last_time_usec, delivered_up_to, first FROM log_batch
                    WHERE root NOT NULL ORDER BY first DESC LIMIT 1
                    """)
        ).map { row in
            let first: Int64 = try row.stored(4)
            return try Self.tree(row, size: first.saturatingAdding(try row.stored(0)))
        }
    }

    private static func tree(_ row: Row, size: Int64) throws -> Tree {
        let delivered: Int64 = try row.stored(3)
        guard size >= 0, delivered >= 0 else {
            throw LedgerError.damaged("the ledger says that it has \(size) records", remedy: LedgerError.putBack)
        }
        return Tree(
            size: UInt64(size), root: Array(try row.stored(1, as: Data.self)), lastTimeUSec: try row.stored(2),
            deliveredUpTo: UInt64(delivered))
    }

    func counters() throws -> [RuleCounter] {
        try Row.fetchAll(
            database,
            sql: """
                SELECT rule, principal, window_usec, used, started_usec, boot_id, started_boot_usec FROM rule_counter
                """
        ).map { row in
            let boot: String? = try row.storedIfAny(5)
            let usec: Int64? = try row.storedIfAny(6)
            return RuleCounter(
                rule: try row.stored(0), principal: UInt32(exactly: try row.stored(1, as: Int64.self)),
                used: try row.storedIndex(3), windowUSec: try row.stored(2), startedUSec: try row.stored(4),
                startedBoot: boot.flatMap { boot in usec.map { BootTimeStamp(bootID: boot, usec: $0) } })
        }
    }

    func leases() throws -> [StoredLease] {
        try Row.fetchAll(
            database,
            sql: """
                SELECT id, record, capability, rights, rule, uid, pid, pidfd_inode, start_ticks, boot_id, started_usec,
                    expires_boot_usec, expires_usec, renewable_boot_usec, renewable_usec
                FROM lease ORDER BY record, id
                """
        ).map { row in
            let rights: String = try row.stored(3)
            let inode: Int64? = try row.storedIfAny(7)
            let ticks: Int64? = try row.storedIfAny(8)
            return StoredLease(
                id: try row.stored(0), record: try row.storedIndex(1), capability: try row.stored(2),
                rights: rights.split(at: " ").map(String.init), rule: try row.stored(4),
                uid: try row.stored(5), pid: try row.stored(6), pidfdInode: inode.map(UInt64.init(bitPattern:)),
                startTicks: ticks.map(UInt64.init(bitPattern:)), bootID: try row.stored(9),
                startedUSec: try row.stored(10), expiresBootUSec: try row.storedIfAny(11),
                expiresUSec: try row.storedIfAny(12), renewableBootUSec: try row.storedIfAny(13),
                renewableUSec: try row.storedIfAny(14))
        }
    }

    func deposits() throws -> [StoredDeposit] {
        try Row.fetchAll(
            database,
            sql: """
                SELECT id, record, name, rights, type, flags, inode, uid, user, rule, fd_name, boot_id, deposited_usec,
                    expires_boot_usec, expires_usec, ends_with_hang_up
                FROM deposit ORDER BY record, id
                """
        ).map { row in
            let rights: String = try row.stored(3)
            let inode: Int64? = try row.storedIfAny(6)
            return StoredDeposit(
                id: try row.stored(0), record: try row.storedIndex(1), name: try row.stored(2),
                rights: rights.split(at: " ").map(String.init), type: try row.stored(4), flags: try row.stored(5),
                inode: inode.map(UInt64.init(bitPattern:)), uid: try row.stored(7), user: try row.storedIfAny(8),
                rule: try row.stored(9), fdName: try row.storedIfAny(10), endsWithHangUp: try row.stored(15),
                bootID: try row.stored(11), depositedUSec: try row.stored(12),
                expiresBootUSec: try row.storedIfAny(13), expiresUSec: try row.storedIfAny(14))
        }
    }

    func capabilities() throws -> [StoredCapability] {
        try Row.fetchAll(database, sql: "SELECT name, document, record FROM added_capability ORDER BY record, name")
            .map {
                StoredCapability(
                    name: try $0.stored(0), document: try $0.stored(1), record: try $0.storedIndex(2))
            }
    }

    func origins() throws -> [StoredOrigin] {
        try Row.fetchAll(database, sql: "SELECT number, name, key, record FROM origin ORDER BY number")
            .map {
                StoredOrigin(
                    number: try $0.stored(0), name: try $0.stored(1), key: try $0.stored(2),
                    record: try $0.storedIndex(3))
            }
    }

    func newestCheckpoint() throws -> StoredCheckpoint? {
        try Row.fetchOne(database, sql: "SELECT size, note FROM checkpoint ORDER BY size DESC LIMIT 1")
            .map { StoredCheckpoint(size: try $0.storedIndex(0), note: try $0.stored(1)) }
    }

    /// The index below which texts may have been pruned; 0 where none were.
    func prunedBefore() throws -> UInt64 {
        UInt64(clamping: try Int64.fetchOne(database, sql: "SELECT max(before) FROM prune") ?? 0)
    }

    func directories() throws -> [PolicyDirectoryState] {
        try Row.fetchAll(database, sql: "SELECT path, sha256, revision FROM policy_directory ORDER BY path")
            .map {
                PolicyDirectoryState(
                    path: try $0.stored(0), sha256: try $0.stored(1), revision: try $0.stored(2))
            }
    }
}
