// SPDX-License-Identifier: Apache-2.0

import Records
import TransparencyLog
import Varlink
import VaultCore
import VaultInterface
import VaultLedger

/// Retention: the texts of old records go, and their hashes stay.
extension Broker {
    /// Whole tiles below the last full one, only what a checkpoint covers, and no grant whose outcome is open.
    private func prunable(before wanted: UInt64, covered: UInt64) -> UInt64 {
        let width = UInt64(Tile.width)
        let lastFull = journal.committed / width * width
        let limit = min(
            wanted, covered, lastFull > width ? lastFull - width : 0, journal.outcomesKnown(before: journal.committed))
        return limit / width * width
    }

    func prune(
        _ parameters: AuditInterface.Prune.Parameters, _ session: Session
    ) async throws(VarlinkError) -> AuditInterface.Prune.Reply {
        guard let wanted = UInt64(exactly: parameters.before) else { throw .invalidParameter("before") }
        if let archive = parameters.archiveSha256, Hexadecimal.decode(archive)?.count != 32 {
            throw .invalidParameter("archiveSha256")
        }
        let head: SignedCheckpoint
        do {
            head = try await checkpoint()
        } catch {
            throw BrokerError.auditUnavailable(message: error.message).varlinkError
        }
        let sound = prunable(before: wanted, covered: head.size)
        try await requireSound(journal.prunedBefore..<max(sound, journal.prunedBefore))
        return try await pruneTurn.run { () throws(VarlinkError) in
            // Others may have pruned meanwhile.
            let before = min(sound, prunable(before: wanted, covered: head.size))
            let from = journal.prunedBefore
            guard before > from else { throw .invalidParameter("before") }
            let changes = { (record: UInt64) in [StateChange.pruned(before: before, record: record)] }
            try await stillPermits([.audit, .admin], session)
            let prune = Record.prune(
                peer: session.authorText, from: from, before: before, signed: head.size,
                archiveSHA256: parameters.archiveSha256)
            let record = try await record(prune, changes: changes)
            journal.pruned(before: before)
            // The texts go a few at a time, between commits.
            Task { await ledger.prune() }
            return .init(record: Int(record), before: Int(before))
        }
    }

    /// Refuses to delete the texts of records that do not hash to what is kept of them: they are the evidence.
    private func requireSound(_ range: Range<UInt64>) async throws(VarlinkError) {
        let message: String
        do {
            guard let first = try await reader.firstDamaged(in: range) else { return }
            message = "nothing is pruned: record \(first) or its hash was edited; see what `vault audit verify` finds"
        } catch {
            message = error.message
        }
        throw BrokerError.auditUnavailable(message: message).varlinkError
    }
}
