// SPDX-License-Identifier: Apache-2.0

import Records
import VaultCore
import VaultModel

/// What the shell does about policies, and what it keeps for that.
struct Administration {
    /// Every policy that was ever made, by its hash.
    var documents: [String: PolicyFacts] = [:]
    /// The policy that the ledger has, as far as that is known.
    var recorded = ""
    var inForce = PolicyFacts(revision: 0, sha256: "", rules: [], capabilities: [])
    /// Changes of the policy are made one after the other.
    var isBusy = false
    /// The broker takes connections and calls.
    var isServing = false
    /// `STATE/revoked`: revocations that are in force and may not be recorded; it survives a crash.
    var revoked: [(number: Int, rule: String)] = []
    var nextRevocation = 0
    /// Revocations that are in force and could not be recorded.
    var owed: [(rule: String, number: Int?)] = []
    /// The rule of a revocation that is in force and on its way to its record.
    var underWay: String?
    var nextRule = 0
    var nextName = 0
    var nextPolicy = 0
}

extension World {
    /// The policy that the ledger has; where it has none yet, the first.
    private var stored: PolicyFacts? { administration.documents[ledger.policy] ?? administration.documents["first"] }

    // MARK: Start

    func start() {
        ledger.acknowledge()
        let restored = restored(isStart: true)
        let core = BrokerCore(
            BrokerCore.Ports(loop: self, ledger: self, opener: self, holders: self), restored: restored, bootID: bootID,
            hash: { _ in "" }, runID: "run\(life)", recordsPerUser: choices.pick(of: [1_000, 12]),
            leaseLimits: choices.pick(of: [
                LeaseLimits(leasesPerUser: 8, holders: 6, holdersPerUser: 3),
                LeaseLimits(leasesPerUser: 2, holders: 2, holdersPerUser: 1),
            ]))
        self.core = core
        _ = core.journal.noteClock(now())
        let moment = now()
        core.counters.adopt(restored.counters, now: moment)
        core.journal.append(
            .start(version: "0", undelivered: restored.undelivered.count, origin: "simulated"),
            at: moment,
            waiter: .then { [self] in
                guard $0 == .committed else { return startFails() }
                apply(restored)
            })
    }

    private func startFails() {
        // Not from within the core that is given up.
        guard !isMuted else { return }
        later("the start fails") { [self] in
            crash()
            begin()
        }
    }

    private func apply(_ restored: RestoredState) {
        guard let core else { return }
        core.leases.takeUp(restored.leases)
        guard let stored else { return }
        administration.recorded = ledger.policy
        adopt(stored)
        if ledger.policy.isEmpty { record(stored, .policyApply) { _ in } }
        applyRevoked()
    }

    /// What the journal of revocations holds is in force before anybody is served.
    private func applyRevoked() {
        guard let core else { return }
        guard let (number, rule) = administration.revoked.first else {
            core.leases.recordWhatIsOver()
            core.endRevokedLeases()
            core.journal.commitOutcomes()
            administration.isServing = true
            return
        }
        let isStored = administration.inForce.active(rule) == nil
        if isStored {
            administration.revoked.removeAll { $0.number == number }
            return applyRevoked()
        }
        let new = revoking(rule)
        adopt(new)
        record(new, .revoke) { [self] isRecorded in
            guard isRecorded else { return startFails() }
            administration.revoked.removeAll { $0.number == number }
            applyRevoked()
        }
    }

    // MARK: After a failed commit

    /// In one turn: nothing is recorded between the log's return and the comparison of what is stored with what is in force.
    func resume(_ restored: RestoredState) {
        guard let core else { return }
        core.resumed(restored)
        // Whatever its revision: what was voided and is stored has changed counters and capabilities with it.
        if ledger.policy != administration.recorded, let stored {
            administration.recorded = ledger.policy
            adopt(stored)
        }
        core.endRevokedLeases()
        // What is in force and is not stored is in force again at once.
        let unstored = administration.owed.map(\.rule) + [administration.underWay].compactMap { $0 }
        for rule in unstored where administration.inForce.active(rule) != nil { adopt(revoking(rule)) }
        later("what is owed is recorded") { [self] in recordOwed() }
    }

    private func recordOwed() {
        guard let core, core.journal.isWorking, let (rule, number) = administration.owed.first else { return }
        guard !administration.isBusy else { return later("what is owed is recorded") { [self] in recordOwed() } }
        if stored?.active(rule) != nil {
            administration.isBusy = true
            let new = next()
            adopt(new)
            record(new, .revoke) { [self] isRecorded in
                administration.isBusy = false
                guard isRecorded else { return }
                settleOwed(number)
            }
        } else {
            settleOwed(number)
        }
    }

    private func settleOwed(_ number: Int?) {
        administration.owed.removeFirst()
        administration.revoked.removeAll { $0.number == number }
        later("what is owed is recorded") { [self] in recordOwed() }
    }

    // MARK: Changes

    /// Puts a policy in force.
    private func adopt(_ new: PolicyFacts) {
        say("policy \(new.sha256) is in force")
        administration.inForce = new
        checker.policyChanges()
        guard let core else { return }
        let added = core.adopt(new.compiled(bootID: bootID), new.capabilities)
        for entry in added where entry.capability.opening == .atStart { core.hold(entry) { _ in } }
    }

    private func record(_ new: PolicyFacts, _ cause: RecordType, _ done: @escaping (_ isRecorded: Bool) -> Void) {
        guard let core, core.journal.isWorking else { return done(false) }
        let gone = core.counters.others(than: Set(new.rules.map(\.id)))
        let revision = PolicyRevision(
            revision: new.revision, sha256: new.sha256, cause: cause, timeUSec: now().wallUSec,
            record: core.journal.nextIndex)
        let head = Record.Revision(policy: PolicyStamp(revision: new.revision, sha256: new.sha256))
        core.journal.append(
            cause == .revoke ? .revoke(head, rules: []) : .policyApply(head),
            changes: [.policyRevision(revision)] + gone.map { .countersCleared(rule: $0) },
            waiter: .then { [self] outcome in
                if outcome == .committed {
                    administration.recorded = new.sha256
                    self.core?.counters.cleared(gone)
                }
                done(outcome == .committed)
            })
    }

    func changePolicy() {
        guard administration.isServing, !administration.isBusy else { return deliver() }
        let new = changed()
        say("the policy is to become \(new.sha256): \(new.rules.map(\.id)) without \(new.suspended.sorted())")
        administration.isBusy = true
        record(new, .policyApply) { [self] isRecorded in
            administration.isBusy = false
            if isRecorded { adopt(new) }
        }
    }

    func revoke() {
        let active = administration.inForce.rules.filter { administration.inForce.active($0.id) != nil && !$0.isForbid }
        guard administration.isServing, !administration.isBusy, !active.isEmpty else { return deliver() }
        let rule = choices.pick(of: active).id
        say("\(rule) is revoked")
        administration.isBusy = true
        administration.underWay = rule
        adopt(revoking(rule))
        later("the revocation of \(rule) is written to its journal") { [self] in
            var number: Int?
            if !choices.isOne(in: 4) {
                administration.nextRevocation += 1
                number = administration.nextRevocation
                administration.revoked.append((administration.nextRevocation, rule))
            }
            // What is in force by now: another change may have turned out to be stored.
            let new = next()
            administration.inForce = new
            record(new, .revoke) { [self] isRecorded in
                administration.isBusy = false
                administration.underWay = nil
                if isRecorded {
                    administration.revoked.removeAll { $0.number == number }
                } else {
                    administration.owed.append((rule, number))
                    if core?.journal.isWorking == true { later("what is owed is recorded") { [self] in recordOwed() } }
                }
                if isRecorded || number != nil { checker.revocationIsAnswered(rule) }
            }
        }
    }

    private func revoking(_ rule: String) -> PolicyFacts {
        var new = administration.inForce
        new.revision += 1
        if choices.isOne(in: 2) {
            new.rules.removeAll { $0.id == rule }
        } else {
            new.suspended.insert(rule)
        }
        return name(new)
    }

    // MARK: Making policies

    func makePolicy() {
        var first = PolicyFacts(revision: 1, sha256: "first", rules: [], capabilities: [])
        for _ in 0..<(3 + choices.pick(4)) { first.capabilities.append(makeCapability()) }
        for _ in 0..<(2 + choices.pick(4)) { first.rules.append(makeRule(first)) }
        administration.documents[first.sha256] = first
        for rule in first.rules { checker.rules[rule.id] = rule }
    }

    /// The policy in force, as another revision.
    private func next() -> PolicyFacts {
        var new = administration.inForce
        new.revision += 1
        return name(new)
    }

    private func name(_ new: PolicyFacts) -> PolicyFacts {
        var new = new
        administration.nextPolicy += 1
        new.sha256 = "policy-\(administration.nextPolicy)"
        administration.documents[new.sha256] = new
        for rule in new.rules { checker.rules[rule.id] = rule }
        return new
    }

    private func changed() -> PolicyFacts {
        var new = administration.inForce
        new.revision += 1
        switch choices.pick(6) {
        case 0: new.rules.append(makeRule(new))
        case 1: if new.rules.count > 1 { new.rules.remove(at: choices.pick(new.rules.count)) }
        case 2:
            // One that was suspended permits again.
            if let rule = new.suspended.sorted().first {
                new.suspended.remove(rule)
                checker.isResumed(rule)
            }
        case 3: new.capabilities.append(makeCapability())
        case 4: if new.capabilities.count > 1 { new.capabilities.remove(at: choices.pick(new.capabilities.count)) }
        default:
            let place = choices.pick(new.capabilities.count)
            var other = makeCapability()
            // A pipe has nothing in it by which it could be told from the former one of its name.
            if other.kind != .pipe { other.name = new.capabilities[place].name }
            new.capabilities[place] = other
        }
        return name(new)
    }

    private func makeCapability() -> Capability {
        administration.nextName += 1
        let name = capabilityName("c\(administration.nextName)")
        let path = "/data/\(administration.nextName)"
        let opening: Opening = choices.pick(of: [.onFirstUse, .atStart])
        switch choices.pick(9) {
        case 0:
            return Capability(
                name: name, source: .file(path: path, create: nil, noFollow: false), rights: [.read, .write],
                opening: opening)
        case 1:
            return Capability(
                name: name, source: .file(path: path, create: nil, noFollow: false), delivery: .shared, opening: opening
            )
        case 2:
            return Capability(
                name: name, source: .file(path: path, create: nil, noFollow: false), rights: [.read, .write],
                opening: .eachGrant)
        case 3: return Capability(name: name, source: .memory(.file(path)), opening: opening)
        case 4:
            return Capability(
                name: name, source: .memory(.credential("secret\(administration.nextName)")), opening: .eachGrant)
        case 5: return Capability(name: name, source: .fifo(path: path, create: nil), opening: opening)
        case 6:
            return Capability(
                name: name,
                source: .listener(.tcp(host: "127.0.0.1", port: UInt16(1_000 + administration.nextName), backlog: 1)),
                opening: opening)
        case 7: return Capability(name: name, source: .helper(run: ["/bin/helper"], path: path))
        default: return Capability(name: name, source: .pipe, opening: opening)
        }
    }

    private func makeRule(_ policy: PolicyFacts) -> RuleFacts {
        administration.nextRule += 1
        var rule = RuleFacts(id: "r\(administration.nextRule)")
        if choices.isOne(in: 3) { rule.uids = [choices.pick(of: Self.uids)] }
        if choices.isOne(in: 4) { rule.program = choices.pick(of: Self.programs) }
        if choices.isOne(in: 3) { rule.name = choices.pick(of: policy.capabilities).name.text }
        let count = UInt64(1 + choices.pick(3))
        let kind = choices.pick(10)
        if kind != 0, choices.isOne(in: 3) { rule.needsReason = true }
        switch kind {
        case 0:
            rule.isForbid = true
            rule.rights = choices.pick(of: [nil, .write])
            if rule.name == nil { rule.name = choices.pick(of: policy.capabilities).name.text }
            if choices.isOne(in: 2) { setTimes(&rule) }
        case 1: rule.uses.inAll = count + 2
        case 2: rule.uses.perPrincipal = count
        case 3: rule.rate.inAll = RateWindow(count: count, windowUSec: choices.pick(of: [1_000_000, 10_000_000]))
        case 4: rule.rate.perPrincipal = RateWindow(count: count, windowUSec: 1_000_000)
        case 5: rule.outstanding.inAll = count
        case 6:
            rule.outstanding.perPrincipal = count
            rule.leaseUSec = 1_000_000
        case 7:
            rule.leaseUSec = choices.pick(of: [400_000, 2_000_000])
            rule.maxLeaseUSec = 4_000_000
        case 8: setTimes(&rule)
        default: if rule.name == nil { rule.name = choices.pick(of: policy.capabilities).name.text }
        }
        return rule
    }

    private func setTimes(_ rule: inout RuleFacts) {
        if choices.isOne(in: 2) {
            rule.anchor = TimeAnchor(bootID: bootID, bootUSec: bootUSec, wallUSec: now().wallUSec)
        }
        let after: Int64 = choices.pick(of: [300_000, 2_000_000, 10_000_000])
        if choices.isOne(in: 3) {
            rule.notBeforeUSec = now().wallUSec + after
        } else {
            rule.notAfterUSec = now().wallUSec + after
        }
    }

    /// What the shell does with a holding now and then.
    func disturbHolding() {
        guard let core, administration.isServing else { return deliver() }
        let name = choices.pick(of: administration.inForce.capabilities).name
        guard let entry = core.holdings[name] else { return deliver() }
        switch entry.capability.source {
        case .file, .memory, .listener:
            guard entry.capability.opening != .eachGrant else { return deliver() }
            if choices.isOne(in: 2) {
                say("\(name) is opened anew")
                core.holdings.renew(entry) { _ in }
            } else {
                say("\(name) is let go")
                core.holdings.close(entry)
            }
        case .pipe, .fifo, .helper: deliver()
        }
    }
}
