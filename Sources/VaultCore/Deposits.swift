// SPDX-License-Identifier: Apache-2.0

import Records
import VaultModel
import VaultPolicy

/// What a client passed in, and the broker holds for others.
package final class Deposit {
    /// A grant that takes it: until the caller says that it has the descriptor, or goes, nobody else gets it.
    final class Taking {
        /// What the caller names when it confirms.
        let id: String
        fileprivate(set) weak var call: OpenCall?
        let caller: Caller
        /// The index of the grant's record.
        let grant: UInt64
        /// Set when it has been sent.
        fileprivate(set) var timer: TimerID?
        fileprivate(set) var isSent = false
        /// That it has arrived is being recorded.
        fileprivate(set) var isConfirmed = false
        /// The caller has gone, or has had its time, while that was recorded.
        fileprivate var isOver = false

        fileprivate init(id: String, call: OpenCall, grant: UInt64) {
            self.id = id
            self.call = call
            caller = call.caller
            self.grant = grant
        }
    }

    /// Of no other deposit, ever.
    package let id: String
    /// The index of its `deposit` record.
    package let record: UInt64
    package let uid: UInt32
    package let user: String?
    /// What the descriptor is, such as `pipe`.
    package let type: String
    /// The rule that it was charged to.
    let rule: String
    /// The name that it is to have with the program that gets it.
    package let fdName: String?
    /// `CLOCK_REALTIME`, microseconds.
    package let depositedUSec: Int64
    /// When it goes by itself.
    package let expires: Moment?
    /// Its place on the account of who passed it in.
    fileprivate let charge: Charge
    /// The other end of what it is has hung up.
    package fileprivate(set) var isHungUp = false
    /// The record is being made by which it is removed, or replaced: what becomes of that decides.
    fileprivate(set) var isGoing = false
    /// A call that is about to take it, before its record is made.
    fileprivate weak var wantedBy: OpenCall?
    fileprivate(set) var taking: Taking?
    fileprivate var timer: TimerID?
    /// Whether it goes when its other end hangs up.
    let endsWithHangUp: Bool

    fileprivate init(_ stored: StoredDeposit, charge: Charge) {
        endsWithHangUp = stored.endsWithHangUp
        id = stored.id
        record = stored.record
        uid = stored.uid
        user = stored.user
        type = stored.type
        rule = stored.rule
        fdName = stored.fdName
        depositedUSec = stored.depositedUSec
        expires = Moment(wallUSec: stored.expiresUSec, bootUSec: stored.expiresBootUSec)
        self.charge = charge
    }

    /// Whether a record of its end is being made.
    fileprivate var isEnding: Bool { isGoing || taking?.isConfirmed == true }

    /// Whether a call has to wait for another that is taking it.
    func isReserved(for call: OpenCall?) -> Bool {
        guard let holder = taking == nil ? wantedBy : taking?.call else { return taking != nil }
        return holder !== call
    }
}

/// What clients have passed in: who may take what, until when, and what is owed to the log. The descriptors are among the
/// ``Holdings``, each with its ``Deposit``.
package final class Deposits {
    private let loop: any LoopPort
    private let port: any DepositPort
    private let policy: PolicyRoom
    private let holdings: Holdings
    private let journal: Journal
    private let counters: CounterRoom
    private let shares: Shares
    private let bootID: String
    private var entries: [String: CapabilityEntry] = [:]
    /// Names for which a deposit is being recorded.
    private var pending: Set<CapabilityName> = []
    private var takings: [String: CapabilityEntry] = [:]
    /// Those of which a taker has said that it has them, in a record that may be stored.
    private var unsure: [(deposit: Deposit, answer: (_ isStored: Bool) -> Void)] = []
    private let returns: DepositReturns
    private let ends: DepositEnds

    /// How long a deposit is kept from others for who takes it, in microseconds.
    package static let confirmUSec: Int64 = 30_000_000

    init(
        loop: any LoopPort, port: any DepositPort, policy: PolicyRoom, holdings: Holdings, journal: Journal,
        counters: CounterRoom, limits: DepositLimits, bootID: String
    ) {
        self.loop = loop
        self.port = port
        self.policy = policy
        self.holdings = holdings
        self.journal = journal
        self.counters = counters
        self.bootID = bootID
        shares = Shares(most: limits.inAll, ofOne: limits.perUser)
        returns = DepositReturns(journal)
        ends = DepositEnds(journal)
    }

    package var count: Int { entries.count }

    /// How many come back, and are not held again yet.
    var returningCount: Int { returns.all.count }

    func judge(_ descriptor: any PassableDescriptor) -> Result<JudgedDeposit, InvalidDeposit> { port.judge(descriptor) }

    /// Whether a deposit of this name is being recorded.
    package func isPending(_ name: CapabilityName) -> Bool { pending.contains(name) }

    // MARK: Coming

    /// A place on the caller's account: that of the deposit in whose place it comes, where both are on the same.
    func charge(_ caller: Caller, replacing former: Deposit?) -> Charge? {
        let account = caller.identity.account
        if let former, former.charge.account == account { return former.charge }
        return shares.take(for: account)
    }

    /// One is about to be recorded.
    func begins(_ name: CapabilityName, rule: String, uid: UInt32) {
        pending.insert(name)
        counters.deposited(rule, uid: uid)
    }

    /// Its record came to nothing.
    func voided(_ name: CapabilityName, rule: String, uid: UInt32) {
        pending.remove(name)
        counters.depositEnded(rule, uid: uid)
    }

    /// Its record is durable, and what it comes in the place of has left: from here on it can be had.
    func begin(_ name: CapabilityName, _ stored: StoredDeposit, _ judged: JudgedDeposit, _ charge: Charge) {
        pending.remove(name)
        let deposit = Deposit(stored, charge: charge)
        let capability = Capability(
            name: name, source: .deposit, rights: judged.rights, delivery: .shared, opening: .atStart)
        let entry = holdings.insert(deposit, capability, judged.holding)
        entries[deposit.id] = entry
        if let expires = deposit.expires { deposit.timer = loop.timer(at: expires.bootUSec, .deposit(deposit.id)) }
        port.keeps(judged.holding, id: deposit.id)
    }

    /// The other end of one has hung up.
    func hungUp(_ id: String) -> CapabilityEntry? {
        guard let entry = entries[id], let deposit = entry.deposit, !deposit.isHungUp else { return nil }
        deposit.isHungUp = true
        return entry
    }

    // MARK: Taking

    /// Keeps a deposit from others for a call that is about to take it.
    /// - Returns: false where another one does.
    func want(_ entry: CapabilityEntry, for call: OpenCall) -> Bool {
        guard let deposit = entry.deposit, !deposit.isGoing, !deposit.isReserved(for: call) else { return false }
        deposit.wantedBy = call
        return true
    }

    /// The grant that takes it is recorded.
    func take(_ entry: CapabilityEntry, for call: OpenCall, id: String, grant: UInt64) {
        guard let deposit = entry.deposit else { return }
        deposit.taking = Deposit.Taking(id: id, call: call, grant: grant)
        takings[id] = entry
        call.caller.takings.insert(id)
    }

    /// It has been sent.
    func sent(_ entry: CapabilityEntry) {
        guard let taking = entry.deposit?.taking else { return }
        taking.isSent = true
        taking.timer = loop.timer(at: loop.bootUSec + Self.confirmUSec, .take(taking.id))
    }

    /// The call takes it no more: it was not sent, or what took it has gone.
    func release(_ entry: CapabilityEntry, from call: OpenCall) {
        guard let deposit = entry.deposit, !deposit.isReserved(for: call) else { return }
        deposit.wantedBy = nil
        if let taking = deposit.taking { release(taking, of: deposit) }
    }

    private func release(_ taking: Deposit.Taking, of deposit: Deposit) {
        if isPlanted(.takeNotReleased) { return }
        // What is being recorded decides: it may be durable already.
        if taking.isConfirmed {
            taking.isOver = true
            return
        }
        forget(taking)
        deposit.taking = nil
        deposit.wantedBy = nil
    }

    private func forget(_ taking: Deposit.Taking) {
        if let timer = taking.timer { loop.cancel(timer) }
        takings[taking.id] = nil
        taking.caller.takings.remove(taking.id)
    }

    /// A connection has ended: what it took and did not confirm is there for others.
    func closed(_ caller: Caller) {
        for id in caller.takings {
            guard let deposit = takings[id]?.deposit, let taking = deposit.taking else { continue }
            release(taking, of: deposit)
        }
    }

    /// A caller has had its time to confirm.
    func confirmationIsOverdue(_ id: String) {
        guard let deposit = takings[id]?.deposit, let taking = deposit.taking else { return }
        taking.timer = nil
        release(taking, of: deposit)
    }

    /// What the caller was sent under this id, and has not confirmed.
    func taken(_ id: String, by caller: Caller) -> CapabilityEntry? {
        guard let entry = takings[id], let taking = entry.deposit?.taking, taking.caller === caller, taking.isSent,
            !taking.isConfirmed
        else { return nil }
        return entry
    }

    /// That it arrived is about to be recorded.
    func confirm(_ entry: CapabilityEntry) { entry.deposit?.taking?.isConfirmed = true }

    /// That record is durable: the deposit goes with it.
    func confirmed(_ entry: CapabilityEntry) { leave(entry) }

    /// Whether that record is stored is known when the log is opened again. Until then its taker hears nothing: one who was told that
    /// it failed would drop what nobody holds any more.
    /// - Parameter answer: hears whether it is.
    func isUnsure(_ entry: CapabilityEntry, _ answer: @escaping (_ isStored: Bool) -> Void) {
        guard let deposit = entry.deposit else { return answer(false) }
        if isPlanted(.unsureConfirmRefused) { answer(false) }
        unsure.append((deposit, isPlanted(.unsureConfirmRefused) ? { _ in } : answer))
    }

    private func answerUnsure(known: Set<String>) {
        let answers = unsure
        unsure = []
        for (deposit, answer) in answers {
            let isStored = !known.contains(deposit.id)
            if !isStored, let taking = deposit.taking {
                taking.isConfirmed = false
                if taking.isOver { release(taking, of: deposit) }
            }
            answer(isStored)
        }
    }

    // MARK: Going

    /// The record of its end is being made, and is not its taker's.
    func goes(_ entry: CapabilityEntry) { entry.deposit?.isGoing = true }

    /// That record came to nothing.
    func stays(_ entry: CapabilityEntry) { entry.deposit?.isGoing = false }

    /// It is not held any more; the log tells of it, or will.
    func leave(_ entry: CapabilityEntry) {
        guard let deposit = entry.deposit else { return }
        ends.forget(deposit.id)
        guard entries.removeValue(forKey: deposit.id) != nil else { return }
        if let timer = deposit.timer { loop.cancel(timer) }
        if let taking = deposit.taking { forget(taking) }
        if !isPlanted(.depositCountNotGivenBack) { counters.depositEnded(deposit.rule, uid: deposit.uid) }
        holdings.remove(entry)
        port.gaveUp(id: deposit.id)
    }

    /// The time of one has come: it is out of reach in this turn, whatever becomes of its record.
    func expired(_ id: String) {
        guard let entry = entries[id] else { return }
        end(entry, .time)
    }

    /// The policy has come to declare what these were deposited under.
    func displaced(_ displaced: [CapabilityEntry]) { for entry in displaced { end(entry, .declared) } }

    func end(_ entry: CapabilityEntry, _ why: DepositEnd) {
        guard let deposit = entry.deposit, entries[deposit.id] != nil else { return }
        leave(entry)
        // The record that is being made may be durable already: then nothing is left to be told.
        if deposit.isEnding, !isPlanted(.depositEndedTwice) {
            ends.note(deposit.id, why)
        } else {
            ends.record(Record.DepositEnd(entry, deposit, why: why.rawValue), why)
        }
    }

    /// One that never was held has gone.
    func gone(_ stored: StoredDeposit, _ why: DepositEnd) { ends.record(Record.DepositEnd(stored, why), why) }

    // MARK: Start, and after a failure of the log

    /// Goes on from what the ledger holds. What it has and is not here comes back where the service manager kept its descriptor,
    /// and is recorded as gone elsewhere; what is here and it has not went with a record of which nobody heard.
    func takeUp(_ stored: [StoredDeposit]) {
        let known = Set(stored.map(\.id))
        for (id, entry) in entries where !known.contains(id) { leave(entry) }
        answerUnsure(known: known)
        ends.keep(known)
        for back in returns.all where !known.contains(back.stored.id) { giveUp(back) }
        var kept: [ReturningDeposit] = []
        for deposit in stored where entries[deposit.id] == nil {
            if let why = ends[deposit.id] {
                gone(deposit, why)
            } else if let back = returns[deposit.id] ?? comesBack(deposit) {
                kept.append(back)
            }
        }
        returns.record(kept) { [self] in restored($0) }
        returns.recordStrays(port.dropRest())
    }

    /// Calls back when what came back is held again, or the log cannot say so.
    package func whenBack(_ done: @escaping () -> Void) { returns.whenDone(done) }

    // MARK: Back from the service manager

    /// What the service manager kept of a deposit, if that is what was passed in then: from here on its name and its place are
    /// taken. Nil where it is recorded as gone.
    private func comesBack(_ stored: StoredDeposit) -> ReturningDeposit? {
        guard let kept = port.kept(stored) else {
            if !isPlanted(.lossNotRecorded) { gone(stored, .lost) }
            return nil
        }
        guard let judged = try? kept.get(), judged.confirms(stored) || isPlanted(.returnNotConfirmed),
            stored.bootID == bootID, let name = try? CapabilityName(stored.name)
        else {
            port.gaveUp(id: stored.id)
            journal.append(.restore(.init(stored, withRights: false), isKept: false))
            gone(stored, .lost)
            return nil
        }
        // It had its place: limits that are lower by now are for who comes.
        let back = ReturningDeposit(stored, name, judged, shares.takeAnyway(for: .user(stored.uid)))
        returns.insert(back)
        begins(name, rule: stored.rule, uid: stored.uid)
        return back
    }

    private func restored(_ back: ReturningDeposit) {
        let stored = back.stored
        guard returns.remove(back) else { return }
        let why: DepositEnd? =
            if let usec = stored.expiresBootUSec, usec <= loop.bootUSec {
                .time
            } else if holdings[back.name] != nil {
                .declared
            } else {
                nil
            }
        guard let why else { return begin(back.name, stored, back.judged, back.charge) }
        giveUp(back)
        gone(stored, why)
    }

    private func giveUp(_ back: ReturningDeposit) {
        returns.remove(back)
        voided(back.name, rule: back.stored.rule, uid: back.stored.uid)
        port.gaveUp(id: back.stored.id)
    }
}
