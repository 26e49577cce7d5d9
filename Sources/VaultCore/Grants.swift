// SPDX-License-Identifier: Apache-2.0

import Records
import VaultModel
import VaultPolicy

/// One `Open` on its way: all names or none.
///
/// It owns the descriptors that were acquired for it until they are sent or it is given up. Everything about it is changed
/// in this file alone, by ``Grants``.
package final class OpenCall {
    /// How far it has come. It goes down this list, and from each stage it may end instead.
    package enum Stage: Int, CaseIterable, Sendable {
        /// The policy is asked, also again when something has changed since it was.
        case deciding
        /// Descriptors are being found or made.
        case opening
        /// Its records are appended; the batch that holds them is collected or at the disk.
        case committing
        /// Its records are durable; its message waits for its turn on the connection.
        case queued
        /// `sendmsg(2)` took it.
        case sent
        /// It was recorded, and was not sent.
        case withdrawn
        /// It came to no record of a grant.
        case refused
    }

    /// One name of the call. An object, since it has much in it, and is looked at again and again.
    package final class Item {
        package let name: CapabilityName
        /// The rights asked for; nil is "as much as may be had".
        package let asked: Rights?
        /// It is a deposit, which goes when the caller says that it has it.
        package let takes: Bool
        package fileprivate(set) var entry: CapabilityEntry?
        package fileprivate(set) var decision: Decision?
        /// The rights that the descriptor is to carry.
        fileprivate(set) var rights: Rights = []
        package fileprivate(set) var acquired: AcquiredDescriptor?
        /// What that held when it was read, where it is this that is delivered.
        package fileprivate(set) var content: CapabilityContent?
        /// The index of the `grant` record.
        package fileprivate(set) var record: UInt64?
        /// Set when the grant is followed until it ends.
        package fileprivate(set) var lease: Lease?
        /// Of what is taken: what the caller confirms it by.
        package fileprivate(set) var taking: LeaseText?

        fileprivate init(_ asked: OpenRequest.Name) {
            name = asked.name
            self.asked = asked.asked
            takes = asked.takes
        }
    }

    package let number: UInt64
    package let caller: Caller
    package let asked: OpenRequest
    /// What the requests of this run have before their numbers.
    private let runID: String
    package let reason: String?
    package fileprivate(set) var stage = Stage.deciding
    /// Since when (boot clock).
    fileprivate var stageSinceUSec: Int64
    package let items: [Item]
    /// What the charged rules, and the forbids that did not match, read of the caller.
    package fileprivate(set) var factsUsed = SelectorKinds()

    /// What it has in common with a call before it.
    package fileprivate(set) var prepared: PreparedOpen?

    fileprivate let answer: any OpenAnswer
    /// The moment that was decided for, and that the records of the grants have.
    fileprivate var moment = Moment(wallUSec: 0, bootUSec: 0)
    /// The policy's generation at the time of the decision; when it has moved, the decision is made again.
    fileprivate var generation: UInt64 = 0
    /// The turn in which it was decided has not ended.
    fileprivate var isDeciding = false
    /// How many descriptors are still to come.
    fileprivate var awaited = 0
    /// The first failure of an opening; the other descriptors are closed.
    fileprivate var problem: (name: CapabilityName, problem: OpenProblem)?
    /// Its descriptors, on the caller's account, until it has ended; once sent they are the connection's.
    fileprivate var charge: Charge?
    fileprivate var holder: Holder?
    /// The opener was asked, before sending, whether the facts about the caller are unchanged; it is asked once.
    fileprivate var isOpenerAsked = false
    /// What it found.
    fileprivate var openerSawTheSame: Bool?

    fileprivate init(
        number: UInt64, _ asked: OpenRequest, _ caller: Caller, _ answer: any OpenAnswer, runID: String,
        reason: String?, bootUSec: Int64
    ) {
        self.number = number
        self.caller = caller
        self.answer = answer
        self.runID = runID
        self.reason = reason
        self.asked = asked
        items = asked.names.map(Item.init)
        stageSinceUSec = bootUSec
    }

    /// Ties together the records of this call.
    package var request: String { "\(runID)-\(number)" }
}

/// What to do with a recorded call whose turn to leave has come.
package enum Verdict: Equatable, Sendable {
    case send
    /// Not now: nothing leaves on this connection until it is looked at again.
    case hold
    /// It is not sent, and this is answered in its place.
    case refuse(Refusal)
    /// The same, and the connection ends.
    case refuseAndEnd(Refusal)
}

/// Every `Open`, from its shape to what became of it: permission → existence → open and check → commit the record →
/// verdict → sent. It reads from top to bottom.
package final class Grants {
    private let loop: any LoopPort
    private let policy: PolicyRoom
    private let holdings: Holdings
    private let deposits: Deposits
    private let journal: Journal
    private let leases: Leases
    private let counters: CounterRoom
    private let denials: Denials
    private let sessions: Sessions
    let runID: String
    private let recordsPerUser: Int
    private var pace = RecordPace()
    private var nextNumber: UInt64 = 0
    /// What went out under which rule since the start.
    private var counts = SentCounts()
    package private(set) var times = StageTimes()
    package private(set) var outcomes = GrantCounts()
    private let trace: (any TracePort)?
    /// Descriptors that are still to come, by uid.
    private var awaited: [UInt32: Int] = [:]

    init(
        loop: any LoopPort, policy: PolicyRoom, holdings: Holdings, deposits: Deposits, journal: Journal,
        leases: Leases, counters: CounterRoom, denials: Denials, sessions: Sessions, runID: String, recordsPerUser: Int,
        trace: (any TracePort)?
    ) {
        self.loop = loop
        self.policy = policy
        self.holdings = holdings
        self.deposits = deposits
        self.journal = journal
        self.leases = leases
        self.counters = counters
        self.denials = denials
        self.sessions = sessions
        self.runID = runID
        self.recordsPerUser = recordsPerUser
        self.trace = trace
    }

    /// A name for one call, the same in each of its records.
    package func newRequestID() -> String {
        nextNumber += 1
        return "\(runID)-\(nextNumber)"
    }

    /// How many grants went out under a rule since the start, by user.
    package func sent(under rule: String) -> [(uid: UInt32, count: Int, contents: Int)] { counts.sent(under: rule) }

    /// Whether the uid may write so many more records in this second.
    package func admit(records: Int, _ caller: Caller) -> Bool { admit(records: records, caller, at: loop.bootUSec) }

    private func admit(records: Int, _ caller: Caller, at bootUSec: Int64) -> Bool {
        pace.admit(records, for: caller.identity.account, limit: recordsPerUser, bootUSec: bootUSec)
    }

    /// What one hears who may not write more records now.
    package var tooManyRecords: Refusal {
        .quotaExceeded(limit: "records-per-uid", retryAfterUSec: RecordPace.nextUSec(bootUSec: loop.bootUSec))
    }

    // MARK: Permission and existence

    /// What is asked for twice is granted twice.
    package func open(_ asked: OpenRequest, reason: String?, _ caller: Caller, _ answer: any OpenAnswer) {
        nextNumber += 1
        let now = loop.now()
        decide(
            OpenCall(number: nextNumber, asked, caller, answer, runID: runID, reason: reason, bootUSec: now.bootUSec),
            at: now)
    }

    /// Decides every name anew; called again whenever the generation has moved since.
    private func decide(_ call: OpenCall, at moment: Moment) {
        move(call, to: .deciding, at: moment.bootUSec)
        guard !call.caller.isGone else { return giveUp(call) }
        if journal.finding?.alteredRevision != nil {
            // There is no policy to decide by.
            return refuse(call, .auditUnavailable(message: journal.failure ?? ""))
        }
        call.moment = moment
        call.generation = policy.generation
        call.prepared = nil
        if call.reason == nil, let prepared = call.asked.prepared, prepared.holds(under: policy.generation),
            take(prepared, call)
        {
            return acquire(call)
        }
        for place in call.items.indices {
            let item = call.items[place]
            let entry = holdings[item.name]
            let decision = policy.decide(
                .open, item.name, asked: item.asked, offered: entry?.capability.rights, hasReason: call.reason != nil,
                call.caller.identity, call.moment)
            guard decision.isPermitted else { return deny(call, item, decision) }
            guard let entry, entry.deposit?.lasts(at: call.moment) ?? true else {
                return refuse(call, .notFound(name: item.name.text))
            }
            if call.asked.takesContent, let hint = entry.capability.hintOfContent {
                return deny(call, item, decision, hint: hint)
            }
            if item.takes || entry.deposit != nil, !reserve(entry, call, place) { return }
            guard let rights = entry.capability.deliverable(decision.rights) else {
                return deny(call, item, decision, hint: entry.capability.hint)
            }
            take(decision, entry, rights, call, place)
        }
        acquire(call)
    }

    /// A deposit that another is taking is nobody's, and who takes one must be permitted to remove it.
    /// - Returns: false where the call was refused.
    private func reserve(_ entry: CapabilityEntry, _ call: OpenCall, _ place: Int) -> Bool {
        let item = call.items[place]
        guard item.takes else {
            guard entry.deposit?.isReserved(for: call) == true else { return true }
            refuse(call, .busy)
            return false
        }
        let decision = policy.decide(.remove, item.name, call.caller.identity, call.moment)
        guard decision.isPermitted else {
            deny(
                call,
                Denial(
                    action: .remove, name: item.name, asked: nil, decision: decision, moment: call.moment,
                    reason: call.reason))
            return false
        }
        guard entry.deposit != nil else {
            refuse(call, .notTakeable(name: item.name.text))
            return false
        }
        if let former = item.entry, former !== entry { deposits.release(former, from: call) }
        let isTwice = call.items[..<place].contains { $0.takes && $0.entry === entry }
        guard !isTwice, deposits.want(entry, for: call) else {
            refuse(call, .busy)
            return false
        }
        return true
    }

    /// Each name is permitted as it was before.
    /// - Returns: false where it has to be decided anew, since a capability is not there any more.
    private func take(_ prepared: PreparedOpen, _ call: OpenCall) -> Bool {
        for place in call.items.indices {
            let item = prepared.items[place]
            guard let entry = item.entry else { return false }
            take(item.decision, entry, item.rights, call, place)
        }
        call.prepared = prepared
        return true
    }

    /// One name is permitted. What was acquired for it under another decision is given up.
    private func take(
        _ decision: Decision, _ entry: CapabilityEntry, _ rights: Rights, _ call: OpenCall, _ place: Int
    ) {
        let item = call.items[place]
        item.decision = decision
        if item.entry !== entry || item.acquired?.rights != rights {
            release(item)
            item.entry = entry
            item.rights = rights
        }
    }

    private func deny(_ call: OpenCall, _ item: OpenCall.Item, _ decision: Decision, hint: String? = nil) {
        deny(
            call,
            Denial(
                action: .open, name: item.name, asked: item.asked, decision: decision, moment: call.moment,
                reason: call.reason, hint: hint))
    }

    private func deny(_ call: OpenCall, _ denial: Denial) {
        giveUp(call)
        denials.deny(denial, request: call.request, call.caller) { call.answer.refuse($0) }
    }

    private func refuse(_ call: OpenCall, _ refusal: Refusal) {
        giveUp(call)
        call.answer.refuse(refusal)
    }

    // MARK: Open and check

    private func acquire(_ call: OpenCall) {
        if call.charge == nil { call.charge = sessions.charge(call.items.count, call.caller) }
        guard call.charge != nil else { return refuse(call, .quotaExceeded(limit: "descriptors-on-the-way")) }
        move(call, to: .opening, at: loop.bootUSec)
        call.problem = nil
        call.isDeciding = true
        defer { call.isDeciding = false }
        // One more than is awaited, so that what comes at once does not end the round early.
        call.awaited = 1
        for (place, item) in call.items.enumerated() where item.acquired == nil {
            guard let entry = item.entry else { continue }
            call.awaited += 1
            let want = Want(
                entry: entry, rights: item.rights, owner: call.caller.copyOwner, call: call, place: place)
            if let result = holdings.acquire(want) {
                took(Acquisition(want: want, result: result))
            } else {
                awaited[call.caller.identity.uid, default: 0] += 1
            }
        }
        acquiredOne(call)
    }

    /// What was awaited has come.
    func acquired(_ acquisition: Acquisition) {
        arrived(of: acquisition.want.call.caller)
        took(acquisition)
    }

    /// One of what is awaited has come.
    private func arrived(of caller: Caller) {
        let uid = caller.identity.uid
        awaited[uid] = awaited[uid].flatMap { $0 > 1 ? $0 - 1 : nil }
    }

    /// How many descriptors are still to come for the calls of a uid.
    package func awaited(by uid: UInt32) -> Int { awaited[uid, default: 0] }

    private func took(_ acquisition: Acquisition) {
        let call = acquisition.want.call
        let place = acquisition.want.place
        switch acquisition.result {
        case .success(let descriptor): call.items[place].acquired = descriptor
        case .failure(let problem): call.problem = call.problem ?? (call.items[place].name, problem)
        }
        acquiredOne(call)
    }

    /// What is to be delivered of the one name is what its descriptor holds: that has been read.
    func contentRead(_ call: OpenCall, _ result: Result<CapabilityContent, OpenProblem>) {
        arrived(of: call.caller)
        switch result {
        case .success(let content): call.items[0].content = content
        case .failure(let problem): call.problem = (call.items[0].name, problem)
        }
        acquiredOne(call)
    }

    private func acquiredOne(_ call: OpenCall) {
        call.awaited -= 1
        guard call.awaited == 0 else { return }
        if call.caller.isGone { return giveUp(call) }
        if let (name, problem) = call.problem { return failed(call, name, problem) }
        if call.asked.takesContent, call.items[0].content == nil { return readContent(call) }
        if isPlanted(.staleDecision) { call.generation = policy.generation }
        // It took its time: what was decided before may no longer hold, and the time itself is another.
        if !isPlanted(.staleDecision), !call.isDeciding || call.generation != policy.generation {
            return decide(call, at: loop.now())
        }
        record(call)
    }

    private func readContent(_ call: OpenCall) {
        guard let acquired = call.items[0].acquired, let entry = call.items[0].entry else {
            preconditionFailure("what was not acquired is to be read")
        }
        call.awaited = 1
        awaited[call.caller.identity.uid, default: 0] += 1
        holdings.readContent(acquired, entry, for: call)
    }

    private func failed(_ call: OpenCall, _ name: CapabilityName, _ problem: OpenProblem) {
        if let limit = problem.limit { return refuse(call, .quotaExceeded(limit: limit)) }
        let kind = call.items.first { $0.name == name }?.entry?.capability.kind
        giveUp(call)
        outcomes.notOpened += 1
        guard journal.isWorking, admit(records: 1, call.caller) else {
            return call.answer.refuse(.openFailed(name: name.text, errno: problem.errno, record: nil))
        }
        let index = journal.nextIndex
        let waiter = Journal.Waiter.then {
            call.answer.refuse(
                .openFailed(name: name.text, errno: problem.errno, record: $0 == .committed ? index : nil))
        }
        journal.append(
            .openFailed(
                request: call.request, policy: policy.stamp, peer: call.caller.peerText,
                CapabilityText(name: name.text, kind: kind?.rawValue), errno: problem.errnoName,
                problem: problem.explanation), waiter: waiter)
    }

    // MARK: Record

    private func record(_ call: OpenCall) {
        if let failure = journal.failure { return refuse(call, .auditUnavailable(message: failure)) }
        // It was decided in this turn.
        guard admit(records: call.items.count, call.caller, at: call.moment.bootUSec) else {
            return refuse(call, tooManyRecords)
        }
        if let prepared = call.prepared { return record(call, prepared) }
        var changes: [StateChange]
        switch counters.attempt({ charge(call) }) {
        case .success(let charged): changes = charged
        case .failure(.denied(let denial)): return deny(call, denial)
        case .failure(.refused(let refusal)): return refuse(call, refusal)
        }
        move(call, to: .committing, at: loop.bootUSec)
        for (place, item) in call.items.enumerated() {
            guard let decision = item.decision, let entry = item.entry, let acquired = item.acquired else {
                preconditionFailure("a grant is recorded of what was not acquired")
            }
            // The last of the call carries all its changes, and wakes the call when it is durable.
            let isLast = place == call.items.count - 1
            let lease = begin(call, place, decision, acquired, &changes)
            if item.takes { take(call, place, entry, lease) }
            let index = journal.append(
                .grant(grant(call, place, decision, entry, acquired, lease)), at: call.moment,
                changes: isLast && !isPlanted(.chargeNotStored) ? changes : [], waiter: isLast ? .open(call) : nil)
            isRecorded(call, place, index, decision)
        }
        if call.reason == nil, !call.asked.takesContent {
            call.asked.prepared = PreparedOpen(call.items, generation: call.generation)
        }
        if isPlanted(.sentBeforeDurable) { recorded(call, .committed, at: loop.bootUSec) }
    }

    /// What the record of one grant tells.
    private func grant(
        _ call: OpenCall, _ place: Int, _ decision: Decision, _ entry: CapabilityEntry,
        _ acquired: AcquiredDescriptor, _ lease: Lease?
    ) -> Record.Grant {
        var grant = Record.Grant(
            request: call.request, policy: policy.stamp, peer: call.caller.peerText,
            capability: CapabilityText(entry.capability, acquired), rules: decision.rules,
            charged: decision.chargedID, reason: call.reason,
            lease: lease.map { LeaseText(id: $0.id, expiresUSec: $0.expires?.wallUSec) } ?? call.items[place].taking,
            copy: acquired.checked.copy.map(Record.Copy.init), opened: acquired.checked.opened)
        grant.connected = acquired.checked.connected
        grant.rulesMore = decision.rulesMore
        grant.deposit = entry.deposit?.id
        grant.isTake = call.items[place].takes
        if let content = call.items[place].content { grant.deliver(content) }
        return grant
    }

    /// The same of a call like the one before: nothing counts it, and the texts of its records are there.
    private func record(_ call: OpenCall, _ prepared: PreparedOpen) {
        move(call, to: .committing, at: loop.bootUSec)
        for place in call.items.indices {
            let item = prepared.items[place]
            guard let acquired = call.items[place].acquired, let entry = call.items[place].entry else {
                preconditionFailure("a grant is recorded of what was not acquired")
            }
            let waiter = place == call.items.count - 1 ? Journal.Waiter.open(call) : nil
            let index: UInt64
            if let text = prepared.text(place, acquired) {
                index = journal.append(text, request: call.number, at: call.moment, waiter: waiter)
            } else {
                let grant = grant(call, place, item.decision, entry, acquired, nil)
                if prepared.isNew(place) {
                    prepared.keep(journal.prepare(grant, request: "\(runID)-"), place, acquired)
                }
                index = journal.append(.grant(grant), at: call.moment, waiter: waiter)
            }
            isRecorded(call, place, index, item.decision)
        }
        if isPlanted(.sentBeforeDurable) { recorded(call, .committed, at: loop.bootUSec) }
    }

    private func isRecorded(_ call: OpenCall, _ place: Int, _ index: UInt64, _ decision: Decision) {
        call.items[place].record = index
        call.factsUsed.formUnion(decision.kinds)
        journal.granted(index)
    }

    private enum NotCharged: Error {
        case denied(Denial)
        case refused(Refusal)
    }

    /// Reserves what the charged rules count. Others may have used it up while descriptors were made, and the names of one call
    /// use it up for each other, so each is decided once more against what is left.
    /// - Returns: what is to be stored with the records.
    private func charge(_ call: OpenCall) -> Result<[StateChange], NotCharged> {
        var changes: [StateChange] = []
        var charges: [String: Int] = [:]
        var followed = 0
        for (place, item) in call.items.enumerated() {
            guard var decision = item.decision else { continue }
            if decision.charged?.conditions.counts == true {
                let asked = item.asked ?? item.rights
                decision = policy.decide(
                    .open, item.name, asked: asked, offered: item.entry?.capability.rights,
                    hasReason: call.reason != nil, call.caller.identity, call.moment)
                guard decision.isPermitted else {
                    return .failure(
                        .denied(
                            Denial(
                                action: .open, name: item.name, asked: asked, decision: decision, moment: call.moment,
                                reason: call.reason, chargedBefore: charges)))
                }
                call.items[place].decision = decision
            }
            // What leaves no descriptor behind is over when it is sent.
            if decision.isFollowed, !call.asked.takesContent { followed += 1 }
            guard let charged = decision.charged else { continue }
            changes += counters.charge(
                charged, uid: call.caller.identity.uid, at: call.moment, record: journal.nextIndex + UInt64(place))
            if charged.conditions.counts || charged.conditions.isFollowed { charges[charged.id, default: 0] += 1 }
        }
        guard followed > 0 else { return .success(changes) }
        return leases.follow(call.caller, leases: followed, named: call.items[0].name).map { holder in
            call.holder = holder
            return changes
        }.mapError(NotCharged.refused)
    }

    private func begin(
        _ call: OpenCall, _ place: Int, _ decision: Decision, _ acquired: AcquiredDescriptor,
        _ changes: inout [StateChange]
    ) -> Lease? {
        guard decision.isFollowed, !call.asked.takesContent, let charged = decision.charged, let holder = call.holder
        else { return nil }
        let (lease, change) = leases.begin(
            call.items[place].name, acquired.rights, rule: charged.id, holder: holder,
            id: "\(runID)-\(journal.nextIndex)", lengthUSec: decision.leaseUSec, mostUSec: decision.maxLeaseUSec ?? 0,
            opened: acquired.checked.opened, at: call.moment)
        call.items[place].lease = lease
        changes.append(change)
        return lease
    }

    /// The deposit is the call's from the grant that is about to be appended with the next index.
    private func take(_ call: OpenCall, _ place: Int, _ entry: CapabilityEntry, _ lease: Lease?) {
        let index = journal.nextIndex
        let end = call.moment.advanced(byUSec: Deposits.confirmUSec).wallUSec
        let taking = LeaseText(
            id: lease?.id ?? "\(runID)-\(index)", expiresUSec: min(lease?.expires?.wallUSec ?? end, end))
        call.items[place].taking = taking
        deposits.take(entry, for: call, id: taking.id, grant: index)
    }

    /// The commit that holds a call's grants has returned.
    func recorded(_ call: OpenCall, _ outcome: Journal.Outcome, at bootUSec: Int64) {
        guard outcome == .committed else {
            for item in call.items { if let index = item.record { journal.voided(index) } }
            withdrawLeases(call)
            return refuse(
                call, .auditUnavailable(message: journal.failure ?? "the record was not committed"))
        }
        if call.caller.isGone { return withdraw(call, errno: "EPIPE") }
        move(call, to: .queued, at: bootUSec)
        call.caller.queue(call)
        call.answer.grant(call)
    }

    // MARK: Verdict

    /// The last look, in the very turn in which a recorded call is to leave.
    func verdict(_ number: UInt64, _ caller: Caller) -> Verdict {
        guard let call = caller.queued(number) else { preconditionFailure("a grant waits that nobody knows of") }
        var denied: Refusal { .denied(name: call.items[0].name.text, record: nil) }
        guard isPlanted(.verdictLeftOut) || isStillPermitted(call) else {
            withdraw(call, reason: call.generation == policy.generation ? .expired : .revoked)
            return .refuse(denied)
        }
        if call.prepared == nil, let refusal = missesDeposit(call) {
            withdraw(call, reason: .expired)
            return .refuse(refusal)
        }
        let areHeld = call.items.allSatisfy { $0.lease.map { leases.holds($0, at: loop.now()) } ?? true }
        guard areHeld || isPlanted(.leaseNotLookedAt) else {
            withdraw(call, reason: .expired)
            return .refuse(denied)
        }
        switch recheck(call) {
        case .same: break
        case .asking: return .hold
        case .different:
            withdraw(call, reason: .identity)
            return .refuseAndEnd(denied)
        }
        for item in call.items {
            guard let acquired = item.acquired, let entry = item.entry,
                let problem = holdings.setRightAgain(acquired, entry)
            else { continue }
            let record = item.record
            withdraw(call, errno: problem.errnoName)
            return .refuse(.openFailed(name: item.name.text, errno: problem.errno, record: record))
        }
        // The last, since it counts as sent from here on.
        return sessions.takesMore(number, call.asked.takesContent ? nil : call.charge, caller) ? .send : .hold
    }

    /// Why a deposit cannot be sent: it may have gone, or be another, under the same policy, or another call may have been
    /// sent it for itself.
    private func missesDeposit(_ call: OpenCall) -> Refusal? {
        for item in call.items {
            guard let entry = item.entry, let deposit = entry.deposit else { continue }
            guard holdings[item.name] === entry, deposit.lasts(at: loop.now()) else {
                return .notFound(name: item.name.text)
            }
            if deposit.isOut(to: call), !isPlanted(.takenDepositSent) { return .busy }
        }
        return nil
    }

    /// Whether what was decided holds, if anything has changed since, or may have with the time. The record names the rule
    /// that was charged, so that it is this one that must still permit it.
    private func isStillPermitted(_ call: OpenCall) -> Bool {
        guard call.generation != policy.generation || (call.prepared == nil && policy.inForce.hasTimes) else {
            return true
        }
        let moment = loop.now()
        for item in call.items {
            guard let entry = item.entry, holdings[item.name] === entry, let decision = item.decision,
                policy.stillHolds(
                    decision, item.name, rights: item.rights, offered: entry.capability.rights,
                    hasReason: call.reason != nil, call.caller.identity, moment),
                !item.takes || policy.decide(.remove, item.name, call.caller.identity, moment).isPermitted
            else { return false }
        }
        call.generation = policy.generation
        // What permits it now may have times.
        call.prepared = nil
        return true
    }

    /// The process is alive, has the same ids, and whatever the deciding rules used is unchanged.
    private func recheck(_ call: OpenCall) -> CallerState {
        guard let link = call.caller.link else { return .different }
        if let saw = call.openerSawTheSame { return saw && link.recheck([], call) == .same ? .same : .different }
        // A connection that is looked at again and again does not put the opener to work each time.
        if call.isOpenerAsked { return .asking }
        let state = link.recheck(call.factsUsed, call)
        if case .asking = state { call.isOpenerAsked = true }
        return state
    }

    /// The opener has looked at the caller.
    func rechecked(_ call: OpenCall, isSame: Bool) {
        call.openerSawTheSame = isSame
        call.caller.link?.lookAgain()
    }

    // MARK: Outcomes

    /// `sendmsg(2)` has been called for a queued call.
    func passed(_ number: UInt64, _ caller: Caller, failure: String?, at bootUSec: Int64) {
        guard let call = caller.queued(number) else { return }
        if let failure { return withdraw(call, errno: failure) }
        if isPlanted(.descriptorKept) { return }
        caller.unqueue(call)
        call.charge = nil
        move(call, to: .sent, at: bootUSec)
        for item in call.items {
            if let index = item.record {
                outcomes.sent += 1
                journal.sent(index)
                caller.sent.add(index)
            }
            if let acquired = item.acquired, let entry = item.entry { holdings.delivered(acquired, entry) }
            if item.takes, let entry = item.entry { deposits.sent(entry) }
            if let rule = item.decision?.chargedID {
                counts.add(rule, uid: caller.identity.uid, isContent: call.asked.takesContent)
            }
            item.acquired = nil
            item.content = nil
        }
    }

    /// A connection has ended: what waits for its turn on it is not sent.
    func closed(_ caller: Caller, reason: DeliveryLog.Reason?) {
        if isPlanted(.closedNotWithdrawn) { return }
        for call in caller.unqueueAll() { withdraw(call, errno: reason == nil ? "EPIPE" : nil, reason: reason) }
    }

    /// What is recorded and will not be sent.
    private func withdraw(_ call: OpenCall, errno: String? = nil, reason: DeliveryLog.Reason? = nil) {
        call.caller.unqueue(call)
        sessions.withdrawn(call.number, call.caller)
        for item in call.items {
            guard let index = item.record else { continue }
            outcomes.withdrawn += 1
            journal.notSent(index, errno: errno, reason: reason)
            item.record = nil
        }
        withdrawLeases(call)
        giveUp(call, .withdrawn)
    }

    private func withdrawLeases(_ call: OpenCall) {
        guard let holder = call.holder else { return }
        leases.withdraw(call.items.compactMap { $0.lease?.id })
        for item in call.items { item.lease = nil }
        leases.release(holder)
        call.holder = nil
    }

    /// Closes what was acquired; pipe ends go back to their pair.
    private func giveUp(_ call: OpenCall, _ stage: OpenCall.Stage = .refused) {
        for item in call.items {
            release(item)
            if item.takes, let entry = item.entry { deposits.release(entry, from: call) }
        }
        call.charge = nil
        move(call, to: stage, at: loop.bootUSec)
    }

    private func move(_ call: OpenCall, to stage: OpenCall.Stage, at bootUSec: Int64) {
        let former = call.stage
        guard stage != former else { return }
        times.left(former, after: bootUSec - call.stageSinceUSec)
        call.stage = stage
        call.stageSinceUSec = bootUSec
        trace?.moved(call)
    }

    private func release(_ item: OpenCall.Item) {
        guard let acquired = item.acquired else { return }
        if let entry = item.entry { holdings.giveBack(acquired, entry) }
        item.acquired = nil
        item.content = nil
    }

    // MARK: The policy

    /// The policy has changed: what was counted for rules that are gone is forgotten, and what waits is looked at again.
    func policyChanged() {
        counts.keep(only: policy.inForce.ids)
        if isPlanted(.revocationNotPumped) { return }
        for caller in sessions.callers where caller.isOwedGrants { caller.link?.lookAgain() }
    }
}

extension Capability {
    /// The rights that one descriptor of this capability can carry out of those permitted; nil when it cannot be made so
    /// narrow.
    package func deliverable(_ permitted: Rights) -> Rights? {
        switch source {
        case .pipe, .fifo:
            // A request gets one end, and has to name it where both are permitted.
            return permitted == .read || permitted == .write ? permitted : nil
        case .file where delivery == .shared, .device where delivery == .shared, .deposit:
            return permitted == rights ? permitted : nil
        default:
            return permitted.isEmpty ? nil : permitted
        }
    }

    /// Why what it holds cannot be delivered without a descriptor; nil where it can.
    package var hintOfContent: String? {
        guard kind == .memory || kind == .file else { return "only what a memory or a file holds can be delivered so" }
        return delivery == .fresh ? nil : "it is shared with others, and only a description of one's own is read"
    }

    /// What to ask for where nothing so narrow can be delivered.
    fileprivate var hint: String {
        switch kind {
        case .pipe, .fifo: "name one end: rights read or rights write"
        default: "it is delivered shared, with all its rights or not at all: \(rights.words.joined(separator: " "))"
        }
    }
}
