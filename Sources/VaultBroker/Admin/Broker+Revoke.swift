// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Records
import Varlink
import VaultCore
import VaultInterface
import VaultLedger
import VaultModel
import VaultPolicy

/// Taking authority away: in force at once, kept over a crash before anything else, then recorded.
extension Broker {
    func revoke(
        _ parameters: AdminInterface.Revoke.Parameters, _ session: Session
    ) async throws(VarlinkError) -> AdminInterface.Revoke.Reply {
        try await policyTurn.run { () throws(VarlinkError) in
            let target = try await revocationTarget(parameters)
            let rules = target.rules
            var stored = policy.stored
            stored.revision += 1
            var changes: [StateChange] = []
            for rule in rules { changes.append(take(rule, out: &stored, reason: parameters.reason)) }
            let built = await build(stored, policy.added)
            try refuseOrphan(built)
            let handedOut = cuttable(rules)
            let sent = await sentOutcomes(rules)
            let ids = Set(rules.map(\.id))
            let ending = leases.those { ids.contains($0.rule) }
            if parameters.dryRun == true {
                let outcomes = await outcomes(ending) + handedOut.map { outcome($0, isDryRun: true) } + sent
                return .init(
                    rules: rules.map(\.id), outcomes: outcomes,
                    stillPermittedBy: target.stillPermitted(by: built.policy.compiled), lifted: target.lifted,
                    nowPermittedBy: target.nowPermitted(by: built.policy.compiled), record: nil,
                    problems: target.reason.map { [$0.onWire] })
            }
            guard !rules.isEmpty else {
                return .init(
                    rules: [], outcomes: [], stillPermittedBy: target.stillPermitted(by: policy.compiled), record: nil,
                    problems: target.reason.map { [$0.onWire] })
            }
            return try await revoke(
                PolicyChange(
                    author: session, reason: parameters.reason, policy: stored, added: policy.added,
                    changes: changes
                ) { .revoke($0, rules: rules.map(\.id)) }, built, target, handedOut, ending, sent)
        }
    }

    private func revoke(
        _ change: PolicyChange, _ built: PolicyBuilder.Built, _ target: RevocationTarget,
        _ handedOut: [CapabilityEntry], _ ending: [Lease], _ sent: [AdminInterface.Outcome]
    ) async throws(VarlinkError) -> AdminInterface.Revoke.Reply {
        let ids = target.rules.map(\.id)
        // In force first: no grant is sent under these rules from this turn on. Then the journal, which survives a crash
        // before the record is durable and can be written when the database cannot.
        let owed = OwedRevocation(
            RevokedRules(ids: ids, reason: change.reason, revision: recorded.policy.revision), author: change.author,
            isUnderWay: true)
        owe(owed)
        adopt(built.policy)
        let cut = handedOut.map { outcome($0, isDryRun: false) }
        owed.number = await revoked.append(owed.rules.text)
        if let author = change.author { await account(for: author) }
        let isKept = owed.number != nil
        let index = await recordNow(owed, change, built)
        return .init(
            rules: ids, outcomes: await outcomes(ending) + cut + sent,
            stillPermittedBy: target.stillPermitted(by: policy.compiled), lifted: target.lifted,
            nowPermittedBy: target.nowPermitted(by: policy.compiled),
            record: index.map(Int.init), durable: index != nil || isKept)
    }

    /// Records a revocation that is in force; where that fails it stays owed.
    private func recordNow(
        _ owed: OwedRevocation, _ change: PolicyChange, _ built: PolicyBuilder.Built
    ) async -> UInt64? {
        do throws(VarlinkError) {
            let index = try await record(change, built)
            await settle(owed)
            return index
        } catch {
            owed.isUnderWay = false
            // The log may be written again by now: then nobody else looks for what is owed.
            Task { await recordOwed() }
            return nil
        }
    }

    /// Removes a rule that was granted, suspends one that a file holds.
    func take(_ rule: Rule, out stored: inout StoredPolicy, reason: String?) -> StateChange {
        if stored.rules.contains(where: { $0.id == rule.id }) {
            stored.rules.removeAll { $0.id == rule.id }
            return .ruleRemoved(id: rule.id, revision: stored.revision)
        }
        let suspension = Suspension(rule: rule.id, addedRevision: stored.revision, reason: reason)
        stored.suspensions.append(suspension)
        return .ruleSuspended(suspension)
    }

    // MARK: What is out already

    /// What becomes of leases that end with their rules: a line for each.
    private func outcomes(_ ending: [Lease]) async -> [AdminInterface.Outcome] {
        let names = await userNames(Set(ending.map(\.uid)))
        return ending.map { lease in
            let isCut = table[lease.name]?.revocation == "shutdown"
            return .init(
                pid: Int(lease.holder.key.pid), user: names[lease.uid] ?? "uid \(lease.uid)", exe: lease.holder.program,
                record: Int(lease.record), done: isCut ? "shutdown" : "none",
                remaining: isCut ? "" : "\(lease.name): its lease ends; Linux cannot take an open descriptor back")
        }
    }

    /// The capabilities that these rules permitted and of which what is out can be cut.
    private func cuttable(_ rules: [Rule]) -> [CapabilityEntry] {
        table.sorted.filter { entry in
            entry.revocation == "shutdown" && entry.holding != nil
                && rules.contains { rule in
                    rule.effect == .permit && rule.actions.contains(.open)
                        && rule.capabilities.contains { $0.matches(entry.capability.name) }
                }
        }
    }

    /// A line for each user who was sent something under these rules: what cannot be taken back, and cannot be seen any
    /// more.
    private func sentOutcomes(_ rules: [Rule]) async -> [AdminInterface.Outcome] {
        var outcomes: [AdminInterface.Outcome] = []
        for rule in rules where rule.effect == .permit {
            let counts = core.grants.sent(under: rule.id)
            let names = await userNames(Set(counts.map(\.uid)))
            for (uid, count) in counts {
                let followed = leases.those { $0.rule == rule.id && $0.uid == uid }.count
                let leased = followed == 0 ? "" : ", \(followed) of them followed as leases"
                outcomes.append(
                    .init(
                        pid: nil, user: names[uid] ?? "uid \(uid)", exe: nil, record: nil, done: "none",
                        remaining:
                            "\(count) grants went out under \(rule.id) since the daemon started\(leased); who has a "
                            + "descriptor keeps it, and may have passed it on, which cannot be seen"))
            }
        }
        return outcomes
    }

    private func outcome(_ entry: CapabilityEntry, isDryRun: Bool) -> AdminInterface.Outcome {
        let name = entry.capability.name
        if !isDryRun, let held = entry.holding?.descriptor.held {
            try? UnixSocket.shutDown(held)
            // The broker's own copy is shut down with it: the socket is bound again before the next grant.
            table.close(entry)
        }
        return .init(
            pid: nil, user: nil, exe: nil, record: nil, done: "shutdown",
            remaining: "\(name): accepted connections stay with whoever accepted them")
    }
}
