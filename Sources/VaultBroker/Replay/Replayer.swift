// SPDX-License-Identifier: Apache-2.0

import PolicyFiles
import Records
import VaultCore
import VaultLedger
import VaultModel
import VaultPolicy

/// Goes over the records of a log and decides its requests again, with the counters, the capabilities and the clock of
/// each moment as the records before it tell them.
///
/// The policy that made the decisions of a log makes the same ones here. What the records do not tell is not guessed:
/// what depends on it is `unclear`.
struct Replayer: Sendable {
    enum Outcome: String, Sendable {
        case permit, deny
        /// It depends on what is not in the records.
        case unclear
    }

    /// One decision, made again.
    struct Result: Sendable {
        let index: UInt64
        let wasPermitted: Bool
        let outcome: Outcome
        let decision: Decision
    }

    /// A request with all that was known at its moment.
    struct Situation: Sendable {
        let request: DecisionRequest
        let counters: Counters
        let result: Result
    }

    private var counters = Counters()
    /// What the ledger holds of the counters, by what is counted.
    private var stored: [RuleCounter: RuleCounter] = [:]
    /// The grants that are out and followed.
    private var out: [UInt64: Lease] = [:]
    /// What is deposited, by its id.
    private var held: [String: Lease] = [:]
    /// The same by its name, with the rights that it has.
    private var heldUnder: [CapabilityName: (id: String, rights: Rights)] = [:]
    private var newestUSec: Int64?
    private var policy: CompiledPolicy?
    /// Of the files.
    private var declared: [CapabilityName: Capability] = [:]
    /// Added by command.
    private var added: [String: Capability] = [:]
    /// When the first record was made that is gone over, if there were others before it: what was used before that is not
    /// known. nil: nothing was.
    private let knownSince: Moment?

    private struct Lease {
        let rule: String
        let uid: UInt32
    }

    /// - Parameter added: the capabilities that were added by command before the first record that is gone over.
    init(knownSince: Moment?, added: [StoredCapability]) {
        self.knownSince = knownSince
        for capability in added { add(capability.name, capability.document) }
    }

    /// Puts a policy in force, as the broker did then: what was counted for rules that it does not have is forgotten.
    mutating func adopt(_ new: PolicyInForce) {
        policy = new.compiled
        declared = Dictionary(new.capabilities.map { ($0.name, $0) }) { first, _ in first }
        let ids = new.compiled.ids
        counters.keep(only: ids, before: 0)
        stored = stored.filter { ids.contains($0.key.rule) }
    }

    /// Puts no policy in force: what it would have decided is not known.
    mutating func decideNothing() { policy = nil }

    /// Takes in one record.
    /// - Returns: for a decision, what it is now.
    mutating func take(_ event: RecordedEvent) -> Result? {
        defer { newestUSec = max(newestUSec ?? event.moment.wallUSec, event.moment.wallUSec) }
        switch event.kind {
        case .decision(let recorded):
            guard let situation = situation(of: recorded, event) else { return nil }
            if recorded.request.action == .open { charge(recorded, situation, event) }
            hold(recorded, situation)
            return situation.result
        case .ended(let grant): end(grant)
        case .depositEnded(let id): endDeposit(id)
        case .notSent(let grants): for grant in grants { end(grant) }
        case .start: restart(event.moment, boot: event.bootID)
        case .originStart:
            for grant in Array(out.keys) { end(grant) }
            keep(counters.spend(policy.map { Array($0.rules) } ?? []))
        case .capabilityAdd(let name, let document): add(name, document)
        case .capabilityRemove(let name): added[name] = nil
        case .clockAccept(let wall): newestUSec = wall
        case .other: break
        }
        return nil
    }

    /// A decision with all that was known when it was made, made again. Counts nothing.
    /// - Returns: nil while no policy is in force.
    func situation(of recorded: RecordedRequest, _ event: RecordedEvent) -> Situation? {
        guard let policy else { return nil }
        var request = recorded.request
        let capability = request.name.flatMap { added[$0.text] ?? declared[$0] }
        let deposited = capability == nil ? request.name.flatMap { heldUnder[$0]?.rights } : nil
        request.offered =
            request.action == .deposit ? request.asked ?? .all : capability?.rights ?? deposited ?? .all
        if let newestUSec {
            request.clockIsTrusted = event.moment.wallUSec >= newestUSec.saturatingMinus(Journal.clockSlackUSec)
        }
        var counters = counters
        counters.ask(at: event.moment)
        for (rule, count) in recorded.chargedBefore {
            guard let rule = policy.rule(rule) else { continue }
            for _ in 0..<min(count, Broker.largestOpen) {
                _ = counters.charge(rule, uid: request.identity.uid, at: event.moment, record: event.index)
            }
        }
        func outcome(_ decision: Decision, _ counters: some CounterView) -> Outcome {
            switch request.action {
            case .open:
                // What could not be delivered as it was permitted was denied.
                decision.isPermitted && (capability.map { $0.deliverable(decision.rights) != nil } ?? true)
                    && (deposited.map { decision.rights == $0 } ?? true)
                    && (!recorded.takes || policy.permits(.remove, request, counters)) ? .permit : .deny
            case .remove: decision.isPermitted || policy.permits(.admin, request, counters) ? .permit : .deny
            default: decision.isPermitted ? .permit : .deny
            }
        }
        let decision = policy.decide(request, counters: counters)
        var found = outcome(decision, counters)
        if let knownSince, found == .permit {
            let most = LongUsedCounters(
                counters: counters, knownForUSec: event.moment.wallUSec.saturatingMinus(knownSince.wallUSec))
            if outcome(policy.decide(request, counters: most), most) != found { found = .unclear }
        }
        if recorded.isIncomplete, (found == .permit) != recorded.wasPermitted { found = .unclear }
        return Situation(
            request: request, counters: counters,
            result: Result(
                index: event.index, wasPermitted: recorded.wasPermitted, outcome: found, decision: decision))
    }

    // MARK: What is counted

    private mutating func charge(_ recorded: RecordedRequest, _ situation: Situation, _ event: RecordedEvent) {
        let result = situation.result
        guard result.outcome == .permit || (result.outcome == .unclear && recorded.wasPermitted) else { return }
        guard let rule = result.decision.charged ?? recorded.charged.flatMap({ policy?.rule($0) }) else { return }
        let uid = situation.request.identity.uid
        keep(counters.charge(rule, uid: uid, at: event.moment, record: event.index))
        counters.settle(before: event.index + 1)
        guard rule.conditions.isFollowed else { return }
        if recorded.isFollowed {
            out[event.index] = Lease(rule: rule.id, uid: uid)
        } else {
            // How long it would have been out nobody knows.
            counters.ended(rule.id, uid: uid)
        }
    }

    /// What is deposited counts for its rule for as long as it is held.
    private mutating func hold(_ recorded: RecordedRequest, _ situation: Situation) {
        if let id = recorded.removes { endDeposit(id) }
        guard let (id, replaces) = recorded.deposit else { return }
        let result = situation.result
        if result.outcome == .permit || (result.outcome == .unclear && recorded.wasPermitted),
            let rule = result.decision.chargedID ?? recorded.charged
        {
            let uid = situation.request.identity.uid
            held[id] = Lease(rule: rule, uid: uid)
            if let name = situation.request.name, let rights = situation.request.asked {
                heldUnder[name] = (id, rights)
            }
            counters.deposited(rule, uid: uid)
        }
        if let replaces { endDeposit(replaces) }
    }

    private mutating func endDeposit(_ id: String) {
        guard let deposit = held.removeValue(forKey: id) else { return }
        if let name = heldUnder.first(where: { $0.value.id == id })?.key { heldUnder[name] = nil }
        counters.depositEnded(deposit.rule, uid: deposit.uid)
    }

    private mutating func keep(_ changes: [StateChange]) {
        for case .counter(let counter) in changes {
            stored[
                RuleCounter(rule: counter.rule, principal: counter.principal, used: 0, windowUSec: counter.windowUSec)] =
                counter
        }
    }

    private mutating func end(_ grant: UInt64) {
        guard let lease = out.removeValue(forKey: grant) else { return }
        counters.ended(lease.rule, uid: lease.uid)
    }

    /// What the broker does with what the ledger holds when it starts.
    private mutating func restart(_ moment: Moment, boot: String) {
        counters.adopt(Array(stored.values), now: moment, boot: boot)
        for lease in out.values { counters.began(lease.rule, uid: lease.uid) }
    }

    private mutating func add(_ name: String, _ document: String) {
        added[name] = PolicyReader.readCapability(document: document, names: SystemNames()).0
    }
}

extension CompiledPolicy {
    /// Whether something else of the same name is permitted at the same moment.
    fileprivate func permits(_ action: Action, _ request: DecisionRequest, _ counters: some CounterView) -> Bool {
        var request = request
        (request.action, request.asked, request.offered) = (action, nil, .all)
        return decide(request, counters: counters).isPermitted
    }
}

/// Counters of which only a part is known: the rest may be all used up.
private struct LongUsedCounters: CounterView {
    let counters: Counters
    /// For how long everything that was used is known, in microseconds.
    let knownForUSec: Int64

    func used(rule: String, principal: UInt32?) -> UInt64 { .max }

    func outstanding(rule: String, principal: UInt32?) -> UInt64 { .max }

    func deposits(rule: String, principal: UInt32?) -> UInt64 { .max }

    func recent(rule: String, principal: UInt32?, windowUSec: Int64) -> UInt64 {
        // A part of a window counts as long as its newest use; and a restart takes a whole count for as young as that.
        windowUSec.saturatingTwice < knownForUSec
            ? counters.recent(rule: rule, principal: principal, windowUSec: windowUSec) : .max
    }
}

extension Int64 {
    fileprivate func saturatingMinus(_ other: Int64) -> Int64 {
        let (value, overflows) = subtractingReportingOverflow(other)
        return overflows ? (other > 0 ? .min : .max) : value
    }

    fileprivate var saturatingTwice: Int64 {
        let (value, overflows) = multipliedReportingOverflow(by: 2)
        return overflows ? .max : value
    }
}
