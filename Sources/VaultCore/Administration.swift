// SPDX-License-Identifier: Apache-2.0

import DequeModule
import Records
import VaultModel
import VaultPolicy

/// Changing the policy: one act at a time, in the order in which they came; but authority that is taken away waits for nobody.
///
/// An act that adds authority is read in its turn, made into an edit of the policy in force, built from texts away from the
/// loop, checked as a whole, and recorded; it is in force when its record is durable. A revocation needs no texts: its rules
/// are out of force, its record is appended, and it is on its way to `STATE/revoked`, which survives a crash and can be
/// written when the database cannot, all in the turn in which it is asked for. While the log cannot be written it is owed,
/// and its record is appended in the very turn in which the log is written again. So three things are kept apart:
///
/// * ``recorded`` is what the ledger has, surely;
/// * ``head`` is what the records that were appended make of it; a failed commit makes it what the ledger turns out to have;
/// * ``inForce`` is what decisions are made by: never more than what is recorded, never a rule whose revocation is owed. A
///   record that is made under it names a revision that is recorded, or is appended before.
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

    /// A revocation that is in force, and not surely in the log yet.
    private final class Owed {
        let rules: RevokedRules
        let author: (any AuthorPort)?
        /// Its number in `STATE/revoked`; nil until it is there, or where it could not be written.
        var number: UInt64?
        /// Its record is in a batch that has not been heard of.
        var isAppended = false
        /// Who waits for its record: hears the index, or nil where it is not durable.
        var whenHeard: ((UInt64?) -> Void)?

        init(_ rules: RevokedRules, author: (any AuthorPort)? = nil, number: UInt64? = nil) {
            self.rules = rules
            self.author = author
            self.number = number
        }

        func heard(_ index: UInt64?) {
            let heard = whenHeard
            whenHeard = nil
            heard?(index)
        }
    }

    private let loop: any LoopPort
    private let port: any PolicyPort
    private let journal: Journal
    private let counters: CounterRoom
    private let policy: PolicyRoom
    private let holdings: Holdings
    private let deposits: Deposits
    private let leases: Leases
    private let grants: Grants
    private let bootID: String

    /// What decisions are made by.
    package private(set) var inForce = PolicyInForce()
    /// Counts how often another policy was put in force: what was built on an earlier one is built again.
    private var adoptions: UInt64 = 0
    /// What the ledger surely has.
    private var recorded = PolicyInForce()
    /// The same with all records that were appended since.
    private var head = PolicyInForce()
    /// What each policy directory held when it was applied last, by its hash.
    private var directories: [String: String] = [:]

    private var waiting: Deque<Change> = []
    private var owed: [Owed] = []
    /// How many revocations are on their way to `STATE/revoked`; the highest number there, and up to which it is to forget.
    private var keeping = 0
    private var written: UInt64 = 0
    private var forgotten: UInt64 = 0
    /// An act is under way.
    private var isBusy = false
    /// What adds authority is at the disk, so that ``head`` is not in force yet.
    private var isAdding = false
    private var isProceeding = false
    /// How many rules were revoked since the start.
    package private(set) var revocations: UInt64 = 0

    init(
        loop: any LoopPort, port: any PolicyPort, journal: Journal, counters: CounterRoom, policy: PolicyRoom,
        holdings: Holdings, deposits: Deposits, leases: Leases, grants: Grants, bootID: String
    ) {
        self.loop = loop
        self.port = port
        self.journal = journal
        self.counters = counters
        self.policy = policy
        self.holdings = holdings
        self.deposits = deposits
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
        let change = Change(act, author, reason, isDryRun, done)
        // It is about the rules that are in force when it is asked for, whatever else is wanted by then.
        if case .revoke(let choose) = act, case .success(let rules) = choose(inForce), !rules.isEmpty {
            return revoke(rules, change)
        }
        waiting.append(change)
        proceed()
    }

    private func proceed() {
        guard !isProceeding else { return }
        isProceeding = true
        defer { isProceeding = false }
        while !isBusy, let change = waiting.popFirst() {
            isBusy = true
            begin(change)
        }
    }

    private func finish(_ change: Change, _ result: Result<PolicyOutcome, PolicyRefusal>) {
        isBusy = false
        change.done(result)
        proceed()
    }

    /// It is the act's turn: what it needs is read.
    private func begin(_ change: Change) {
        guard change.author?.mayStillAct() ?? true else { return finish(change, .failure(.notPermitted)) }
        switch change.act {
        case .revoke(let choose): return revokeInTurn(choose(inForce), change)
        case .removeCapability(let name): return remove(name, change)
        default: break
        }
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
        case .revoke, .removeCapability: return nil
        case .replaceFiles(let files, let directory):
            return try .replacing(files, of: directory, isReread: false, in: inForce, anchor: anchor)
        case .reread(let directory, let isStart):
            if let directory, directory.sha256 != directories[directory.path] {
                return try .replacing(directory.files, of: directory, isReread: true, in: inForce, anchor: anchor)
            }
            return isStart ? nil : .lookingAgain(inForce)
        case .addCapability(let capability):
            guard holdings[capability.name] == nil, !deposits.isPending(capability.name) else {
                throw .nameTaken(capability.name.text)
            }
            return .adding(capability, to: inForce, record: journal.nextIndex)
        case .restoreOwner(let uid, let isRecovery):
            return .restoringOwner(uid, isRecovery: isRecovery, in: inForce)
        case .accept(let finding, let owner, let record, let changes):
            let spent = counters.spend(Array(inForce.compiled.rules))
            return .accepting(finding, owner: owner, record: record, spent: spent, changes: changes, in: inForce)
        }
    }

    private func build(_ edit: PolicyEdit, _ change: Change, _ rule: Rule?) {
        let base = adoptions
        var wanted = PolicyBuild(edit.stored, edit.added)
        wanted.filesAreNew = edit.bringsFiles
        wanted.looksAgain = edit.looksAgain
        wanted.before = change.act.tellsChanges ? inForce : nil
        wanted.isTrial = change.isDryRun
        port.build(wanted) { [self] built in
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
            guard built.errors.isEmpty else { return finish(change, .failure(.problems(built.errors, built))) }
            // A forbid can lock everybody out.
            guard built.policy.compiled.permitsAnybodyAdmin else { return finish(change, .failure(.nobodyAdministers)) }
        }
        if case .reread = change.act, edit.directory == nil, built.resolved.isEmpty, outcome.changes.isEmpty {
            if !change.isDryRun { inForce.problems = built.problems }
            return finish(change, .success(outcome))
        }
        if change.isDryRun { return finish(change, .success(outcome)) }
        // While it was built its author may have lost the permission.
        guard change.author?.mayStillAct() ?? true else { return finish(change, .failure(.notPermitted)) }
        add(edit, outcome, change)
    }

    /// Recorded first, then in force.
    private func add(_ edit: PolicyEdit, _ outcome: PolicyOutcome, _ change: Change) {
        if isPlanted(.policyBeforeRecord) { adopt(outcome.built.policy) }
        isAdding = true
        record(edit, outcome, author: change.author, reason: change.reason) { [self] result in
            isAdding = false
            do throws(PolicyRefusal) {
                var outcome = outcome
                outcome.record = try result.get()
                // What was revoked since is appended behind it.
                recordOwed()
                if let directory = edit.directory { directories[directory.path] = directory.sha256 }
                finish(change, .success(outcome))
            } catch {
                finish(change, .failure(error))
            }
        }
    }

    // MARK: - Taking authority away

    private func revokeInTurn(_ rules: Result<[Rule], PolicyRefusal>, _ change: Change) {
        // It holds up nobody.
        isBusy = false
        switch rules {
        case .failure(let refusal): change.done(.failure(refusal))
        case .success(let rules) where rules.isEmpty: change.done(.success(asItIs))
        case .success(let rules): revoke(rules, change)
        }
        proceed()
    }

    /// Out of force, on the way to `STATE/revoked`, and its record appended, in this turn.
    private func revoke(_ rules: [Rule], _ change: Change) {
        guard change.author?.mayStillAct() ?? true else { return change.done(.failure(.notPermitted)) }
        let edit = PolicyEdit.revoking(rules, of: inForce, reason: change.reason)
        let narrowed = inForce.narrowed(edit, digest: port.digest)
        guard narrowed.compiled.permitsAnybodyAdmin else { return change.done(.failure(.nobodyAdministers)) }
        var outcome = PolicyOutcome(before: inForce, built: BuiltPolicy(narrowed, problems: inForce.problems))
        outcome.out = out(under: rules)
        if change.isDryRun { return change.done(.success(outcome)) }
        revocations += UInt64(rules.count)
        let revoked = RevokedRules(ids: rules.map(\.id), reason: change.reason, revision: recorded.revision)
        let owed = Owed(revoked, author: change.author)
        if !isPlanted(.revocationNotOwed) { self.owed.append(owed) }
        // What is answered tells whether it is recorded, and whether it is kept.
        var left = 2
        let answer = {
            left -= 1
            if left == 0 { change.done(.success(outcome)) }
        }
        owed.whenHeard = { index in
            outcome.record = index
            answer()
        }
        recordOwed()
        for entry in outcome.out.cut { cut(entry) }
        keeping += 1
        port.keep(revoked) { [self] number in
            keeping -= 1
            owed.number = number
            outcome.isKept = number != nil
            // It may have been recorded before it was written.
            if let number { written = max(written, number) }
            forget()
            answer()
        }
    }

    /// Appends the records of all revocations that are owed, in order, on what was appended before; and puts what follows from
    /// them in force. Where the log cannot be written they are in force without.
    private func recordOwed() {
        var policy = head
        // With a log that has failed nothing of what was appended counts, heard of or not.
        for owed in owed where !owed.isAppended || !journal.isWorking {
            let rules = policy.active(owed.rules.ids)
            // What is stored may have none of its rules in force; what is at the disk may, and come to nothing.
            guard !rules.isEmpty else { continue }
            let edit = PolicyEdit.revoking(rules, of: policy, reason: owed.rules.reason)
            policy = policy.narrowed(edit, digest: port.digest)
            if journal.isWorking { append(owed, edit, policy) }
        }
        for owed in owed where !owed.isAppended {
            if !journal.isWorking {
                owed.heard(nil)
            } else if !isAdding {
                settle(owed, nil)
            }
        }
        if !isAdding {
            adopt(policy)
        } else {
            // What is in force is what was before what is at the disk, and its records name that.
            var narrowed = inForce
            for owed in owed {
                let rules = narrowed.active(owed.rules.ids)
                guard !rules.isEmpty else { continue }
                let edit = PolicyEdit.revoking(rules, of: narrowed, reason: owed.rules.reason, revises: false)
                narrowed = narrowed.narrowed(edit) { _ in inForce.stored.sha256 }
            }
            adopt(narrowed)
        }
    }

    private func append(_ owed: Owed, _ edit: PolicyEdit, _ policy: PolicyInForce) {
        owed.isAppended = true
        let outcome = PolicyOutcome(before: head, built: BuiltPolicy(policy))
        record(edit, outcome, author: owed.author, reason: owed.rules.reason) { [self] result in
            owed.isAppended = false
            if case .success(let index) = result { settle(owed, index) } else { owed.heard(nil) }
        }
    }

    /// The log tells of it.
    private func settle(_ settled: Owed, _ index: UInt64?) {
        owed.removeAll { $0 === settled }
        forget()
        settled.heard(index)
    }

    /// Has `STATE/revoked` forget what is recorded: up to the first entry that is not.
    private func forget() {
        // One that is on its way may be there already, before others.
        guard keeping == 0 else { return }
        let first = owed.compactMap(\.number).min() ?? .max
        let through = min(written, first - min(first, 1))
        guard through > forgotten else { return }
        forgotten = through
        port.forget(revocationsThrough: through)
    }

    private func remove(_ name: CapabilityName, _ change: Change) {
        do throws(PolicyRefusal) {
            let edit = try PolicyEdit.removing(name, holdings[name], from: inForce)
            let policy = inForce.without(name, edit)
            let outcome = PolicyOutcome(before: inForce, built: BuiltPolicy(policy, problems: inForce.problems))
            if change.isDryRun { return finish(change, .success(outcome)) }
            adopt(policy)
            record(edit, outcome, author: change.author, reason: change.reason) { [self] result in
                finish(
                    change,
                    result.map { index in
                        var outcome = outcome
                        outcome.record = index
                        return outcome
                    })
            }
        } catch {
            finish(change, .failure(error))
        }
    }

    // MARK: - Recording

    /// Appends the record of an edit of ``head``; what is in force stays.
    /// - Parameter done: hears the index when the record is durable.
    private func record(
        _ edit: PolicyEdit, _ outcome: PolicyOutcome, author: (any AuthorPort)?, reason: String?,
        _ done: @escaping (Result<UInt64, PolicyRefusal>) -> Void
    ) {
        if let failure = journal.failure { return done(.failure(.auditUnavailable(failure))) }
        let built = outcome.built.policy
        guard !edit.isRevision || built.revision == head.revision + 1 else {
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
        let stored = built.with(edit.changes(index))
        head = stored
        journal.append(
            record, at: moment, changes: changes,
            waiter: .then { [self] result in
                guard result == .committed else {
                    // Nothing of what was appended is there, as far as is known.
                    head = recorded
                    return done(.failure(.auditUnavailable(journal.failure ?? "the record was not committed")))
                }
                counters.cleared(gone, at: index)
                recorded = stored
                done(.success(index))
            })
    }

    // MARK: - What is in force

    /// Puts a policy in force: from here on every decision is made by it, also for calls that are under way.
    package func adopt(_ new: PolicyInForce) {
        inForce = new
        adoptions += 1
        policy.replace(with: new.compiled)
        counters.keep(only: new.compiled.ids, before: journal.nextIndex)
        let (added, displaced) = holdings.replace(with: new.capabilities)
        deposits.displaced(displaced)
        endRevokedLeases()
        grants.policyChanged()
        port.adopted(added)
    }

    /// Ends the leases that the policy in force permits to nobody any more.
    func endRevokedLeases() {
        let policy = inForce.compiled
        // Many leases have one rule.
        var permits: [String: Bool] = [:]
        leases.endWhere(
            isRevoked: { lease in
                let isPermitted = permits[lease.rule] ?? policy.mayPermitOpening(lease.rule)
                permits[lease.rule] = isPermitted
                return !isPermitted
            }, isRemoved: { self.holdings[$0.name] == nil })
    }

    /// What went out under these rules.
    private func out(under rules: [Rule]) -> WhatIsOut {
        let ids = Set(rules.map(\.id))
        var out = WhatIsOut(leases: leases.those { ids.contains($0.rule) })
        var followed: [String: [UInt32: Int]] = [:]
        for lease in out.leases { followed[lease.rule, default: [:]][lease.uid, default: 0] += 1 }
        for rule in rules where rule.effect == .permit {
            for (uid, count, contents) in grants.sent(under: rule.id) {
                out.sent.append(
                    .init(
                        rule: rule.id, uid: uid, count: count, leases: followed[rule.id]?[uid] ?? 0, contents: contents)
                )
            }
        }
        let opening = rules.filter { $0.effect == .permit && $0.actions.contains(.open) }
        let patterns = PatternTrie(opening.flatMap(\.capabilities))
        out.cut = holdings.all.filter { entry in
            guard entry.capability.isCutByRevocation, entry.holding != nil else { return false }
            var found: [Int32] = []
            patterns.match(entry.capability.name, into: &found)
            return !found.isEmpty
        }.sorted { $0.capability.name < $1.capability.name }
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
        var wanted = PolicyBuild(stored, added)
        wanted.looksAgain = true
        port.build(wanted) { [self] built in
            var policy = built.policy
            // What is stored is what they are compared with.
            policy.stored.names = stored.names
            recorded = policy
            head = policy
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
    package func takeUp(_ kept: [KeptRevocation], _ done: @escaping () -> Void) {
        guard !kept.isEmpty else { return done() }
        var left = kept.count
        for entry in kept {
            let owed = Owed(entry.due, number: entry.number)
            written = max(written, entry.number)
            owed.whenHeard = { _ in
                left -= 1
                if left == 0 { done() }
            }
            self.owed.append(owed)
        }
        recordOwed()
    }

    /// The log can be written again, and this is what it holds: what was voided may turn out to be stored, and then it is in
    /// force, but for the rules whose revocation is owed.
    /// - Parameter ready: called when what is stored has been built.
    func reopened(_ restored: RestoredState, _ ready: @escaping () -> Void) {
        let isKnown =
            restored.policy.revision == recorded.revision && restored.policy.sha256 == recorded.stored.sha256
            && restored.capabilities == recorded.added
        guard !isKnown, !isPlanted(.storedNotNoticed) else {
            head = recorded
            return ready()
        }
        var wanted = PolicyBuild(restored.policy, restored.capabilities)
        wanted.looksAgain = true
        port.build(wanted) { [self] built in
            recorded = built.policy
            head = built.policy
            ready()
        }
    }

    /// The log is written again, in this turn: what is owed is recorded before anything else.
    func resumed() {
        let isInForce =
            owed.isEmpty && head.revision == inForce.revision && head.stored.sha256 == inForce.stored.sha256
            && head.added == inForce.added
        if isInForce {
            // The ledger may count uses of rules that are gone: their records came behind that of the policy without them.
            counters.keep(only: inForce.compiled.ids, before: journal.nextIndex)
            endRevokedLeases()
        } else if isPlanted(.revocationNotRecordedAtOnce) {
            adopt(head)
        } else {
            recordOwed()
        }
        proceed()
    }
}

extension PolicyInForce {
    /// The rules of these ids that count.
    fileprivate func active(_ ids: [String]) -> [Rule] {
        ids.compactMap(compiled.rule).filter(compiled.isActive)
    }

    /// The same without the rules that an edit takes away. No text has to be read for that, and no rule compiled.
    fileprivate func narrowed(_ edit: PolicyEdit, digest: (StoredPolicy) -> String) -> PolicyInForce {
        var policy = self
        policy.stored = edit.stored
        policy.stored.sha256 = digest(edit.stored)
        policy.compiled = compiled.narrowed(
            removed: edit.removed, suspended: edit.suspended, revision: edit.stored.revision,
            sha256: policy.stored.sha256)
        return policy
    }

    /// The same without a capability that was added.
    fileprivate func without(_ name: CapabilityName, _ edit: PolicyEdit) -> PolicyInForce {
        var policy = self
        policy.added = edit.added
        policy.capabilities.removeAll { $0.name == name }
        return policy
    }

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
