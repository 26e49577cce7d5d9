// SPDX-License-Identifier: Apache-2.0

import Records
import VaultModel
import VaultPolicy

/// Every `Open`, from its shape to what became of it: permission → existence → open and check → commit the record →
/// verdict → sent. It reads from top to bottom, in this file and then in those of its extensions: `Grants+Acquiring`, where a service
/// manager reads a credential `Grants+Content`, `Grants+Recording` and `Grants+Leaving`.
package final class Grants {
    let loop: any LoopPort
    let policy: PolicyRoom
    let holdings: Holdings
    let deposits: Deposits
    let journal: Journal
    let leases: Leases
    let counters: CounterRoom
    let denials: Denials
    let sessions: Sessions
    let runID: String
    private let recordsPerUser: Int
    private var pace = RecordPace()
    private var nextNumber: UInt64 = 0
    /// What went out under which rule since the start.
    var counts = SentCounts()
    package private(set) var times = StageTimes()
    package internal(set) var outcomes = GrantCounts()
    private let trace: (any TracePort)?
    /// Descriptors that are still to come, by uid.
    var awaited: [UInt32: Int] = [:]

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

    func admit(records: Int, _ caller: Caller, at bootUSec: Int64) -> Bool {
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
    func decide(_ call: OpenCall, at moment: Moment) {
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

    func deny(_ call: OpenCall, _ denial: Denial) {
        giveUp(call)
        denials.deny(denial, request: call.request, call.caller) { call.answer.refuse($0) }
    }

    func refuse(_ call: OpenCall, _ refusal: Refusal) {
        giveUp(call)
        call.answer.refuse(refusal)
    }

    // MARK: The end of a call

    /// Closes what was acquired; pipe ends go back to their pair.
    func giveUp(_ call: OpenCall, _ stage: OpenCall.Stage = .refused) {
        for item in call.items {
            release(item)
            if item.takes, let entry = item.entry { deposits.release(entry, from: call) }
        }
        call.charge = nil
        move(call, to: stage, at: loop.bootUSec)
    }

    func move(_ call: OpenCall, to stage: OpenCall.Stage, at bootUSec: Int64) {
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

    /// What to ask for where nothing so narrow can be delivered.
    fileprivate var hint: String {
        switch kind {
        case .pipe, .fifo: "name one end: rights read or rights write"
        default: "it is delivered shared, with all its rights or not at all: \(rights.words.joined(separator: " "))"
        }
    }
}
