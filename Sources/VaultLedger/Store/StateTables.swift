// SPDX-License-Identifier: Apache-2.0

import Foundation
import GRDB

/// Reads the small tables beside the log.
struct StateTables {
    let database: Database

    struct Tree {
        var size: UInt64
        var root: [UInt8]
        var lastTimeUSec: Int64
        var deliveredUpTo: UInt64
    }

    func tree() throws -> Tree {
        let sql = "SELECT size, root, last_time_usec, delivered_up_to FROM tree WHERE id = 0"
        guard let row = try Row.fetchOne(database, sql: sql) else {
            throw LedgerError(
                .damaged, "the ledger has lost the row that says how large it is",
                remedy: "keep a copy of the file, and put back the last good one")
        }
        let size: Int64 = row[0]
        let delivered: Int64 = row[3]
        guard size >= 0, delivered >= 0 else {
            throw LedgerError(
                .damaged, "the ledger says that it has \(size) records",
                remedy: "keep a copy of the file, and put back the last good one")
        }
        return Tree(
            size: UInt64(size), root: Array(row[1] as Data), lastTimeUSec: row[2], deliveredUpTo: UInt64(delivered))
    }

    func counters() throws -> [RuleCounter] {
        try Row.fetchAll(
            database, sql: "SELECT rule, principal, window_usec, used, started_usec FROM rule_counter"
        ).map { row in
            RuleCounter(
                rule: row[0], principal: UInt32(exactly: row[1] as Int64), used: UInt64(clamping: row[3] as Int64),
                windowUSec: row[2], startedUSec: row[4])
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
            let rights: String = row[3]
            let inode: Int64? = row[7]
            let ticks: Int64? = row[8]
            return StoredLease(
                id: row[0], record: UInt64(clamping: row[1] as Int64), capability: row[2],
                rights: rights.split(separator: " ").map(String.init), rule: row[4], uid: row[5], pid: row[6],
                pidfdInode: inode.map(UInt64.init(bitPattern:)), startTicks: ticks.map(UInt64.init(bitPattern:)),
                bootID: row[9], startedUSec: row[10], expiresBootUSec: row[11], expiresUSec: row[12],
                renewableBootUSec: row[13], renewableUSec: row[14])
        }
    }

    func capabilities() throws -> [StoredCapability] {
        try Row.fetchAll(database, sql: "SELECT name, document, record FROM added_capability ORDER BY record, name")
            .map { StoredCapability(name: $0[0], document: $0[1], record: UInt64(clamping: $0[2] as Int64)) }
    }

    func origins() throws -> [StoredOrigin] {
        try Row.fetchAll(database, sql: "SELECT number, name, key, record FROM origin ORDER BY number")
            .map {
                StoredOrigin(number: $0[0], name: $0[1], key: $0[2], record: UInt64(clamping: $0[3] as Int64))
            }
    }

    func newestCheckpoint() throws -> StoredCheckpoint? {
        try Row.fetchOne(database, sql: "SELECT size, note FROM checkpoint ORDER BY size DESC LIMIT 1")
            .map { StoredCheckpoint(size: UInt64(clamping: $0[0] as Int64), note: $0[1]) }
    }

    /// The index below which texts may have been pruned; 0 where none were.
    func prunedBefore() throws -> UInt64 {
        UInt64(clamping: try Int64.fetchOne(database, sql: "SELECT max(before) FROM prune") ?? 0)
    }

    func directories() throws -> [PolicyDirectoryState] {
        try Row.fetchAll(database, sql: "SELECT path, sha256, revision FROM policy_directory ORDER BY path")
            .map { PolicyDirectoryState(path: $0[0], sha256: $0[1], revision: $0[2]) }
    }
}
