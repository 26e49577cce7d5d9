// SPDX-License-Identifier: Apache-2.0

import Records
import Varlink
import VaultCore
import VaultInterface
import VaultLedger
import VaultModel
import VaultPolicy

/// A revocation that is in force, and not in the log yet.
///
/// Lives on the broker's loop.
final class OwedRevocation {
    let rules: RevokedRules
    let author: Session?
    /// Its number in `STATE/revoked`; nil until it is there, or where it could not be written.
    var number: UInt64?
    /// The call that took the rules away records it by itself.
    var isUnderWay: Bool

    init(_ rules: RevokedRules, author: Session? = nil, number: UInt64? = nil, isUnderWay: Bool) {
        self.rules = rules
        self.author = author
        self.number = number
        self.isUnderWay = isUnderWay
    }
}

/// The policy as the ledger has it: what is in force goes beyond it by the revocations that are owed.
struct RecordedPolicy {
    var policy = StoredPolicy.none
    var capabilities: [StoredCapability] = []
}

/// Revocations that the log does not tell of yet: after a crash, while it cannot be written, and when it was opened again and
/// holds another policy than was thought.
extension Broker {
    /// From here on it is in force, whatever turns out to be stored, until it is recorded.
    func owe(_ owed: OwedRevocation) { ledgerCare.owed.append(owed) }

    /// The log tells of it.
    func settle(_ owed: OwedRevocation) async {
        ledgerCare.owed.removeAll { $0 === owed }
        if let number = owed.number { await revoked.clear(through: number) }
    }

    /// Records what is owed, in order, on what the ledger has; what fails again stays owed.
    func recordOwed() async {
        await policyTurn.run {
            while let owed = ledgerCare.owed.first(where: { !$0.isUnderWay }), journal.isWorking {
                guard await isRecorded(owed) else { return }
                await settle(owed)
            }
            guard ledgerCare.owed.isEmpty, journal.isWorking, policy.stored.sha256 != recorded.policy.sha256 else {
                return
            }
            adopt(await build(recorded.policy, recorded.capabilities).policy)
        }
    }

    /// Records it, unless what is stored has none of its rules in force.
    private func isRecorded(_ owed: OwedRevocation) async -> Bool {
        var stored = recorded.policy
        let base = await build(stored, recorded.capabilities)
        stored.revision += 1
        let changes = take(owed.rules, out: &stored, base.policy.compiled)
        guard !changes.isEmpty else { return true }
        let change = PolicyChange(
            author: owed.author, reason: owed.rules.reason, policy: stored, added: recorded.capabilities,
            changes: changes
        ) { .revoke($0, rules: owed.rules.ids) }
        let built = await build(stored, recorded.capabilities)
        do throws(VarlinkError) {
            _ = try await record(change, built)
            return true
        } catch {
            return false
        }
    }

    private func take(_ revoked: RevokedRules, out stored: inout StoredPolicy, _ base: CompiledPolicy) -> [StateChange]
    {
        var changes: [StateChange] = []
        for id in revoked.ids {
            guard let rule = base.rule(id), base.isActive(rule) else { continue }
            changes.append(take(rule, out: &stored, reason: revoked.reason))
        }
        return changes
    }

    /// A stored policy without the rules whose revocation is owed, with the revision that it will have when all are recorded.
    func withoutOwed(_ stored: StoredPolicy, _ added: [StoredCapability]) async -> PolicyBuilder.Built {
        let base = await build(stored, added)
        var built = base
        var known: [OwedRevocation] = []
        // More may come while this is being built.
        while !known.elementsEqual(ledgerCare.owed, by: ===) {
            known = ledgerCare.owed
            var narrowed = stored
            for owed in known {
                var next = narrowed
                next.revision += 1
                if !take(owed.rules, out: &next, base.policy.compiled).isEmpty { narrowed = next }
            }
            built = await build(narrowed, added)
        }
        return built
    }

    /// The same, without the rules of which the ledger tells that they were taken away after the policy that the entry is
    /// about: what has such an id now came later.
    private func withoutRecorded(_ revoked: RevokedRules) async -> RevokedRules {
        // Where that cannot be read, whatever has the id is taken away: what is too little can be granted anew.
        guard let revision = revoked.revision, let known = try? await reader.rulesTakenAway(after: revision) else {
            return revoked
        }
        var rest = revoked
        rest.ids.removeAll(where: known.contains)
        return rest
    }

    /// Applies what the journal of revocations holds, before the socket listens.
    func applyJournal() async throws(VarlinkError) {
        for entry in await revoked.pending() {
            guard let written = RevokedRules(text: entry.text) else { continue }
            let rules = await withoutRecorded(written)
            if !rules.ids.isEmpty {
                log.notice(
                    "a revocation was in force and not recorded; it is recorded now",
                    metadata: ["rules": "\(rules.ids)"])
            }
            owe(OwedRevocation(rules, number: entry.id, isUnderWay: false))
        }
        guard !ledgerCare.owed.isEmpty else { return }
        adopt(await withoutOwed(policy.stored, policy.added).policy)
        await recordOwed()
        // With a database that is not the log it stays in the journal, and in force.
        if let failure = journal.failure, journal.finding == nil {
            throw BrokerError.auditUnavailable(message: failure).varlinkError
        }
    }
}
