// SPDX-License-Identifier: Apache-2.0

import DequeModule
import Records
import VaultModel
import VaultPolicy

/// Changing the policy: one act at a time, in the order in which they came.
///
/// An act is read in its turn, made into an edit of the policy in force, built from texts away from the loop, and checked
/// as a whole. What adds authority is recorded, and is in force when its record is durable. What takes authority away is in
/// force at once, then kept in `STATE/revoked`, which survives a crash and can be written when the database cannot, then
/// recorded; a revocation that could not be recorded is owed until it is, before any other act.
///
/// The whole walk is in this file, and so is all of its state; ``PolicyEdit`` tells what each act makes of a policy.
package final class Administration {
    /// One act on its way.
    private final class Change {
        let act: PolicyAct
        let author: (any AuthorPort)?
        let reason: String?
        let isDryRun: Bool
        let done: (Result<PolicyOutcome, PolicyRefusal>) -> Void

        init(
            _ act: PolicyAct, _ author: (any AuthorPort)?, _ reason: String?, _ isDryRun: Bool,
            _ done: @escaping (Result<PolicyOutcome, PolicyRefusal>) -> Void
        ) {
            self.act = act
            self.author = author
            self.reason = reason
            self.isDryRun = isDryRun
            self.done = done
        }
    }

    /// A revocation that is in force, and not in the log yet.
    private final class Owed {
        let rules: RevokedRules
        let author: (any AuthorPort)?
        /// Its number in `STATE/revoked`; nil until it is there, or where it could not be written.
        var number: UInt64?
        /// The act that took the rules away records it by itself.
        var isUnderWay: Bool

        init(_ rules: RevokedRules, author: (any AuthorPort)? = nil, number: UInt64? = nil, isUnderWay: Bool) {
            self.rules = rules
            self.author = author
            self.number = number
            self.isUnderWay = isUnderWay
        }
    }

    private let loop: any LoopPort
    private let port: any PolicyPort
    private let journal: Journal
    private let counters: CounterRoom
    private let policy: PolicyRoom
    private let holdings: Holdings
    private let leases: Leases
    private let grants: Grants
    private let bootID: String

    /// What decisions are made by.
    package private(set) var inForce = PolicyInForce()
    /// Counts how often another policy was put in force: what was built on an earlier one is built again.
    private var adoptions: UInt64 = 0
    /// What the ledger has of the policy: what is in force goes beyond it by the revocations that are owed.
    private var recorded = PolicyInForce()
    /// Counts how often that became another.
    private var recordings: UInt64 = 0
    /// What each policy directory held when it was applied last, by its hash.
    private var directories: [String: String] = [:]

    private var waiting: Deque<Change> = []
    private var owed: [Owed] = []
    /// An act is under way, or what is owed is being recorded.
    private var isBusy = false
    private var isProceeding = false
    /// All that was owed is recorded, and what is in force was built beside what the ledger has.
    private var isBeside = false
    /// Who waits until nothing is owed that can be recorded.
    private var whenSettled: [() -> Void] = []

    init(
        loop: any LoopPort, port: any PolicyPort, journal: Journal, counters: CounterRoom, policy: PolicyRoom,
        holdings: Holdings, leases: Leases, grants: Grants, bootID: String
    ) {
        self.loop = loop
        self.port = port
        self.journal = journal
        self.counters = counters
        self.policy = policy
        self.holdings = holdings
        self.leases = leases
        self.grants = grants
        self.bootID = bootID
    }

    /// What the directory held when it was applied last, by its hash; nil: it never was.
    package func applied(_ directory: String) -> String? { directories[directory] }

    /// Whether every act that was asked for has been answered, and nothing is owed.
    package var isAtRest: Bool { !isBusy && waiting.isEmpty && owed.isEmpty }

    // MARK: - The walk of an act

    /// Does what is wanted when all that was wanted before has been done.
    /// - Parameters:
    ///   - author: nil for the daemon itself.
    ///   - done: called once, when it is recorded or refused; with a dry run when it is known what it would do.
    package func change(
        _ act: PolicyAct, by author: (any AuthorPort)? = nil, reason: String? = nil, isDryRun: Bool = false,
        _ done: @escaping (Result<PolicyOutcome, PolicyRefusal>) -> Void
    ) {
        waiting.append(Change(act, author, reason, isDryRun, done))
        proceed()
    }

    private func proceed() {
        guard !isProceeding else { return }
        isProceeding = true
        defer { isProceeding = false }
        while !isBusy {
            if journal.isWorking, isBeside || owed.contains(where: { !$0.isUnderWay }) {
                isBusy = true
                recordOwed()
            } else if let change = waiting.popFirst() {
                isBusy = true
                begin(change)
            } else {
                break
            }
        }
        guard !isBusy else { return }
        let settled = whenSettled
        whenSettled = []
        for done in settled { done() }
    }

    private func finish(_ change: Change, _ result: Result<PolicyOutcome, PolicyRefusal>) {
        isBusy = false
        change.done(result)
        proceed()
    }

    /// It is the act's turn: what it needs is read.
    private func begin(_ change: Change) {
        guard change.author?.mayStillAct() ?? true else { return finish(change, .failure(.notPermitted)) }
        guard case .addRule(let document) = change.act else { return edit(change, rule: nil) }
        port.read(rule: document, defaultID: "granted-\(inForce.revision + 1)") { [self] rule in
            do throws(PolicyRefusal) {
                edit(change, rule: try rule.get())
            } catch {
                finish(change, .failure(error))
            }
        }
    }

    /// Makes the edit, and has it built.
    private func edit(_ change: Change, rule: Rule?) {
        do throws(PolicyRefusal) {
            guard let edit = try edit(of: change, rule) else { return finish(change, .success(asItIs)) }
            build(edit, change, rule)
        } catch {
            finish(change, .failure(error))
        }
    }

    /// - Returns: nil where there is nothing to do.
    private func edit(of change: Change, _ rule: Rule?) throws(PolicyRefusal) -> PolicyEdit? {
        switch change.act {
        case .addRule:
            guard let rule else { return nil }
            return try .adding(rule, to: inForce, anchor: anchor)
        case .resume(let rule): return try .resuming(rule, in: inForce)
        case .revoke(let choose):
            let rules = try choose(inForce).get()
            return rules.isEmpty ? nil : .revoking(rules, of: inForce, reason: change.reason)
        case .replaceFiles(let files, let directory):
            return try .replacing(files, of: directory, isReread: false, in: inForce, anchor: anchor)
        case .reread(let directory, let isStart):
            if let directory, directory.sha256 != directories[directory.path] {
                return try .replacing(directory.files, of: directory, isReread: true, in: inForce, anchor: anchor)
            }
            return isStart ? nil : .lookingAgain(inForce)
        case .addCapability(let capability):
            guard holdings[capability.name] == nil else { throw .nameTaken(capability.name.text) }
            return .adding(capability, to: inForce, record: journal.nextIndex)
        case .removeCapability(let name): return try .removing(name, holdings[name], from: inForce)
        case .restoreOwner(let uid, let isRecovery):
            return .restoringOwner(uid, isRecovery: isRecovery, in: inForce)
        case .accept(let finding, let owner, let record, let changes):
            let spent = counters.spend(inForce.compiled.rules)
            return .accepting(finding, owner: owner, record: record, spent: spent, changes: changes, in: inForce)
        }
    }

    private func build(_ edit: PolicyEdit, _ change: Change, _ rule: Rule?) {
        let base = adoptions
        port.build(edit.stored, edit.added, filesAreNew: edit.bringsFiles) { [self] built in
            // The log was opened again meanwhile, and holds another policy than was thought.
            guard base == adoptions || isPlanted(.staleBuild) else { return begin(change) }
            if let ending = edit.endingSuspensions(by: built) { return build(ending, change, rule) }
            decide(edit, built, change, rule)
        }
    }

    /// Refuses what was built, or goes on with it.
    private func decide(_ edit: PolicyEdit, _ built: BuiltPolicy, _ change: Change, _ rule: Rule?) {
        var outcome = PolicyOutcome(before: inForce, built: built)
        outcome.rule = rule
        outcome.isDirectorys = edit.directory != nil
        if edit.isChecked {
            // Authority that is taken away is, whatever else is wrong.
            if !edit.takesAuthority, !built.errors.isEmpty {
                return finish(change, .failure(.problems(built.errors, built)))
            }
            // A forbid can lock everybody out.
            guard built.policy.compiled.permitsAnybodyAdmin else {
                return finish(
                    change,
                    .failure(
                        .because(
                            "nobody could administer the vault under this policy",
                            remedy: "keep a rule that permits [admin] to somebody")))
            }
        }
        if case .reread = change.act, edit.directory == nil, built.resolved.isEmpty, outcome.changes.isEmpty {
            if !change.isDryRun { inForce.problems = built.problems }
            return finish(change, .success(outcome))
        }
        if edit.isRevision, built.policy.revision != recorded.revision + 1, journal.isWorking, !owed.isEmpty || isBeside
        {
            // The log came back while this was built: what is owed is recorded first.
            waiting.prepend(change)
            isBusy = false
            return proceed()
        }
        if let rules = edit.revoked { outcome.out = out(under: rules) }
        if change.isDryRun { return finish(change, .success(outcome)) }
        // While it was built its author may have lost the permission.
        guard change.author?.mayStillAct() ?? true else { return finish(change, .failure(.notPermitted)) }
        if edit.takesAuthority { take(edit, outcome, change) } else { add(edit, outcome, change) }
    }

    /// Recorded first, then in force.
    private func add(_ edit: PolicyEdit, _ outcome: PolicyOutcome, _ change: Change) {
        if isPlanted(.policyBeforeRecord) { adopt(outcome.built.policy) }
        record(edit, outcome, author: change.author, reason: change.reason) { [self] result in
            do throws(PolicyRefusal) {
                var outcome = outcome
                let (index, policy) = try result.get()
                outcome.record = index
                adopt(policy)
                if let directory = edit.directory { directories[directory.path] = directory.sha256 }
                finish(change, .success(outcome))
            } catch {
                finish(change, .failure(error))
            }
        }
    }

    /// In force first: nothing is sent under it from this turn on.
    private func take(_ edit: PolicyEdit, _ outcome: PolicyOutcome, _ change: Change) {
        guard let rules = edit.revoked else {
            adopt(outcome.built.policy)
            let base = adoptions
            return account(change.author) { [self] in
                // The log was opened again, and holds another policy: it is there again.
                guard base == adoptions else { return begin(change) }
                record(edit, outcome, author: change.author, reason: change.reason) { [self] result in
                    finish(
                        change,
                        result.map { recorded in
                            var outcome = outcome
                            outcome.record = recorded.index
                            return outcome
                        })
                }
            }
        }
        let owed = Owed(
            RevokedRules(ids: rules.map(\.id), reason: change.reason, revision: recorded.revision),
            author: change.author, isUnderWay: true)
        if !isPlanted(.revocationNotOwed) { self.owed.append(owed) }
        adopt(outcome.built.policy)
        for entry in outcome.out.cut { cut(entry) }
        let base = adoptions
        port.keep(owed.rules) { [self] number in
            owed.number = number
            account(change.author) { [self] in recordRevocation(owed, edit, outcome, change, base) }
        }
    }

    /// Where that fails it stays owed.
    private func recordRevocation(
        _ owed: Owed, _ edit: PolicyEdit, _ outcome: PolicyOutcome, _ change: Change, _ base: UInt64
    ) {
        var outcome = outcome
        outcome.isKept = owed.number != nil
        guard base == adoptions || isPlanted(.staleBuild) else {
            owed.isUnderWay = false
            return finish(change, .success(outcome))
        }
        record(edit, outcome, author: change.author, reason: change.reason) { [self] result in
            owed.isUnderWay = false
            if case .success(let recorded) = result {
                outcome.record = recorded.index
                settle(owed)
            }
            finish(change, .success(outcome))
        }
    }

    private func account(_ author: (any AuthorPort)?, _ done: @escaping () -> Void) {
        if let author { author.account(done) } else { done() }
    }

    // MARK: - Recording

    /// Records an edit; what is in force stays.
    /// - Parameter done: hears the index when the record is durable, and what was built, now that it is stored.
    private func record(
        _ edit: PolicyEdit, _ outcome: PolicyOutcome, author: (any AuthorPort)?, reason: String?,
        _ done: @escaping (Result<(index: UInt64, policy: PolicyInForce), PolicyRefusal>) -> Void
    ) {
        if let failure = journal.failure { return done(.failure(.auditUnavailable(failure))) }
        let built = outcome.built.policy
        // Beside what is stored: a revocation that is owed came before, or what failed was stored after all.
        guard !edit.isRevision || built.revision == recorded.revision + 1 else {
            return done(.failure(.because("the policy has changed in the meantime", remedy: "the same command again")))
        }
        let gone = edit.isRevision ? counters.others(than: built.compiled.ids) : []
        let stamp = edit.isRevision ? built.stamp : inForce.stamp
        let why = reason ?? edit.reason
        let record = edit.record(.init(policy: stamp, peer: author?.authorText, reason: why), outcome)
        let index = journal.nextIndex
        let moment = loop.now()
        var changes: [StateChange] = []
        if edit.isRevision {
            var revision = PolicyRevision(
                revision: built.revision, sha256: built.stored.sha256, cause: record.type, timeUSec: moment.wallUSec,
                record: index, uid: author?.identity.uid, user: author?.identity.userName, reason: why)
            revision.files = edit.bringsFiles ? edit.stored.files : nil
            revision.anchor = edit.anchor
            changes.append(.policyRevision(revision))
        }
        changes += edit.changes(index)
        if edit.isRevision {
            changes += outcome.built.resolved.map { .resolvedName($0, revision: built.revision) }
            changes += outcome.built.forgotten.map {
                .nameForgotten(kind: $0.kind, name: $0.name, revision: built.revision)
            }
        }
        changes += gone.map { .countersCleared(rule: $0) }
        journal.append(
            record, at: moment, changes: changes,
            waiter: .then { [self] result in
                guard result == .committed else {
                    return done(.failure(.auditUnavailable(journal.failure ?? "the record was not committed")))
                }
                counters.cleared(gone)
                let policy = built.with(edit.changes(index))
                // A capability that is added is stored beside the policy that is, which may not be the one in force.
                hasStored(edit.isRevision ? policy : PolicyInForce(stored: recorded.stored, added: policy.added))
                done(.success((index, policy)))
            })
    }

    private func hasStored(_ stored: PolicyInForce) {
        recorded = stored
        recordings += 1
    }

    // MARK: - What is owed

    /// Records what is owed, in order, on what the ledger has; what fails again stays owed.
    private func recordOwed() {
        let finish = { [self] in
            isBusy = false
            proceed()
        }
        guard journal.isWorking, let owed = owed.first(where: { !$0.isUnderWay }) else {
            return standOnRecorded(finish)
        }
        let base = recordings
        port.build(recorded.stored, recorded.added, filesAreNew: false) { [self] built in
            guard base == recordings else { return finish() }
            let rules = owed.rules.ids.compactMap { id in
                built.policy.compiled.rule(id).flatMap { built.policy.compiled.isActive($0) ? $0 : nil }
            }
            // What is stored may have none of its rules in force.
            guard !rules.isEmpty else {
                settle(owed)
                return finish()
            }
            let edit = PolicyEdit.revoking(rules, of: recorded, reason: owed.rules.reason)
            port.build(edit.stored, edit.added, filesAreNew: false) { [self] narrowed in
                guard base == recordings else { return finish() }
                let outcome = PolicyOutcome(before: built.policy, built: narrowed)
                record(edit, outcome, author: owed.author, reason: owed.rules.reason) { [self] result in
                    if case .success = result { settle(owed) }
                    finish()
                }
            }
        }
    }

    /// The log tells of it.
    private func settle(_ settled: Owed) {
        owed.removeAll { $0 === settled }
        if let number = settled.number { port.forget(revocationsThrough: number) }
        isBeside = isBeside || (owed.isEmpty && inForce.stored.sha256 != recorded.stored.sha256)
    }

    /// Nothing is owed any more: what is in force is what the ledger has.
    private func standOnRecorded(_ done: @escaping () -> Void) {
        isBeside = false
        guard journal.isWorking, owed.isEmpty, inForce.stored.sha256 != recorded.stored.sha256 else { return done() }
        let base = (recordings, adoptions)
        port.build(recorded.stored, recorded.added, filesAreNew: false) { [self] built in
            if base == (recordings, adoptions) { adopt(built.policy) } else { isBeside = true }
            done()
        }
    }

    /// A stored policy without the rules whose revocation is owed, with the revision that it will have when all are recorded.
    private func buildWithoutOwed(
        _ stored: StoredPolicy, _ added: [StoredCapability], _ done: @escaping (BuiltPolicy) -> Void
    ) {
        port.build(stored, added, filesAreNew: false) { [self] in narrow($0, stored, added, done) }
    }

    private func narrow(
        _ base: BuiltPolicy, _ stored: StoredPolicy, _ added: [StoredCapability],
        _ done: @escaping (BuiltPolicy) -> Void
    ) {
        let known = owed
        var narrowed = stored
        for owed in known {
            var next = narrowed
            next.revision += 1
            let active = owed.rules.ids.compactMap(base.policy.compiled.rule).filter(base.policy.compiled.isActive)
            guard !active.isEmpty else { continue }
            for rule in active { _ = next.take(rule, reason: owed.rules.reason) }
            narrowed = next
        }
        guard narrowed.revision != stored.revision else { return done(base) }
        port.build(narrowed, added, filesAreNew: false) { [self] built in
            // More may have come while this was being built.
            guard owed.elementsEqual(known, by: ===) else { return narrow(base, stored, added, done) }
            done(built)
        }
    }

    // MARK: - What is in force

    /// Puts a policy in force: from here on every decision is made by it, also for calls that are under way.
    package func adopt(_ new: PolicyInForce) {
        inForce = new
        adoptions += 1
        policy.replace(with: new.compiled)
        counters.keep(only: new.compiled.ids)
        let added = holdings.replace(with: new.capabilities)
        endRevokedLeases()
        grants.policyChanged()
        port.adopted(added)
    }

    /// Ends the leases that the policy in force permits to nobody any more.
    func endRevokedLeases() {
        let policy = inForce.compiled
        leases.endWhere(
            isRevoked: { !policy.mayPermitOpening($0.rule) }, isRemoved: { self.holdings[$0.name] == nil })
    }

    /// What went out under these rules.
    private func out(under rules: [Rule]) -> WhatIsOut {
        let ids = Set(rules.map(\.id))
        var out = WhatIsOut(leases: leases.those { ids.contains($0.rule) })
        for rule in rules where rule.effect == .permit {
            for (uid, count) in grants.sent(under: rule.id) {
                let followed = leases.those { $0.rule == rule.id && $0.uid == uid }.count
                out.sent.append(.init(rule: rule.id, uid: uid, count: count, leases: followed))
            }
        }
        out.cut = holdings.sorted.filter { entry in
            entry.capability.isCutByRevocation && entry.holding != nil
                && rules.contains { rule in
                    rule.effect == .permit && rule.actions.contains(.open)
                        && rule.capabilities.contains { $0.matches(entry.capability.name) }
                }
        }
        return out
    }

    private func cut(_ entry: CapabilityEntry) {
        guard let holding = entry.holding else { return }
        port.cut(holding)
        // The broker's own copy is shut down with it: the socket is bound again before the next grant.
        holdings.close(entry)
    }

    /// This moment on both clocks, for the times of rules that are applied now; nil while the wall clock is not to be
    /// trusted, since the rule would be tied to a wrong time for as long as the machine runs.
    private var anchor: TimeAnchor? {
        let moment = loop.now()
        guard journal.isTrusted(moment) else { return nil }
        return TimeAnchor(bootID: bootID, bootUSec: moment.bootUSec, wallUSec: moment.wallUSec)
    }

    private var asItIs: PolicyOutcome {
        PolicyOutcome(before: inForce, built: BuiltPolicy(inForce, problems: inForce.problems))
    }

    // MARK: - Start, and after a failure of the log

    /// Puts in force what is stored, at a start. Nobody is served yet.
    /// - Parameter done: hears what was built. Names that mean something else now are to be recorded
    ///   (``PolicyAct/reread(_:isStart:)``).
    package func start(
        _ stored: StoredPolicy, _ added: [StoredCapability], directories: [PolicyDirectoryState],
        _ done: @escaping (BuiltPolicy) -> Void
    ) {
        self.directories = Dictionary(directories.map { ($0.path, $0.sha256) }) { $1 }
        isBusy = true
        port.build(stored, added, filesAreNew: false) { [self] built in
            var policy = built.policy
            // What is stored is what they are compared with.
            policy.stored.names = stored.names
            hasStored(policy)
            adopt(policy)
            isBusy = false
            done(built)
            proceed()
        }
    }

    /// Puts the revocations of an earlier run in force that may not be recorded, and records them.
    /// - Parameters:
    ///   - kept: what `STATE/revoked` holds, oldest first.
    ///   - done: called when they are in force, and recorded where that is possible.
    package func takeUp(_ kept: [(number: UInt64, rules: RevokedRules)], _ done: @escaping () -> Void) {
        guard !kept.isEmpty else { return done() }
        for entry in kept { owed.append(Owed(entry.rules, number: entry.number, isUnderWay: false)) }
        isBusy = true
        buildWithoutOwed(inForce.stored, inForce.added) { [self] built in
            adopt(built.policy)
            isBusy = false
            whenSettled.append(done)
            proceed()
        }
    }

    /// The log can be written again, and this is what it holds: what was voided may turn out to be stored, and then it is in
    /// force, but for the rules whose revocation is owed.
    /// - Parameter ready: called when it is known what is to be in force in the turn in which the log is written again; nil:
    ///   what is.
    func reopened(_ restored: RestoredState, _ ready: @escaping (PolicyInForce?) -> Void) {
        let isKnown =
            restored.policy.revision == recorded.revision && restored.policy.sha256 == recorded.stored.sha256
            && restored.capabilities == inForce.added
        hasStored(PolicyInForce(stored: restored.policy, added: restored.capabilities))
        guard !isKnown, !isPlanted(.storedNotNoticed) else { return ready(nil) }
        buildWithoutOwed(restored.policy, restored.capabilities) { ready($0.policy) }
    }

    /// The log is written again.
    func resumed() { proceed() }
}

extension PolicyInForce {
    /// How records name this policy.
    fileprivate var stamp: PolicyStamp { PolicyStamp(revision: compiled.revision, sha256: compiled.sha256) }

    /// The same with the record of a capability that was added.
    fileprivate func with(_ changes: [StateChange]) -> PolicyInForce {
        var policy = self
        for case .capabilityAdded(let stored) in changes {
            policy.added.removeAll { $0.name == stored.name }
            policy.added.append(stored)
        }
        return policy
    }
}

extension Capability {
    /// Whether revoking its rules takes back what is out (Decisions: a revocation says what it cuts): a listener of a path is
    /// shut down for everybody who has it.
    package var isCutByRevocation: Bool {
        if case .listener(.unix) = source { true } else { false }
    }
}
