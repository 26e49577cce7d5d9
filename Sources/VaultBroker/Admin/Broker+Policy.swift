// SPDX-License-Identifier: Apache-2.0

import Descriptors
import PolicyFiles
import Records
import Varlink
import VaultCore
import VaultInterface
import VaultLedger
import VaultModel
import VaultPolicy

/// Changing the policy: one change at a time, checked as a whole, recorded, then swapped in.
///
/// What adds authority is swapped in only when its record is durable. What takes authority away is swapped in at once.
extension Broker {
    /// - Parameter filesAreNew: the files come from outside, and are checked in full.
    func build(
        _ stored: StoredPolicy, _ added: [StoredCapability], filesAreNew: Bool = false
    ) async -> PolicyBuilder.Built {
        let builder = PolicyBuilder(
            stored: stored, added: added, bootID: bootID, places: configuration.openerPlaces,
            filesAreStored: !filesAreNew)
        return await work.run { builder.build() }
    }

    /// Reads one rule, on the work thread.
    func read(rule document: String, defaultID: String) async -> Result<Rule, VarlinkError> {
        let (rule, problems) = await work.run {
            PolicyReader.readRule(document: document, origin: .granted, names: SystemNames(), defaultID: defaultID)
        }
        return Self.onlyIfRight(rule, problems)
    }

    /// Reads one capability, on the work thread.
    func read(capability document: String) async -> Result<Capability, VarlinkError> {
        let (capability, problems) = await work.run {
            PolicyReader.readCapability(document: document, names: SystemNames())
        }
        return Self.onlyIfRight(capability, problems)
    }

    private static func onlyIfRight<Value>(_ value: Value?, _ problems: [PolicyProblem]) -> Result<Value, VarlinkError>
    {
        let errors = problems.filter { $0.severity == .error }
        guard let value, errors.isEmpty else {
            return .failure(AdminError.policyRefused(problems: errors.map(\.onWire)).varlinkError)
        }
        return .success(value)
    }

    /// Records a change that was built and found good, and swaps it in. Call in turn.
    /// - Returns: the index of the record.
    func commit(_ change: PolicyChange, _ built: PolicyBuilder.Built) async throws(VarlinkError) -> UInt64 {
        let index = try await record(change, built)
        adopt(built.policy)
        return index
    }

    /// Records a change, and nothing else.
    /// - Throws: also where the ledger turned out to hold another policy than the change was made on.
    func record(_ change: PolicyChange, _ built: PolicyBuilder.Built) async throws(VarlinkError) -> UInt64 {
        guard built.policy.stored.revision == recorded.policy.revision + 1 else {
            throw refusal("the policy has changed in the meantime", "the same command again")
        }
        let gone = counters.others(than: built.policy.compiled.ids)
        let told = change.record(
            .init(
                policy: PolicyStamp(revision: built.policy.stored.revision, sha256: built.policy.stored.sha256),
                peer: change.author.map { $0.author ?? $0.peerText }, reason: change.reason))
        let changes = { (index: UInt64) in
            self.stateChanges(of: change, built, told.type, record: index) + gone.map { .countersCleared(rule: $0) }
        }
        let index = try await record(told, changes: changes)
        counters.cleared(gone)
        recorded = RecordedPolicy(policy: built.policy.stored, capabilities: built.policy.added)
        return index
    }

    private func stateChanges(
        of change: PolicyChange, _ built: PolicyBuilder.Built, _ cause: RecordType, record: UInt64
    ) -> [StateChange] {
        let revision = built.policy.stored.revision
        var new = PolicyRevision(
            revision: revision, sha256: built.policy.stored.sha256, cause: cause, timeUSec: SystemClock.wallTimeUSec(),
            record: record, uid: change.author?.identity.uid, user: change.author?.identity.userName,
            reason: change.reason)
        new.files = change.files
        new.anchor = change.anchor
        var changes = [.policyRevision(new)] + change.changes
        changes += built.resolved.map { .resolvedName($0, revision: revision) }
        changes += built.forgotten.map { .nameForgotten(kind: $0.kind, name: $0.name, revision: revision) }
        return changes
    }

    /// Puts a policy in force: from here on every decision is made by it, also for calls that are under way.
    func adopt(_ new: PolicyInForce) {
        policy = new
        openAtStart(core.adopt(new.compiled, new.capabilities))
        looks.keep(only: table.all)
    }

    // MARK: Start and reload

    /// Takes up the stored policy at start; makes the owner's rules where there is none.
    func loadPolicy(_ restored: RestoredState) async throws(VarlinkError) {
        let built = await build(restored.policy, restored.capabilities)
        adopt(built.policy)
        log(built.problems)
        if restored.bootstrapNeeded || configuration.recoverAdmin {
            try await giveOwnerEverything(isRecovery: !restored.bootstrapNeeded)
        }
        if !built.resolved.isEmpty {
            var stored = policy.stored
            // What is stored is what they are compared with.
            stored.names = restored.policy.names
            stored.revision += 1
            try await recordChangedNames(await build(stored, restored.capabilities))
        }
        do throws(VarlinkError) {
            try await reload(Rereading(isStart: true))
        } catch {
            for line in Self.lines(of: error) {
                log.error("the policy directory was not applied, and what is stored stays in force: \(line)")
            }
        }
    }

    /// The policy where nothing can be recorded: what is stored, or the owner's rules where nothing is or what is cannot be
    /// trusted. Nothing is opened under it; it says who may look and revoke.
    func loadPolicyUnrecorded(_ restored: RestoredState, isTrusted: Bool) async {
        var stored = isTrusted ? restored.policy : .none
        if restored.bootstrapNeeded || !isTrusted {
            stored.rules = Rule.bootstrap(owner: NamedID(id: configuration.ownerUID)).map {
                StoredRule(id: $0.id, document: $0.document, origin: "bootstrap", addedRevision: 0)
            }
        }
        adopt(await build(stored, restored.capabilities).policy)
    }

    /// The owner's own rules, stored and visible like any other.
    private func giveOwnerEverything(isRecovery: Bool) async throws(VarlinkError) {
        let owner = NamedID(id: configuration.ownerUID)
        var stored = policy.stored
        stored.revision += 1
        var changes: [StateChange] = []
        for rule in Rule.bootstrap(owner: owner) where !stored.rules.contains(where: { $0.id == rule.id }) {
            let kept = StoredRule(
                id: rule.id, document: rule.document, origin: "bootstrap", addedRevision: stored.revision)
            stored.rules.append(kept)
            changes.append(.ruleAdded(kept))
        }
        for suspension in stored.suspensions
        where Rule.bootstrap(owner: owner).contains(where: { $0.id == suspension.rule }) {
            changes.append(.ruleResumed(id: suspension.rule, revision: stored.revision))
            stored.suspensions.removeAll { $0.rule == suspension.rule }
        }
        if isRecovery {
            // A forbid wins over the rules that were put back.
            for rule in policy.compiled.rules where policy.compiled.isActive(rule) && rule.mayForbidAdmin(to: owner.id)
            {
                let suspension = Suspension(
                    rule: rule.id, addedRevision: stored.revision,
                    reason: "--recover-admin: it may forbid admin to the owner")
                stored.suspensions.append(suspension)
                changes.append(.ruleSuspended(suspension))
            }
        }
        guard !changes.isEmpty else { return }
        let built = await build(stored, policy.added)
        _ = try await commit(
            PolicyChange(
                reason: "the owner of the vault may do everything", policy: stored, added: policy.added,
                changes: changes
            ) { isRecovery ? .adminRecover($0) : .policyApply($0) }, built)
    }

    /// Refuses a policy with errors in it.
    func refuseProblems(_ errors: [PolicyProblem]) throws(VarlinkError) {
        guard errors.isEmpty else { throw AdminError.policyRefused(problems: errors.map(\.onWire)).varlinkError }
    }

    /// Refuses a policy under which nobody may administer the vault.
    func refuseOrphan(_ built: PolicyBuilder.Built) throws(VarlinkError) {
        guard built.policy.compiled.permitsAnybodyAdmin else {
            throw refusal(
                "nobody could administer the vault under this policy", "keep a rule that permits [admin] to somebody")
        }
    }

    /// A refusal that is about no line of a file.
    func refusal(_ message: String, _ remedy: String) -> VarlinkError {
        AdminError.policyRefused(problems: [.init(path: "", line: 0, column: 0, message: message, remedy: remedy)])
            .varlinkError
    }
}

extension Rule {
    /// Whether it forbids to administer to somebody who may be this user.
    fileprivate func mayForbidAdmin(to uid: UInt32) -> Bool {
        guard effect == .forbid, actions.contains(.admin) else { return false }
        let users = to.users.map(\.id) + to.uids
        return users.isEmpty || users.contains(uid)
    }
}

extension Broker {
    /// After a failed commit: what was voided may turn out to be stored, and then it is in force, but for the rules whose
    /// revocation is owed.
    /// - Returns: what is to be in force from the turn on in which the log is written again; nil: what is.
    func policyIfStored(_ restored: RestoredState) async -> PolicyInForce? {
        let isKnown =
            restored.policy.revision == recorded.policy.revision && restored.policy.sha256 == recorded.policy.sha256
            && restored.capabilities == policy.added
        recorded = RecordedPolicy(policy: restored.policy, capabilities: restored.capabilities)
        guard !isKnown else { return nil }
        return await withoutOwed(restored.policy, restored.capabilities).policy
    }
}
