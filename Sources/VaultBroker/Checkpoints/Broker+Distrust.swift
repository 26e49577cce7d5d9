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
        try await applyJournal()
    }

    /// `--accept-rollback`: the first record of the new origin says what was found. What may have happened since and is
    /// lost is taken for the worst: rules made by `vault grant` are suspended, limited uses are spent, leases are over.
    func acceptFinding(_ finding: LogFinding, _ restored: inout RestoredState) async throws(VarlinkError) {
        guard let origin = checked.origin else { return }
        log.warning("accepted: \(finding). The log goes on as \(origin.name)")
        var changes: [StateChange] = checked.endedLeases.map { .leaseEnded(id: $0.id) }
        let previous = checked.newest?.published
        let began = { (revision: Record.Revision?) in
            Record.originStart(
                revision, name: origin.name, key: origin.key, finding: finding.description, previous: previous)
        }
        if restored.bootstrapNeeded {
            // No policy is stored, so there is none to be made narrower.
            let all = changes
            let changesOf = { (index: UInt64) in all + [.originStarted(origin.begun(by: index))] }
            _ = try await record(began(nil), changes: changesOf)
        } else {
            let built = await build(restored.policy, restored.capabilities)
            changes += counters.spend(built.policy.compiled.rules)
            var stored = restored.policy
            stored.revision += 1
            for id in toSuspend(built.policy, finding) {
                let suspension = Suspension(
                    rule: id, addedRevision: stored.revision, reason: "the log was found to be another: \(finding)")
                stored.suspensions.append(suspension)
                changes.append(.ruleSuspended(suspension))
            }
            adopt(built.policy)
            let narrowed = await build(stored, restored.capabilities)
            // Nobody is served yet, so the next record is this one.
            changes.append(.originStarted(origin.begun(by: journal.nextIndex)))
            _ = try await commit(
                PolicyChange(
                    reason: "--accept-rollback", policy: stored, added: restored.capabilities, changes: changes,
                    record: began), narrowed)
            restored.policy = policy.stored
        }
        do {
            _ = try await checkpoint()
        } catch {
            throw BrokerError.auditUnavailable(message: error.message).varlinkError
        }
    }

    /// The rules that must not permit before somebody has looked: those that were granted by command, and those with uses for
    /// each principal, whose counts are not known; of a policy that was altered all but the owner's own.
    private func toSuspend(_ policy: PolicyInForce, _ finding: LogFinding) -> [String] {
        let ownersOwn = Rule.bootstrap(owner: NamedID(id: configuration.ownerUID)).map(\.document)
        return policy.compiled.rules.filter { rule in
            guard rule.effect == .permit, policy.compiled.isActive(rule) else { return false }
            if finding.alteredRevision != nil { return !ownersOwn.contains(rule.document) }
            return rule.origin == .granted || rule.conditions.uses?.perPrincipal != nil
        }.map(\.id)
    }
}
