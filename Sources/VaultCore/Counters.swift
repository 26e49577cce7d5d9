// SPDX-License-Identifier: Apache-2.0

import Records
import VaultModel
import VaultPolicy

/// What has been counted for rules: uses for ever, uses within windows of time, and grants that have not ended.
///
/// A use counts from the moment its record is appended, before it is durable, so that sixty-four callers at once can never
/// have one more than allowed; the ledger stores the same numbers in the transaction of the record. After a failed
/// commit what is stored holds (`adopt`).
package struct Counters: CounterView, Sendable {
    private struct Key: Hashable {
        var rule: String
        /// nil counts all principals together.
        var principal: UInt32?
        /// 0 counts for ever.
        var windowUSec: Int64

        /// The window of what is counted while it is out.
        static let untilItEnds: Int64 = -1
    }

    private enum Count {
        case forEver(UInt64)
        case recent(SlidingCount)
        case out(UInt64)
    }

    private var counts: [Key: Count] = [:]
    /// Rules that are gone, and whose counts the ledger may still have: with the index of the first record that cannot tell of a use
    /// of them any more.
    private var forgotten: [String: UInt64] = [:]
    /// Uses within windows whose records may not be durable yet, oldest first.
    private var unsettled: [(record: UInt64, key: Key, bootUSec: Int64)] = []
    /// How many there were before `begin`.
    private var unsettledBefore = 0
    /// What the counts were before `begin`; nil outside of an attempt.
    private var undo: [(Key, Count?)]?
    /// Deposits that are held, by rule and uid. They are known from the table, not from what is stored here.
    private var held: [String: [UInt32: UInt64]] = [:]
    /// The boot clock of the decision under way, in microseconds.
    private var nowUSec: Int64 = 0
    /// Of which boot that is.
    private var bootID: String

    package init(bootID: String = "") { self.bootID = bootID }

    /// A decision of this moment is under way: what is asked next is asked about it.
    package mutating func ask(at moment: Moment) { nowUSec = moment.bootUSec }

    // MARK: CounterView

    package func used(rule: String, principal: UInt32?) -> UInt64 {
        guard case .forEver(let used) = counts[Key(rule: rule, principal: principal, windowUSec: 0)] else { return 0 }
        return used
    }

    package func outstanding(rule: String, principal: UInt32?) -> UInt64 {
        let key = Key(rule: rule, principal: principal, windowUSec: Key.untilItEnds)
        guard case .out(let count) = counts[key] else { return 0 }
        return count
    }

    package func deposits(rule: String, principal: UInt32?) -> UInt64 {
        guard let held = held[rule] else { return 0 }
        return principal.map { held[$0, default: 0] } ?? held.values.reduce(0, +)
    }

    package func recent(rule: String, principal: UInt32?, windowUSec: Int64) -> UInt64 {
        let key = Key(rule: rule, principal: principal, windowUSec: windowUSec)
        guard case .recent(let sliding) = counts[key] else { return 0 }
        return sliding.count(at: nowUSec)
    }

    package func reopens(rule: String, principal: UInt32?, windowUSec: Int64, below limit: UInt64) -> Int64? {
        let key = Key(rule: rule, principal: principal, windowUSec: windowUSec)
        guard case .recent(let sliding) = counts[key] else { return nil }
        return sliding.reopens(below: limit, at: nowUSec)
    }

    // MARK: Charging

    /// Charges one grant to a rule.
    /// - Parameters:
    ///   - record: the index that the grant's record will have.
    ///   - leavesNothing: it is over when it is sent, and never out.
    /// - Returns: what the ledger is to store with the grant's record. What is out is stored as a lease.
    package mutating func charge(
        _ rule: Rule, uid: UInt32, at moment: Moment, record: UInt64, leavesNothing: Bool = false
    ) -> [StateChange] {
        if rule.conditions.isFollowed, !leavesNothing { began(rule.id, uid: uid) }
        guard rule.conditions.counts else { return [] }
        var changes: [StateChange] = []
        if rule.conditions.uses?.inAll != nil { changes.append(use(rule.id, nil)) }
        if rule.conditions.uses?.perPrincipal != nil { changes.append(use(rule.id, uid)) }
        for window in rule.conditions.rate?.inAll ?? [] {
            changes.append(use(rule.id, nil, within: window.windowUSec, moment, record))
        }
        for window in rule.conditions.rate?.perPrincipal ?? [] {
            changes.append(use(rule.id, uid, within: window.windowUSec, moment, record))
        }
        return changes
    }

    /// Counts all uses of these rules as used up, where a limit holds for all principals together.
    package mutating func spend(_ rules: [Rule]) -> [StateChange] {
        rules.compactMap { rule in
            guard let limit = rule.conditions.uses?.inAll else { return nil }
            let count = max(limit, used(rule: rule.id, principal: nil))
            set(Key(rule: rule.id, principal: nil, windowUSec: 0), .forEver(count))
            return .counter(RuleCounter(rule: rule.id, principal: nil, used: count))
        }
    }

    /// A grant of the rule is out, from now until `ended`.
    package mutating func began(_ rule: String, uid: UInt32) { change(rule, uid) { $0 + 1 } }

    /// A grant of the rule has ended.
    package mutating func ended(_ rule: String, uid: UInt32) { change(rule, uid) { $0 - min($0, 1) } }

    /// A deposit that was charged to the rule is held, from now until `depositEnded`.
    package mutating func deposited(_ rule: String, uid: UInt32) { held[rule, default: [:]][uid, default: 0] += 1 }

    /// It is held no longer.
    package mutating func depositEnded(_ rule: String, uid: UInt32) {
        guard let count = held[rule]?[uid] else { return }
        held[rule]?[uid] = count > 1 ? count - 1 : nil
        if held[rule]?.isEmpty == true { held[rule] = nil }
    }

    private mutating func change(_ rule: String, _ uid: UInt32, _ body: (UInt64) -> UInt64) {
        for principal in [nil, uid] {
            let count = body(outstanding(rule: rule, principal: principal))
            let key = Key(rule: rule, principal: principal, windowUSec: Key.untilItEnds)
            set(key, count == 0 ? nil : .out(count))
        }
    }

    /// Begins an attempt that `rollBack` can take back as a whole.
    package mutating func begin() {
        undo = []
        unsettledBefore = unsettled.count
    }

    /// The attempt stands.
    package mutating func keep() { undo = nil }

    package mutating func rollBack() {
        if isPlanted(.counterNotRolledBack) { return keep() }
        for (key, before) in (undo ?? []).reversed() { counts[key] = before }
        unsettled.removeLast(unsettled.count - unsettledBefore)
        undo = nil
    }

    /// The rules for which the ledger may have counts, and which are not among `rules`; and those that are, but were gone
    /// meanwhile, so that they begin anew.
    package func others(than rules: Set<String>) -> [String] {
        Set(forgotten.keys).union(Set(counts.keys.map(\.rule)).subtracting(rules)).sorted()
    }

    /// Forgets the rules that are gone. As long as they are in force they go on counting.
    /// - Parameter index: of the next record: those before may tell of uses of them.
    package mutating func keep(only rules: Set<String>, before index: UInt64) {
        let gone = Set(counts.keys.map(\.rule)).subtracting(rules)
        guard !gone.isEmpty else { return }
        counts = counts.filter { !gone.contains($0.key.rule) }
        for rule in gone { forgotten[rule] = index }
    }

    /// The ledger has forgotten these rules too (`countersCleared`), by the record of this index: what was used of them behind it,
    /// until they were gone here, it counts.
    package mutating func cleared(_ rules: [String], at index: UInt64) {
        for rule in rules where forgotten[rule] ?? .max <= index { forgotten[rule] = nil }
    }

    /// The records below this index are durable.
    package mutating func settle(before index: UInt64) {
        guard let first = unsettled.first, first.record < index else { return }
        unsettled.removeFirst(unsettled.firstIndex { $0.record >= index } ?? unsettled.count)
    }

    /// Goes on from what the ledger holds after a failed commit: `size` records. What was counted within windows is known more
    /// exactly here, but for the uses whose records were voided.
    package mutating func adopt(_ stored: [RuleCounter], size: UInt64, now: Moment) {
        for use in unsettled where use.record >= size {
            guard case .recent(var sliding) = counts[use.key] else { continue }
            sliding.remove(1, at: use.bootUSec)
            counts[use.key] = .recent(sliding)
        }
        unsettled = []
        var recent = counts.filter { if case .recent = $0.value { true } else { false } }
        adopt(stored, now: now)
        recent.merge(counts) { known, _ in known }
        counts = recent
    }

    /// Goes on from what the ledger holds. What is out is known from its leases.
    /// - Parameter boot: the boot that it is from now on, if it may be another one.
    package mutating func adopt(_ stored: [RuleCounter], now: Moment, boot: String? = nil) {
        if let boot { bootID = boot }
        counts = [:]
        // What the ledger was told to forget it does not have.
        forgotten = [:]
        undo = nil
        unsettled = []
        for counter in stored {
            let key = Key(rule: counter.rule, principal: counter.principal, windowUSec: counter.windowUSec)
            if counter.windowUSec == 0 {
                counts[key] = .forEver(counter.used)
            } else {
                // The stored time is the newest use's: the whole count is taken to be as young as that.
                let age = age(of: counter, at: now)
                var sliding = SlidingCount(windowUSec: counter.windowUSec)
                sliding.add(counter.used, at: now.bootUSec.saturatingSubtracting(age))
                counts[key] = .recent(sliding)
            }
        }
    }

    /// Within the boot of the use by the clock that nobody sets, and otherwise by the wall clock.
    private func age(of counter: RuleCounter, at now: Moment) -> Int64 {
        guard let used = counter.startedBoot, used.bootID == bootID else {
            return max(0, now.wallUSec.saturatingSubtracting(counter.startedUSec))
        }
        return max(0, now.bootUSec.saturatingSubtracting(used.usec))
    }

    private mutating func use(_ rule: String, _ principal: UInt32?) -> StateChange {
        let key = Key(rule: rule, principal: principal, windowUSec: 0)
        let used = used(rule: rule, principal: principal).saturatingAdding(1)
        set(key, .forEver(used))
        return .counter(RuleCounter(rule: rule, principal: principal, used: used))
    }

    private mutating func use(
        _ rule: String, _ principal: UInt32?, within windowUSec: Int64, _ moment: Moment, _ record: UInt64
    ) -> StateChange {
        let key = Key(rule: rule, principal: principal, windowUSec: windowUSec)
        var sliding = SlidingCount(windowUSec: windowUSec)
        if case .recent(let known) = counts[key] { sliding = known }
        sliding.add(1, at: moment.bootUSec)
        set(key, .recent(sliding))
        unsettled.append((record, key, moment.bootUSec))
        return .counter(
            RuleCounter(
                rule: rule, principal: principal, used: sliding.count(at: moment.bootUSec), windowUSec: windowUSec,
                startedUSec: moment.wallUSec,
                startedBoot: BootTimeStamp(bootID: bootID, usec: moment.bootUSec)))
    }

    private mutating func set(_ key: Key, _ count: Count?) {
        undo?.append((key, counts[key]))
        counts[key] = count
    }
}

/// The counters of the rules in force. See ``Counters``.
package final class CounterRoom: CounterView {
    private var counters: Counters

    init(_ stored: [RuleCounter], now: Moment, bootID: String) {
        counters = Counters(bootID: bootID)
        counters.adopt(stored, now: now)
    }

    /// As they are now, for who asks about them elsewhere.
    package var now: Counters { counters }

    package func used(rule: String, principal: UInt32?) -> UInt64 { counters.used(rule: rule, principal: principal) }

    package func outstanding(rule: String, principal: UInt32?) -> UInt64 {
        counters.outstanding(rule: rule, principal: principal)
    }

    package func deposits(rule: String, principal: UInt32?) -> UInt64 {
        counters.deposits(rule: rule, principal: principal)
    }

    package func recent(rule: String, principal: UInt32?, windowUSec: Int64) -> UInt64 {
        counters.recent(rule: rule, principal: principal, windowUSec: windowUSec)
    }

    package func reopens(rule: String, principal: UInt32?, windowUSec: Int64, below limit: UInt64) -> Int64? {
        counters.reopens(rule: rule, principal: principal, windowUSec: windowUSec, below: limit)
    }

    func ask(at moment: Moment) { counters.ask(at: moment) }

    /// Makes an attempt that counts as a whole or not at all: what it charged before it failed is taken back.
    func attempt<Value, Failure>(_ body: () -> Result<Value, Failure>) -> Result<Value, Failure> {
        counters.begin()
        let result = body()
        if case .success = result { counters.keep() } else { counters.rollBack() }
        return result
    }

    func charge(
        _ rule: Rule, uid: UInt32, at moment: Moment, record: UInt64, leavesNothing: Bool
    ) -> [StateChange] {
        counters.charge(rule, uid: uid, at: moment, record: record, leavesNothing: leavesNothing)
    }

    package func spend(_ rules: [Rule]) -> [StateChange] { counters.spend(rules) }
    func began(_ rule: String, uid: UInt32) { counters.began(rule, uid: uid) }
    func ended(_ rule: String, uid: UInt32) { counters.ended(rule, uid: uid) }
    func deposited(_ rule: String, uid: UInt32) { counters.deposited(rule, uid: uid) }
    func depositEnded(_ rule: String, uid: UInt32) { counters.depositEnded(rule, uid: uid) }
    package func others(than rules: Set<String>) -> [String] { counters.others(than: rules) }
    func keep(only rules: Set<String>, before index: UInt64) { counters.keep(only: rules, before: index) }
    package func cleared(_ rules: [String], at index: UInt64) { counters.cleared(rules, at: index) }
    func settle(before index: UInt64) { counters.settle(before: index) }
    package func adopt(_ stored: [RuleCounter], now: Moment) { counters.adopt(stored, now: now) }
    func adopt(_ stored: [RuleCounter], size: UInt64, now: Moment) { counters.adopt(stored, size: size, now: now) }
}
