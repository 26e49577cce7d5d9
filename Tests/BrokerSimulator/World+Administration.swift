// SPDX-License-Identifier: Apache-2.0

import Records
import VaultCore
import VaultModel
import VaultPolicy

/// What is around the core's administration: the policy's texts, the policy directory, and `STATE/revoked`.
struct Administration {
    var texts = Texts()
    /// What lies in the policy directory.
    var directory = DirectoryFiles(path: "/policies", sha256: "", files: [])
    /// What the core was last heard to have put in force.
    var stored = StoredPolicy.none
    var inForce = PolicyFacts(revision: 0, sha256: "", rules: [], capabilities: [])
    /// The broker takes connections and calls.
    var isServing = false
    /// What the start has read is in force: the ledger may be opened again.
    var isTakenUp = false
    /// The directory is to be applied when the log is written again.
    var isReloadWanted = false
    /// `STATE/revoked`: revocations that are in force and may not be recorded; it survives a crash.
    var revoked: [(number: UInt64, rules: RevokedRules)] = []
    var nextRevocation: UInt64 = 0
    /// Acts that are not answered.
    var waiting = 0
    var nextRule = 0
    var nextName = 0
    var nextFile = 0
}

/// Who changes the policy.
private final class SimAuthor: AuthorPort {
    let identity = Identity(uid: 0, gid: 0, pid: 1, pidfdInode: nil)
    var authorText: PeerText { PeerText(identity, hash: { _ in "" }) }
    func mayStillAct() -> Bool { true }
}

extension World {
    // MARK: Start

    func start() {
        ledger.acknowledge()
        checker.areAnswered(before: ledger.size)
        let restored = restored(isStart: true)
        let core = BrokerCore(
            BrokerCore.Ports(loop: self, ledger: self, opener: self, holders: self, policy: self, deposits: self),
            restored: restored,
            bootID: bootID, hash: { _ in "" }, runID: "run\(life)", recordsPerUser: choices.pick(of: [1_000, 12]),
            leaseLimits: choices.pick(of: [
                LeaseLimits(leasesPerUser: 8, holders: 6, holdersPerUser: 3),
                LeaseLimits(leasesPerUser: 2, holders: 2, holdersPerUser: 1),
            ]), sessionLimits: sessionLimits(), depositLimits: chooseDepositLimits())
        self.core = core
        _ = core.journal.noteClock(now())
        let moment = now()
        core.counters.adopt(restored.counters, now: moment)
        core.journal.begin(
            .start(version: "0", undelivered: restored.undelivered.count, origin: "simulated"), at: moment
        ) { [self] in
            // With a log that cannot be written it starts all the same, if there is a policy.
            if $0 == .voided, isMuted || restored.bootstrapNeeded { return startFails() }
            takeUp(restored)
        }
    }

    private func sessionLimits() -> SessionLimits {
        var limits = SessionLimits()
        limits.connections = choices.pick(of: [5, 3])
        limits.connectionsPerUser = choices.pick(of: [5, 2])
        limits.connectionsForAdmin = 0
        // Mostly so long that much waits behind who does not read.
        limits.undrainedUSec = choices.pick(of: [60_000_000, 60_000_000, 2_000_000])
        limits.descriptors.onTheWay = choices.pick(of: [1_000, 1_000, 24])
        limits.descriptors.onTheWayOfOne = limits.descriptors.onTheWay / 2
        limits.descriptors.kept = choices.pick(of: [1_000, 8])
        limits.descriptors.keptOfOne = limits.descriptors.kept / 2
        limits.descriptors.ahead = choices.pick(of: [1_000, 4])
        limits.descriptors.aheadOfOne = limits.descriptors.ahead / 2
        descriptorLimits = limits.descriptors
        limits.idleUSec = choices.pick(of: [0, 5_000_000])
        return limits
    }

    private func startFails() {
        // Not from within the core that is given up.
        guard !isMuted else { return }
        later("the start fails") { [self] in
            crash()
            begin()
        }
    }

    private func takeUp(_ restored: RestoredState) {
        guard let core else { return }
        core.leases.takeUp(restored.leases)
        core.administration.start(
            restored.policy, restored.capabilities, directories: restored.directories
        ) { [self] built in
            var acts: [PolicyAct] = []
            if restored.bootstrapNeeded { acts.append(.restoreOwner(uid: 0, isRecovery: false)) }
            if !built.resolved.isEmpty { acts.append(.reread(nil, isStart: false)) }
            acts.append(.reread(administration.directory, isStart: true))
            let kept = administration.revoked.map { entry in
                let since = entry.rules.ids.filter { ledger.wasTakenAway($0, after: entry.rules.revision ?? .max) }
                return KeptRevocation(number: entry.number, rules: entry.rules, takenAwaySince: Set(since))
            }
            let due = Set(kept.flatMap { entry in entry.rules.ids.filter { !entry.takenAwaySince.contains($0) } })
            let left = activeRules.subtracting(due)
            self.core?.administration.takeUp(kept) { [self] in
                checker.startTookAway(left.subtracting(activeRules))
                administration.isTakenUp = true
                go(acts)
            }
        }
    }

    private var activeRules: Set<String> {
        guard let policy = core?.administration.inForce.compiled else { return [] }
        return Set(policy.rules.lazy.filter(policy.isActive).map(\.id))
    }

    /// One act after the other; then the broker serves.
    private func go(_ acts: [PolicyAct]) {
        guard let core, !isMuted else { return }
        guard let act = acts.first else { return beginsToServe() }
        core.administration.change(act) { [self] result in
            // A directory with mistakes in it does not keep the broker from starting.
            if case .failure(.auditUnavailable) = result {
                guard case .reread = act else { return startFails() }
                administration.isReloadWanted = true
            }
            go(Array(acts.dropFirst()))
        }
    }

    private func beginsToServe() {
        guard let core, !isMuted else { return }
        guard !administration.inForce.capabilities.isEmpty else { return startFails() }
        core.endWhatIsOver()
        core.journal.commitOutcomes()
        core.sessions.serve()
        administration.isServing = true
        reloadIfWanted()
    }

    /// What a start could not record is applied as soon as the log is written.
    func reloadIfWanted() {
        guard let core, administration.isReloadWanted, administration.isServing, core.journal.isWorking else { return }
        administration.isReloadWanted = false
        say("the directory is applied now")
        core.administration.change(.reread(administration.directory, isStart: false)) { [self] result in
            if case .failure(.auditUnavailable) = result { administration.isReloadWanted = true }
        }
    }

    // MARK: Acts

    /// Somebody wants something of the policy; others may be waiting for theirs.
    func administer() {
        guard administration.isServing, administration.waiting < 4 else { return deliver() }
        let suspended = administration.inForce.suspended.sorted()
        switch choices.pick(12) {
        case 0, 1:
            let rule = makeRule(administration.inForce.capabilities)
            let text = rule.rule.document
            administration.texts.rules[text] = rule
            checker.rules[rule.id] = rule
            ask("\(rule.id) is granted", .addRule(document: text))
        case 2: if let rule = suspended.first { ask("\(rule) is resumed", .resume(rule: rule)) }
        case 3, 4, 5: revoke()
        case 6:
            let files = changedFiles()
            ask("\(files.sha256) is applied", .replaceFiles(files.files, of: nil))
        case 7:
            administration.directory = changedFiles()
            say("the directory holds \(administration.directory.sha256)")
        case 8:
            let directory = administration.directory
            ask("the directory is applied", .replaceFiles(directory.files, of: directory))
        case 9:
            if choices.isOne(in: 3) { administration.texts.aliceID += 1 }
            ask("a reload", .reread(administration.directory, isStart: false))
        case 10:
            let capability = makeCapability(over: Self.depositNames[1])
            administration.texts.capabilities[capability.document] = capability
            ask("\(capability.name) is added", .addCapability(capability))
        default:
            let added = administration.inForce.capabilities
            let name = choices.pick(of: added).name
            ask("\(name) is removed", .removeCapability(name))
        }
    }

    private func revoke() {
        let active = administration.inForce.rules.filter { administration.inForce.active($0.id) != nil }
        guard !active.isEmpty else { return }
        let id = choices.pick(of: active).id
        let asked = core?.journal.nextIndex ?? 0
        ask(
            "\(id) is revoked",
            .revoke { policy in
                guard let rule = policy.compiled.rule(id) else { return .failure(.notFound(id)) }
                return .success(policy.compiled.suspended.contains(id) ? [] : [rule])
            }
        ) { [self] outcome in
            // What had failed was stored without the rule: there is nothing to revoke, and it may come with other files.
            if outcome.record == nil, !storedFacts.rules.contains(where: { $0.id == id }) { return }
            guard outcome.before.compiled.rule(id).map(outcome.before.compiled.isActive) == true else { return }
            if outcome.record != nil || outcome.isKept { checker.revocationIsAnswered(id, asked: asked) }
        }
    }

    private func ask(
        _ what: String, _ act: PolicyAct, _ done: @escaping (PolicyOutcome) -> Void = { _ in }
    ) {
        guard let core else { return }
        let isDryRun = choices.isOne(in: 10)
        say("\(what)\(isDryRun ? ", as a dry run" : "")")
        administration.waiting += 1
        var isAnswered = false
        core.administration.change(act, by: SimAuthor(), isDryRun: isDryRun) { [self] result in
            if isMuted { return }
            if isAnswered { checker.found(.answers, "an act on the policy is answered twice") }
            isAnswered = true
            administration.waiting -= 1
            guard case .success(let outcome) = result else { return say("  \(what): \(result)") }
            say("  \(what): record \(outcome.record.map(String.init) ?? "none")")
            if let record = outcome.record, record >= ledger.size {
                checker.found(.recorded, "\(what): record \(record) is not durable")
            }
            if isDryRun, outcome.record != nil { checker.found(.permitted, "a dry run was recorded") }
            if !isDryRun { done(outcome) }
        }
    }

    /// What the shell does with a holding now and then.
    func disturbHolding() {
        guard let core, administration.isServing else { return deliver() }
        let name = choices.pick(of: administration.inForce.capabilities).name
        guard let entry = core.holdings[name] else { return deliver() }
        switch entry.capability.source {
        case .file, .directory, .memory, .device, .listener:
            guard entry.capability.opening != .eachGrant else { return deliver() }
            if choices.isOne(in: 2) {
                say("\(name) is opened anew")
                core.holdings.renew(entry) { _ in }
            } else {
                say("\(name) is let go")
                core.holdings.close(entry)
            }
        case .pipe, .fifo, .connection, .helper, .deposit: deliver()
        }
    }
}

// MARK: - What administration asks for

extension World: PolicyPort {
    func build(_ wanted: PolicyBuild, _ done: @escaping (BuiltPolicy) -> Void) {
        guard !isMuted else { return }
        later("a policy is built") { [self] in
            done(
                administration.texts.build(
                    wanted, former: core?.administration.inForce.compiled, bootID: bootID))
        }
    }

    func read(rule document: String, defaultID: String, _ done: @escaping (Result<Rule, PolicyRefusal>) -> Void) {
        guard !isMuted else { return }
        later("a rule is read") { [self] in
            guard let rule = administration.texts.rules[document] else { return done(.failure(.notFound(document))) }
            done(.success(rule.rule))
        }
    }

    func digest(_ stored: StoredPolicy) -> String { Texts.digest(stored) }

    func keep(_ revoked: RevokedRules, _ done: @escaping (UInt64?) -> Void) {
        guard !isMuted else { return }
        later("the revocation of \(revoked.ids) is written to its journal") { [self] in
            guard !choices.isOne(in: 4) else { return done(nil) }
            administration.nextRevocation += 1
            administration.revoked.append((administration.nextRevocation, revoked))
            done(administration.nextRevocation)
        }
    }

    func forget(revocationsThrough number: UInt64) {
        // One that cannot be cleared is left, and is found at a later start.
        guard !isMuted, choices.isCalm || !choices.isOne(in: 4) else { return }
        later("the journal of revocations is cleared") { [self] in
            administration.revoked.removeAll { $0.number <= number }
        }
    }

    func adopted(_ added: [CapabilityEntry]) {
        guard let core else { return }
        let policy = core.administration.inForce
        administration.stored = policy.stored
        administration.inForce = administration.texts.facts(policy.stored, policy.added)
        say("policy \(policy.revision) is in force: \(administration.inForce.sha256)")
        checker.policyChanges()
        if hasDeposits { checker.declares(administration.inForce.capabilities) }
        for entry in added where entry.capability.opening == .atStart { core.hold(entry) { _ in } }
    }

    func cut(_ holding: any Holding) {}
}

extension Checker {
    /// - Parameter rules: that a start took away though no revocation of them was kept, or they came back since.
    func startTookAway(_ rules: Set<String>) {
        if !rules.isEmpty {
            found(.permitted, "a start took away \(rules.sorted()), which came back after they were revoked")
        }
    }
}
