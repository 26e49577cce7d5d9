// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Records
import TransparencyLog
import Varlink
import VaultCore
import VaultInterface
import VaultLedger
import VaultModel

/// A database that is not the log that was signed: noticed at start and while the daemon runs, and what follows from it.
extension Broker {
    /// Takes up what is known of the checkpoints at start.
    func adoptCheckpoints(_ restored: RestoredState) {
        if let warning = checked.warning { log.warning("\(warning)") }
        // Those of an earlier origin are history.
        guard checked.finding == nil, let note = checked.newest,
            let checkpoint = try? Checkpoint(parsing: note.text)
        else { return }
        checkpoints.newest = SignedCheckpoint(size: checkpoint.size, note: note)
        checkpoints.newestUSec = checked.file.changedUSec
        // What is stored may be larger and of an earlier origin.
        if restored.checkpoint?.note != note.published {
            journal.ride(.checkpoint(StoredCheckpoint(size: checkpoint.size, note: note.published)))
        }
    }

    /// Serves without recording: who may look may look, revocations act and are kept in the journal, and nothing is
    /// granted, since a grant needs its record first.
    func distrust(_ finding: LogFinding, _ restored: RestoredState) async throws {
        log.critical("nothing is granted: \(finding). Try: \(finding.remedy)")
        journal.distrust(finding)
        await loadPolicyUnrecorded(restored, isTrusted: finding.alteredRevision == nil)
        await applyJournal()
    }

    /// `--accept-rollback`: the first record of the new origin says what was found. What may have happened since and is
    /// lost is taken for the worst: rules made by `vault grant` are suspended, limited uses are spent, leases are over.
    func acceptFinding(_ finding: LogFinding, _ restored: inout RestoredState) async throws(VarlinkError) {
        guard let origin = checked.origin else { return }
        log.warning("accepted: \(finding). The log goes on as \(origin.name)")
        let previous = checked.newest?.published
        let began = { (revision: Record.Revision?) in
            Record.originStart(
                revision, name: origin.name, key: origin.key, finding: finding.description, previous: previous)
        }
        let ended: [StateChange] = checked.endedLeases.map { .leaseEnded(id: $0.id) }
        let changes = { (index: UInt64) in ended + [.originStarted(origin.begun(by: index))] }
        if restored.bootstrapNeeded {
            // No policy is stored, so there is none to be made narrower.
            _ = try await record(began(nil), changes: changes)
        } else {
            await startPolicy(restored.policy, restored)
            _ = try await change(
                .accept(finding, owner: configuration.ownerUID, record: began, changes: changes))
            restored.policy = policy.stored
        }
        do {
            _ = try await checkpoint()
        } catch {
            throw BrokerError.auditUnavailable(message: error.message).varlinkError
        }
    }
}
