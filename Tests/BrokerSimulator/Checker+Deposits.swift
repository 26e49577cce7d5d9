// SPDX-License-Identifier: Apache-2.0

import Records
import VaultCore
import VaultModel

/// A deposit as the durable records tell of it, and as clients have heard of it.
final class DepositFacts {
    /// A connection that was sent it for itself.
    struct Taker {
        weak var session: Session?
        let taking: String
        let grant: UInt64
        let sentUSec: Int64
        /// Its `Confirm` is not answered.
        var isConfirming = false
    }

    /// All of them, by their ids.
    struct All {
        var known: [String: DepositFacts] = [:]
        /// Those of which no record tells that they have gone.
        var open: [String: DepositFacts] = [:]
        /// Those that have left, and whose descriptors may still be on their way.
        var leaving: [DepositFacts] = []
        /// The waiters of the records below this index have been called.
        var answered: UInt64 = 0

        /// How many of each uid were left by the life before: limits that are lower now are not for these.
        var former: [UInt32: Int] = [:]
        /// What the service manager kept of none, and no record tells of.
        var strays: Set<String> = []

        mutating func lifeBegins() {
            leaving = []
            strays = []
            former = [:]
            for deposit in open.values { former[deposit.uid, default: 0] += 1 }
            for deposit in known.values {
                deposit.isHeld = false
                deposit.hasLeft = false
                deposit.taker = nil
                deposit.isHandedOver = false
                deposit.restored = nil
            }
        }
    }

    let id: String
    let record: UInt64
    let name: String
    let uid: UInt32
    let rule: String
    let expiresUSec: Int64?
    let endsWithHangUp: Bool
    weak var descriptor: SimDescriptor?
    /// What was passed in.
    var description: UInt64?
    /// Its `Deposit` was answered, or its `restore`: it can be had, until it goes.
    var isHeld = false
    /// The service manager has handed over to this life what was passed in.
    var isHandedOver = false
    /// The record of its return, in this life.
    var restored: UInt64?
    var hasLeft = false
    /// Something else was declared under its name.
    var isDeclared = false
    /// Somebody asked to have it removed.
    var isToGo = false
    /// Its other end has hung up.
    var isHungUp = false
    var taker: Taker?
    /// Its taker was told that it is its own.
    var isTaken = false
    /// The record of its end.
    var end: (index: UInt64, type: String, grant: UInt64?)?

    init(_ told: DurableRecord.Deposited, _ stored: StoredDeposit) {
        id = told.id
        record = stored.record
        name = told.name
        uid = told.uid
        rule = told.charged
        expiresUSec = stored.expiresBootUSec
        endsWithHangUp = stored.endsWithHangUp
    }

    func isExpired(at bootUSec: Int64) -> Bool { expiresUSec.map { $0 <= bootUSec } ?? false }

    /// Whether a taker has it, and nobody else may get it.
    func isReserved(at bootUSec: Int64) -> Bool {
        guard let taker else { return false }
        return taker.isConfirming
            || (taker.session?.isClosed == false && bootUSec < taker.sentUSec + Deposits.confirmUSec)
    }
}

extension Checker {
    // MARK: What is durable

    func stored(_ told: DurableRecord.Deposited, _ record: DurableRecord, _ batch: Batch, _ world: World) {
        if record.type == "restore" { return comesBack(told, record) }
        guard record.type == "deposit" else { return ends(told, record) }
        var added: StoredDeposit?
        for case .depositAdded(let one) in batch.changes where one.id == told.id { added = one }
        guard let added, added.record == record.index, deposits.known[told.id] == nil else {
            return found(.deposits, "record \(record.index) of \(told.id) comes without its deposit, or again")
        }
        if let former = told.replaces {
            guard let replaced = deposits.open.removeValue(forKey: former) else {
                return found(.deposits, "\(told.id) is in the place of \(former), which has gone")
            }
            replaced.end = (record.index, record.type, nil)
        }
        if deposits.open.values.contains(where: { $0.name == told.name }) {
            found(.deposits, "two are deposited under \(told.name)")
        }
        if rules[told.charged]?.actions.contains(.deposit) != true {
            found(.permitted, "\(told.charged) lets nobody deposit \(told.name)")
        }
        let deposit = DepositFacts(told, added)
        deposits.known[told.id] = deposit
        deposits.open[told.id] = deposit
    }

    private func ends(_ told: DurableRecord.Deposited, _ record: DurableRecord) {
        guard let deposit = deposits.open.removeValue(forKey: told.id) else {
            return found(.deposits, "record \(record.index) tells of the end of \(told.id), which has gone before")
        }
        deposit.end = (record.index, record.type, told.grant)
        guard record.type == "remove" else { return isTaken(deposit, told, record) }
        let isSo =
            switch told.why {
            case "asked": deposit.isToGo
            case "time": deposit.isExpired(at: record.bootUSec)
            case "hung-up": deposit.isHungUp && deposit.endsWithHangUp
            case "declared": deposit.isDeclared || !deposit.isHeld
            case "revoked": !deposit.isHeld
            case "lost": !deposit.isHeld && !deposit.isHandedOver
            default: false
            }
        if !isSo { found(.deposits, "\(deposit.id) is recorded as gone: \(told.why ?? "taken")") }
    }

    private func isTaken(_ deposit: DepositFacts, _ told: DurableRecord.Deposited, _ record: DurableRecord) {
        guard let index = told.grant, let known = grants[index], known.wasSent, known.grant.isTake,
            known.grant.deposit == deposit.id, known.grant.pid == told.pid, deposit.taker?.grant == index
        else { return found(.deposits, "record \(record.index): \(deposit.id) is confirmed by who was not sent it") }
    }

    /// The ledger's table, and what the records tell.
    func compareDeposits(_ ledger: SimLedger) {
        let table = Set(ledger.deposits.map(\.id))
        guard table != Set(deposits.open.keys) else { return }
        found(.deposits, "\(table.sorted()) are in the table, and by the records it is \(deposits.open.keys.sorted())")
    }

    /// An opened log has them: nobody waits for them any more.
    func areRead(before index: UInt64) { deposits.answered = index }

    func areAnswered(before index: UInt64) {
        deposits.answered = index
        for deposit in deposits.open.values where !deposit.isHeld {
            if let record = deposit.restored, record < index { deposit.isHeld = true }
        }
    }

    // MARK: What clients hear

    /// Whether the policy in force permits it, by one of its rules.
    func permits(_ action: Action, _ name: String, _ rights: Rights, _ process: SimProcess, _ world: World) -> Bool {
        let policy = world.administration.inForce
        let now = world.now()
        let about = policy.rules.filter {
            policy.active($0.id) != nil
                && $0.isAbout(process, name, now, to: action, isTrusted: isTrusted(now), bootID: world.bootID)
        }
        // A forbid of rights is about what has rights.
        return about.contains { !$0.isForbid && ($0.rights ?? .all).isSuperset(of: rights) }
            && !about.contains { $0.isForbid && ($0.rights.map { !$0.isDisjoint(with: rights) } ?? true) }
    }

    /// A `Deposit` was answered with the indices of its records.
    func areHeld(_ records: [UInt64], _ passed: [WeakDescriptor], _ world: World) {
        if records.count != passed.count { found(.answers, "not all that was passed is deposited") }
        for (index, passed) in zip(records, passed) {
            guard let deposit = deposits.open.values.first(where: { $0.record == index }) else {
                found(.deposits, "record \(index) was answered, and tells of no deposit")
                continue
            }
            deposit.isHeld = true
            deposit.descriptor = passed.descriptor
            deposit.description = passed.descriptor?.description
            let needs = passed.descriptor?.needs ?? []
            if rules[deposit.rule]?.depositsToo.isSuperset(of: needs) != true {
                found(.permitted, "\(deposit.rule) does not let \(deposit.name) be a directory")
            }
        }
    }

    /// These are in force now.
    func declares(_ capabilities: [Capability]) {
        for capability in capabilities {
            for deposit in deposits.open.values where deposit.name == capability.name.text { deposit.isDeclared = true }
        }
    }

    func isToGo(_ id: String) { deposits.known[id]?.isToGo = true }

    func isRemoved(_ id: String, _ record: UInt64, _ world: World) {
        guard let deposit = deposits.known[id], deposit.end?.index == record else {
            return found(.deposits, "\(id) is removed by record \(record), which is not durable")
        }
        if world.core?.holdings[capabilityName(deposit.name)]?.deposit?.id == id {
            found(.deposits, "\(id) is held, and was answered as removed")
        }
    }

    /// Whether it has to be taken for good now, as far as the log can be written.
    func mayConfirm(_ take: SentTake, _ session: Session, _ world: World) -> Bool {
        guard let deposit = deposits.open[take.deposit], let taker = deposit.taker else { return false }
        return taker.session === session && taker.taking == take.id && !taker.isConfirming
            && deposit.isReserved(at: world.bootUSec) && !deposit.hasLeft
    }

    /// A `Confirm` waits for its record.
    func confirms(_ take: SentTake, _ session: Session) {
        guard let deposit = deposits.known[take.deposit], let taker = deposit.taker, taker.taking == take.id,
            taker.session === session, !taker.isConfirming
        else { return found(.deposits, "\(take.id) is confirmed by who does not have it") }
        deposit.taker?.isConfirming = true
    }

    func isConfirmed(_ take: SentTake, _ session: Session, _ refusal: Refusal?, _ world: World) {
        guard let deposit = deposits.known[take.deposit], deposit.taker?.taking == take.id else {
            if refusal == nil { found(.deposits, "\(take.id) was another's to confirm") }
            return
        }
        let isTaker = deposit.taker?.session === session
        guard refusal == nil else {
            // Who confirms it twice is refused at once, and the first is still at the disk.
            guard isTaker, case .auditUnavailable? = refusal else { return }
            deposit.taker?.isConfirming = false
            if deposit.end?.type == "take.confirm" {
                found(.deposits, "\(take.id) is refused, and its record says that it is taken")
            }
            return
        }
        guard isTaker, !deposit.isTaken, let end = deposit.end, end.type == "take.confirm",
            end.grant == deposit.taker?.grant
        else { return found(.deposits, "\(take.id) is answered as confirmed, and no record says so") }
        deposit.isTaken = true
        deposit.taker?.isConfirming = false
    }

    // MARK: What is sent

    func sends(
        _ descriptor: SimDescriptor, _ item: OpenCall.Item, _ index: UInt64, takes: Bool, _ session: Session,
        _ world: World
    ) {
        guard descriptor.capability.kind == .deposit else {
            if takes { found(.deposits, "\(item.name) is sent to be taken, and is no deposit") }
            return
        }
        guard let grant = grants[index]?.grant, let id = grant.deposit, let deposit = deposits.known[id],
            deposit.descriptor === descriptor, grant.isTake == takes
        else { return found(.deposits, "grant \(index) is sent of another deposit than it says") }
        if !deposit.isHeld { found(.deposits, "\(id) is sent, and is not held") }
        if deposit.isTaken { found(.deposits, "\(id) is sent, and another has taken it") }
        if let end = deposit.end, end.index < deposits.answered { found(.deposits, "\(id) is sent, and has gone") }
        if deposit.isExpired(at: world.bootUSec) { found(.deposits, "\(id) is sent, and its time is over") }
        if deposit.isReserved(at: world.bootUSec), takes || deposit.taker?.session !== session {
            found(.deposits, "\(id) is sent to connection \(session.number) while another takes it")
        }
        guard takes else { return }
        if !permits(.remove, deposit.name, [], session.process, world) {
            found(.permitted, "\(id) is taken by who may not remove it")
        }
        guard let taking = item.taking else { return found(.deposits, "\(id) is sent with nothing to confirm") }
        deposit.taker = DepositFacts.Taker(
            session: session, taking: taking.id, grant: index, sentUSec: world.bootUSec)
    }

    // MARK: After each step

    func lookAtDeposits(_ world: World, _ core: BrokerCore) {
        guard !deposits.open.isEmpty || !deposits.leaving.isEmpty || !world.keptDeposits.isEmpty else { return }
        let held = core.holdings.sorted(where: { $0.deposit != nil })
        for entry in held {
            guard let own = entry.deposit, let deposit = deposits.known[own.id], deposit.isHeld else {
                found(.deposits, "\(entry.capability.name) is held, and its record is not durable")
                continue
            }
            if let end = deposit.end, end.index < deposits.answered {
                found(.deposits, "\(own.id) is held, and record \(end.index) says that it has gone")
            }
            guard entry.holding?.descriptor === deposit.descriptor, deposit.descriptor != nil else {
                found(.deposits, "\(own.id) is held without its descriptor")
                continue
            }
            if own.isTaken, world.registry.namesUnderWay == 0, !isTaking(deposit, world) {
                found(.deposits, "\(own.id) is kept for somebody who is not there")
            }
        }
        if Set(held.compactMap { $0.deposit?.id }) != world.keptDeposits {
            found(.deposits, "\(world.keptDeposits.sorted()) are kept for clients, and others are held")
        }
        lookForLeft(world, core)
        lookAtLimits(held, world)
    }

    /// Whether its taker has it, or a timer that is late still says so.
    private func isTaking(_ deposit: DepositFacts, _ world: World) -> Bool {
        guard let taker = deposit.taker else { return false }
        return deposit.isReserved(at: world.bootUSec)
            || world.timers.contains { if case .take(taker.taking) = $0.event { true } else { false } }
    }

    private func lookForLeft(_ world: World, _ core: BrokerCore) {
        for deposit in deposits.known.values where deposit.isHeld && !deposit.hasLeft {
            guard core.holdings[capabilityName(deposit.name)]?.deposit?.id != deposit.id else { continue }
            deposit.hasLeft = true
            deposits.leaving.append(deposit)
            let mayGo = deposit.isDeclared || deposit.isHungUp && deposit.endsWithHangUp
            if deposit.end == nil, !mayGo, !deposit.isExpired(at: world.bootUSec) {
                found(.deposits, "\(deposit.id) is in nobody's hands")
            }
        }
        guard world.registry.namesUnderWay == 0, world.depositsUnderWay == 0 else { return }
        for deposit in deposits.leaving where deposit.descriptor != nil {
            found(.deposits, "\(deposit.id) has gone, and its descriptor is still open")
        }
        deposits.leaving = []
    }

    private func lookAtLimits(_ held: [CapabilityEntry], _ world: World) {
        let former = deposits.former
        if held.count > max(world.depositLimits.inAll, former.values.reduce(0, +)) {
            found(.accounts, "\(held.count) are deposited")
        }
        var counts: [String: [UInt32: Int]] = [:]
        for case let deposit? in held.map({ $0.deposit.flatMap { deposits.known[$0.id] } }) {
            counts[deposit.rule, default: [:]][deposit.uid, default: 0] += 1
        }
        for uid in World.uids {
            let own = counts.values.reduce(0) { $0 + $1[uid, default: 0] }
            if own > max(world.depositLimits.perUser, former[uid] ?? 0) {
                found(.accounts, "\(own) are deposited by \(uid)")
            }
        }
        for (rule, counts) in counts {
            guard let limit = rules[rule]?.deposits else { continue }
            if let most = limit.inAll, counts.values.reduce(0, +) > most {
                found(.counted, "more than \(most) deposits of \(rule) are held")
            }
            if let most = limit.perPrincipal, counts.values.contains(where: { $0 > most }) {
                found(.counted, "more than \(most) deposits of \(rule) are one user's")
            }
        }
    }

    // MARK: When faults have stopped

    func lookAtDepositsAtRest(_ world: World, _ core: BrokerCore) {
        lookAtRestoredAtRest()
        if world.depositCalls > 0 || world.depositsUnderWay > 0 {
            found(.liveness, "a call about a deposit waits for ever")
        }
        let held = core.holdings.sorted(where: { $0.deposit != nil })
        let ids = Set(held.compactMap { $0.deposit?.id })
        if ids != Set(world.ledger.deposits.map(\.id)) || core.deposits.count != ids.count {
            found(.deposits, "\(ids.sorted()) are held, \(world.ledger.deposits.map(\.id)) are stored")
        }
        for entry in held where entry.deposit?.isTaken == true {
            found(.deposits, "\(entry.capability.name) is still kept for somebody who did not confirm it")
        }
        for rule in Set(deposits.known.values.map(\.rule)).sorted() {
            for uid in World.uids {
                let count = deposits.open.values.count { $0.rule == rule && $0.uid == uid }
                let counted = core.counters.deposits(rule: rule, principal: uid)
                if counted != UInt64(count) {
                    found(.counted, "\(count) deposits of \(rule) are held for \(uid), and \(counted) are counted")
                }
            }
        }
    }
}
