// SPDX-License-Identifier: Apache-2.0

import GRDB
import Records

/// Compares the stored policy with the records that tell of it, at each start: whoever can write to the database could make
/// it wider there, or take back a revocation, without a record.
struct PolicyCheck {
    let database: Database
    let size: UInt64
    let prunedBefore: UInt64

    /// How many of the last records are asked whether they know of a later policy. A start reads no more of the log;
    /// ``LedgerVerifier`` asks all of them.
    private static let recent: UInt64 = 10_000

    /// The revision that is not what its record says, or that records name and the database does not have; nil where all
    /// agree.
    func alteredRevision(of policy: StoredPolicy) throws -> Int? {
        if let later = try laterRevision(than: policy.revision) { return later }
        if policy.revision == 0 { return nil }
        return try policy.digest == policy.sha256 && recordAgrees(policy) ? nil : policy.revision
    }

    private func recordAgrees(_ policy: StoredPolicy) throws -> Bool {
        let stored = try Int64.fetchOne(
            database, sql: "SELECT record FROM policy_revision WHERE revision = ?", arguments: [policy.revision])
        guard let stored, let index = UInt64(exactly: stored), index < size else { return false }
        if index < prunedBefore { return true }
        return try LeafRows(database).leaf(index)?.withUnsafeBytes(PolicyStamp.init)
            == PolicyStamp(revision: policy.revision, sha256: policy.sha256)
    }

    private func laterRevision(than revision: Int) throws -> Int? {
        var newest = revision
        let first = max(prunedBefore, size > Self.recent ? size - Self.recent : 0)
        try LeafRows(database).each(in: first..<size) { _, leaf in
            if let recorded = PolicyStamp(leaf: leaf) { newest = max(newest, recorded.revision) }
        }
        return newest > revision ? newest : nil
    }
}
