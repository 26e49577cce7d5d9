// SPDX-License-Identifier: Apache-2.0

import Records
import VaultCore
import VaultModel

/// Looks at the broker from outside: at what it sends, what it commits and what it answers, with a model of its own.
final class Checker {
    struct Known {
        let grant: DurableRecord.Grant
        let life: Int
        var wasSent = false
        var outcome: DurableRecord.Outcome?
    }

    private(set) var finding: Finding?
    /// Every rule that ever was, by its id.
    var rules: [String: RuleFacts] = [:]
    private(set) var life = 0
    private(set) var grants: [UInt64: Known] = [:]
    /// Grants that no delivery record names.
    private(set) var openGrants: Set<UInt64> = []
    private var used: [String: UInt64] = [:]
    private var usedByUser: [String: [UInt32: UInt64]] = [:]
    /// Since when the clocks can be compared (boot clock).
    private var comparableUSec: Int64 = 0
    /// When grants were charged to a rule, by the boot clock.
    private var charged: [String: [(bootUSec: Int64, uid: UInt32)]] = [:]
    /// Rules whose revocation was answered as durable, and that were not resumed since.
    private var revoked: Set<String> = []
    /// When rules were resumed last: behind which record.
    private var resumed: [String: UInt64] = [:]
    /// The newest time in a record.
    private var newestUSec: Int64 = 0
    private var hasPolicyChanged = false
    private var declared = DeclaredNames()
    /// Every rule that was active in a policy that was stored.
    private var everActive: Set<String> = []
    /// The hashes of the policies that records tell of, by their revisions.
    private var storedPolicies: [Int: String] = [:]
    private var left: [WeakDescriptor] = []
    /// What clients have passed in, as the records tell of it.
    var deposits = DepositFacts.All()
    var receipts = ReceiptFacts()

    /// So many messages with descriptors may lie unread with one client.
    private static let mostUnread = 4

    func found(_ invariant: Invariant, _ text: @autoclosure () -> String) {
        if finding == nil { finding = Finding(invariant: invariant, text: text()) }
    }

    func lifeBegins(_ life: Int) {
        self.life = life
        left = []
        deposits.lifeBegins()
        receipts.lifeBegins()
    }

    func isTrusted(_ now: Moment) -> Bool { now.wallUSec >= newestUSec - 1_000_000 }

    func policyChanges() { hasPolicyChanged = true }

    /// - Parameter asked: how many records there were when it was asked for: it may have been resumed since.
    func revocationIsAnswered(_ rule: String, asked: UInt64) {
        if resumed[rule] ?? 0 < asked { revoked.insert(rule) }
    }

    /// After a reboot a start goes by the wall clock to tell how old a use within a window is: one from before may seem older
    /// than it is.
    func clockWentForward(_ now: Moment) {
        charged = [:]
        comparableUSec = now.bootUSec
    }

    // MARK: What is durable

    func stored(_ batch: Batch, in world: World) {
        var index = batch.firstIndex
        let cleared = batch.clearings
        let revisions = batch.revisions
        for leaf in batch.leaves {
            let record = DurableRecord(leaf)
            if record.index != index { found(.log, "record \(index) says that it is \(record.index)") }
            // A clock that was accepted is right, whatever was recorded before.
            newestUSec = record.type == "clock.accept" ? record.timeUSec : max(newestUSec, record.timeUSec)
            if let revision = revisions[index] { storedPolicies[revision.revision] = revision.sha256 }
            if let grant = record.grant { stored(grant, record) }
            if let deposited = record.deposited { stored(deposited, record, batch, world) }
            for (grant, outcome) in record.outcomes { stored(outcome, of: grant) }
            for (grant, isMissing) in record.receipts { isTold(grant, isMissing: isMissing) }
            if let rules = cleared[index] { isCleared(rules) }
            index += 1
        }
        for case .ruleResumed(let id, _) in batch.changes {
            revoked.remove(id)
            resumed[id] = index
        }
        let policy = world.ledger.policy
        if policy.sha256 != Texts.digest(policy), policy.revision > 0 {
            found(.log, "the policy that is stored is not what its hash says: \(policy)")
        }
        let facts = world.storedFacts
        everActive.formUnion(facts.active)
        // Files that do not have a rule any more end its revocation: it may come back with others.
        let granted = Set(world.administration.texts.rules.values.map(\.id))
        for rule in rules.keys where !granted.contains(rule) && !facts.rules.contains(where: { $0.id == rule }) {
            revoked.remove(rule)
            resumed[rule] = index
        }
        if let oldest = openGrants.min(), world.ledger.deliveredUpTo > oldest {
            found(.outcomes, "grant \(oldest) has no outcome, and is taken to have one")
        }
        for rule in rules.values where rule.isOutstandingLimited { checkOutstanding(rule, world.ledger.leases) }
        if world.hasDeposits { compareDeposits(world.ledger) }
    }

    /// They begin anew.
    private func isCleared(_ rules: [String]) {
        for rule in rules {
            used[rule] = nil
            usedByUser[rule] = nil
            charged[rule] = nil
        }
    }

    private func stored(_ grant: DurableRecord.Grant, _ record: DurableRecord) {
        if storedPolicies[grant.revision] != grant.policy {
            found(.recorded, "grant \(record.index) names revision \(grant.revision), which is not stored as it says")
        }
        grants[record.index] = Known(grant: grant, life: life)
        openGrants.insert(record.index)
        guard let rule = rules[grant.charged] else { return found(.permitted, "there is no rule \(grant.charged)") }
        used[rule.id, default: 0] += 1
        usedByUser[rule.id, default: [:]][grant.uid, default: 0] += 1
        if let limit = rule.uses.inAll, used[rule.id, default: 0] > limit {
            found(.counted, "\(rule.id) was used more than \(limit) times")
        }
        if let limit = rule.uses.perPrincipal, usedByUser[rule.id]?[grant.uid] ?? 0 > limit {
            found(.counted, "\(rule.id) was used more than \(limit) times by \(grant.uid)")
        }
        guard rule.rate != Limit(), record.bootUSec >= comparableUSec else { return }
        charged[rule.id, default: []].append((record.bootUSec, grant.uid))
        check(rule, rule.rate.inAll, charged[rule.id] ?? [])
        check(rule, rule.rate.perPrincipal, (charged[rule.id] ?? []).filter { $0.uid == grant.uid })
    }

    private func check(_ rule: RuleFacts, _ window: RateWindow?, _ times: [(bootUSec: Int64, uid: UInt32)]) {
        guard let window, let newest = times.last?.bootUSec else { return }
        let recent = times.filter { $0.bootUSec > newest - window.windowUSec && $0.bootUSec <= newest }
        if recent.count > window.count { found(.counted, "\(rule.id) was used more often than \(window)") }
    }

    private func checkOutstanding(_ rule: RuleFacts, _ leases: [StoredLease]) {
        let out = leases.filter { $0.rule == rule.id }
        if let limit = rule.outstanding.inAll, out.count > limit {
            found(.counted, "more than \(limit) grants of \(rule.id) are out")
        }
        guard let limit = rule.outstanding.perPrincipal else { return }
        for uid in World.uids where out.count(where: { $0.uid == uid }) > limit {
            found(.counted, "more than \(limit) grants of \(rule.id) are out to \(uid)")
        }
    }

    private func stored(_ outcome: DurableRecord.Outcome, of index: UInt64) {
        guard let known = grants[index] else { return found(.outcomes, "\(index) has an outcome and is no grant") }
        if known.outcome != nil { found(.outcomes, "grant \(index) has two outcomes") }
        switch outcome {
        case .sent: if !known.wasSent { found(.outcomes, "grant \(index) is recorded as sent, and was not") }
        case .failed: if known.wasSent { found(.outcomes, "grant \(index) is recorded as failed, and was sent") }
        case .unknown:
            if known.life == life {
                found(.outcomes, "the outcome of grant \(index) is recorded as unknown in its own life")
            }
        }
        grants[index]?.outcome = outcome
        openGrants.remove(index)
    }

    // MARK: What is sent

    /// A call is sent, in this moment.
    func sends(_ call: OpenCall, _ answer: SimAnswer, _ session: Session, _ world: World) {
        if session.unread.messages >= Self.mostUnread, !session.isReading {
            found(.answers, "connection \(session.number) leaves \(session.unread.messages) messages unread")
        }
        if call.items.count != answer.names.count { found(.answers, "not all of the names are sent") }
        for (item, asked) in zip(call.items, answer.names) {
            guard let descriptor = item.acquired?.descriptor as? SimDescriptor, let index = item.record else {
                found(.answers, "\(asked.name) is not sent with the others")
                continue
            }
            sends(descriptor, index, asked.name.text, session, world)
            sends(descriptor, item, index, takes: asked.takes, session, world)
            if let rights = asked.asked, rights != descriptor.rights {
                found(.recorded, "\(rights) was asked, and \(descriptor.rights) is sent")
            }
            sends(call.asked.takesContent ? item.content : nil, of: descriptor, index)
        }
    }

    /// - Parameter content: nil: the descriptor itself.
    private func sends(_ content: CapabilityContent?, of descriptor: SimDescriptor, _ index: UInt64) {
        guard let grant = grants[index]?.grant else { return }
        if grant.content != content?.sha256 || (grant.delivery == "content") != (content != nil) {
            found(.recorded, "grant \(index) is recorded with the content \(grant.content ?? "none")")
        }
        guard let content else { return }
        if content != descriptor.content { found(.recorded, "grant \(index) is sent with what another file holds") }
        if grant.lease != nil { found(.leases, "grant \(index) leaves no descriptor, and is followed") }
    }

    private func sends(
        _ descriptor: SimDescriptor, _ index: UInt64, _ name: String, _ session: Session, _ world: World
    ) {
        world.say("  connection \(session.number) is sent \(name) for record \(index)")
        guard let known = grants[index] else { return found(.recorded, "grant \(index) is sent and is not durable") }
        let grant = known.grant
        let process = session.process
        if known.wasSent { found(.recorded, "grant \(index) is sent twice") }
        if known.outcome != nil { found(.outcomes, "grant \(index) is sent and has an outcome already") }
        if grant.uid != process.uid || grant.pid != process.pid { found(.recorded, "grant \(index) is another's") }
        if grant.name != name || descriptor.capability.name.text != name {
            found(
                .recorded, "grant \(index) is of \(grant.name), and \(descriptor.capability.name) is sent for \(name)")
        }
        if grant.rights != descriptor.rights.words {
            found(.recorded, "grant \(index) is recorded with \(grant.rights), and sent with \(descriptor.rights)")
        }
        if process.isGone || process.hasChanged { found(.permitted, "grant \(index) is sent to another process") }
        grants[index]?.wasSent = true
        receipts.sentOver[index] = session.number
        descriptor.timesSent += 1
        checkRule(grant, index, descriptor, process, world)
        if grant.delivery == "shared", descriptor.part == .whole, descriptor.capability.opening != .eachGrant { return }
        if descriptor.timesSent > 1 { found(.descriptors, "a description of \(name) is sent to two") }
        left.append(WeakDescriptor(descriptor: descriptor))
    }

    private func checkRule(
        _ grant: DurableRecord.Grant, _ index: UInt64, _ descriptor: SimDescriptor, _ process: SimProcess,
        _ world: World
    ) {
        let policy = world.administration.inForce
        let now = world.now()
        let isTrusted = self.isTrusted(now)
        func isAbout(_ rule: RuleFacts) -> Bool {
            rule.isAbout(process, grant.name, now, isTrusted: isTrusted, bootID: world.bootID)
        }
        let isDeposit = descriptor.capability.kind == .deposit
        if policy.capability(grant.name) != (isDeposit ? nil : descriptor.capability) {
            found(.permitted, "grant \(index) is sent of what \(grant.name) is not any more")
        }
        guard let rule = policy.active(grant.charged), !revoked.contains(rule.id) else {
            return found(.permitted, "grant \(index) is sent under \(grant.charged), which is revoked")
        }
        if rule.isForbid || !isAbout(rule) || !(rule.rights ?? .all).isSuperset(of: descriptor.rights)
            || (rule.needsReason && !grant.hasReason)
        {
            found(.permitted, "grant \(index) is sent under \(rule.id), which does not permit it")
        }
        for forbid in policy.rules where forbid.isForbid && policy.active(forbid.id) != nil && isAbout(forbid) {
            if !(forbid.rights ?? .all).isDisjoint(with: descriptor.rights) {
                found(.permitted, "grant \(index) is sent, and \(forbid.id) forbids it")
            }
        }
        // What leaves no descriptor behind is over when it is sent.
        guard grant.content == nil, rule.leaseUSec != nil || rule.isOutstandingLimited else { return }
        guard let lease = world.ledger.leases.first(where: { $0.record == index }) else {
            return found(.leases, "grant \(index) is sent, and its lease is not durable or has ended")
        }
        if let expires = lease.expiresBootUSec, expires <= now.bootUSec {
            found(.permitted, "grant \(index) is sent, and its lease has expired")
        }
    }

    // MARK: After each step

    func look(_ world: World) {
        guard let core = world.core else { return }
        for one in left where one.descriptor != nil { found(.descriptors, "a descriptor was sent and is still open") }
        left.removeAll(keepingCapacity: true)
        let waiting = world.registry.namesUnderWay + world.depositsUnderWay + world.returning.count
        let open = world.registry.openCount
        let held = core.holdings.descriptorCount
        // A call may hold both ends that were opened for a capability that is gone, beside its own; a ticket what is being
        // copied.
        if open < held || open > held + 3 * waiting + world.openTickets {
            found(.descriptors, "\(open) descriptors are open: \(held) held, and \(waiting) names are under way")
        }
        if waiting == 0, world.openTickets == 0, open != held {
            found(.descriptors, "\(open) descriptors are open, \(held) of them held for somebody")
        }
        lookAtAccounts(world, core)
        if world.hasDeposits { lookAtDeposits(world, core) }
        if hasPolicyChanged { declared.look(world.administration.inForce) }
        for capability in world.registry.endsLost
        where world.administration.inForce.capability(capability.name.text) == capability
            && !declared.wereGone.contains(capability.name.text)
        {
            found(.descriptors, "an end of \(capability.name) was closed and nobody got it")
        }
        world.registry.endsLost = []
        if hasPolicyChanged {
            lookForRevoked(world)
            lookForUnrecorded(world)
        }
        hasPolicyChanged = false
    }

    /// No authority is in force that was never recorded, or whose revocation was answered.
    private func lookForUnrecorded(_ world: World) {
        for rule in world.administration.inForce.active {
            if !everActive.contains(rule) { found(.permitted, "\(rule) is in force and was never stored") }
            if world.administration.isServing, revoked.contains(rule) {
                found(.permitted, "\(rule) is in force, though its revocation was answered")
            }
        }
    }

    /// When nothing is under way, what is in force is what is stored.
    private func lookAtPolicy(_ world: World) {
        let (stored, inForce) = (world.storedFacts, world.administration.inForce)
        if stored.revision != inForce.revision || stored.sha256 != inForce.sha256 || stored.active != inForce.active {
            found(.permitted, "revision \(inForce.revision) is in force, and \(stored.revision) is stored")
        }
        if Set(stored.capabilities.map(\.name.text)) != Set(inForce.capabilities.map(\.name.text)) {
            found(.permitted, "other capabilities are in force than are stored")
        }
    }

    /// In the turn of a revocation what waits under the rule is taken back, wherever it is next to leave.
    private func lookForRevoked(_ world: World) {
        for session in world.sessions {
            guard case .granted(let call) = session.answers.first?.state else { continue }
            for item in call.items {
                guard let rule = item.decision?.charged?.id, world.administration.inForce.active(rule) == nil else {
                    continue
                }
                found(.permitted, "what was granted under \(rule) still waits when that is revoked")
            }
        }
    }

    // MARK: When faults have stopped

    func lookWhenSettled(_ world: World) {
        guard let core = world.core else { return }
        guard core.journal.isWorking else { return found(.liveness, "the log is not written again") }
        guard world.administration.isServing else { return found(.liveness, "the broker does not serve") }
        if world.registry.namesUnderWay > 0 { found(.descriptors, "a call that was answered is still there") }
        if world.administration.waiting > 0 { found(.liveness, "an act on the policy waits for ever") }
        if !core.administration.isAtRest { found(.liveness, "what is owed of the policy is not recorded") }
        lookAtPolicy(world)
        for session in world.sessions {
            if !session.answers.isEmpty { found(.liveness, "a call on connection \(session.number) waits for ever") }
            if session.otherCalls > 0 { found(.liveness, "a call about a lease or a deposit waits for ever") }
        }
        lookAtAccountsAtRest(core)
        lookAtOutcomes(world)
        lookAtCounters(world, core)
        lookAtLeases(world, core)
        if world.hasDeposits { lookAtDepositsAtRest(world, core) }
    }

    func lookAtStop(_ world: World) { if finding == nil { lookAtOutcomes(world) } }

    private func lookAtOutcomes(_ world: World) {
        if let open = openGrants.min() { found(.outcomes, "grant \(open) never gets an outcome") }
        lookAtReceipts()
        if world.core?.journal.owesOutcomes == true { found(.outcomes, "outcomes are not recorded") }
        if world.core?.journal.committed != world.ledger.size { found(.log, "what is durable is not known to be") }
        if world.core?.journal.waiting ?? 0 > 0 { found(.liveness, "records are not committed") }
    }
}
