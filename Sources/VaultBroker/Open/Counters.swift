// SPDX-License-Identifier: Apache-2.0

import VaultLedger
import VaultModel
import VaultPolicy

/// What has been counted for rules: uses for ever, and uses within windows of time.
///
/// A use counts from the moment its record is appended, before it is durable, so that sixty-four callers at once can never
/// have one more than allowed; the ledger stores the same numbers in the transaction of the record. After a failed
/// commit what is stored holds (`adopt`).
struct Counters: CounterView {
    private struct Key: Hashable {
        var rule: String
        /// nil counts all principals together.
        var principal: UInt32?
        /// 0 counts for ever.
        var windowUSec: Int64
    }

    private enum Count {
        case forEver(UInt64)
        case recent(SlidingCount)
    }

    private var counts: [Key: Count] = [:]
    /// What the counts were before `begin`; nil outside of an attempt.
    private var undo: [(Key, Count?)]?
    /// The boot clock of the decision under way, in microseconds.
    var nowUSec: Int64 = 0

    // MARK: CounterView

    func used(rule: String, principal: UInt32?) -> UInt64 {
        guard case .forEver(let used) = counts[Key(rule: rule, principal: principal, windowUSec: 0)] else { return 0 }
        return used
    }

    /// A grant without a lease has ended as soon as it is made: the broker does not follow its holder.
    func outstanding(rule: String, principal: UInt32?) -> UInt64 { 0 }

    func recent(rule: String, principal: UInt32?, windowUSec: Int64) -> UInt64 {
        let key = Key(rule: rule, principal: principal, windowUSec: windowUSec)
        guard case .recent(let sliding) = counts[key] else { return 0 }
        return sliding.count(at: nowUSec)
    }

    // MARK: Charging

    /// Charges one grant to a rule.
    /// - Returns: what the ledger is to store with the grant's record.
    mutating func charge(_ rule: Rule, uid: UInt32, at moment: Moment) -> [StateChange] {
        guard rule.conditions.counts else { return [] }
        var changes: [StateChange] = []
        if rule.conditions.uses?.inAll != nil { changes.append(use(rule.id, nil)) }
        if rule.conditions.uses?.perPrincipal != nil { changes.append(use(rule.id, uid)) }
        for window in rule.conditions.rate?.inAll ?? [] {
            changes.append(use(rule.id, nil, within: window.windowUSec, moment))
        }
        for window in rule.conditions.rate?.perPrincipal ?? [] {
            changes.append(use(rule.id, uid, within: window.windowUSec, moment))
        }
        return changes
    }

    /// Takes all uses of these rules for used up, where a limit holds for all principals together.
    mutating func spend(_ rules: [Rule]) -> [StateChange] {
        rules.compactMap { rule in
            guard let limit = rule.conditions.uses?.inAll else { return nil }
            let count = max(limit, used(rule: rule.id, principal: nil))
            set(Key(rule: rule.id, principal: nil, windowUSec: 0), .forEver(count))
            return .counter(RuleCounter(rule: rule.id, principal: nil, used: count))
        }
    }

    /// Begins an attempt that `rollBack` can take back as a whole.
    mutating func begin() { undo = [] }

    /// The attempt stands.
    mutating func keep() { undo = nil }

    mutating func rollBack() {
        for (key, before) in (undo ?? []).reversed() { counts[key] = before }
        undo = nil
    }

    /// Forgets the rules that are gone; the ledger is told by `countersCleared`.
    /// - Returns: their ids.
    @discardableResult
    mutating func keep(only rules: Set<String>) -> [String] {
        let gone = Set(counts.keys.map(\.rule)).subtracting(rules)
        if !gone.isEmpty { counts = counts.filter { !gone.contains($0.key.rule) } }
        return gone.sorted()
    }

    /// Takes up what the ledger holds.
    mutating func adopt(_ stored: [RuleCounter], now: Moment = .now()) {
        counts = [:]
        undo = nil
        for counter in stored {
            let key = Key(rule: counter.rule, principal: counter.principal, windowUSec: counter.windowUSec)
            if counter.windowUSec == 0 {
                counts[key] = .forEver(counter.used)
            } else {
                // The stored time is the newest use's: the whole count is taken to be as young as that.
                let age = max(0, now.wallUSec - counter.startedUSec)
                var sliding = SlidingCount(windowUSec: counter.windowUSec)
                sliding.add(counter.used, at: now.bootUSec - age)
                counts[key] = .recent(sliding)
            }
        }
    }

    private mutating func use(_ rule: String, _ principal: UInt32?) -> StateChange {
        let key = Key(rule: rule, principal: principal, windowUSec: 0)
        let used = used(rule: rule, principal: principal) + 1
        set(key, .forEver(used))
        return .counter(RuleCounter(rule: rule, principal: principal, used: used))
    }

    private mutating func use(
        _ rule: String, _ principal: UInt32?, within windowUSec: Int64, _ moment: Moment
    ) -> StateChange {
        let key = Key(rule: rule, principal: principal, windowUSec: windowUSec)
        var sliding = SlidingCount(windowUSec: windowUSec)
        if case .recent(let known) = counts[key] { sliding = known }
        sliding.add(1, at: moment.bootUSec)
        set(key, .recent(sliding))
        return .counter(
            RuleCounter(
                rule: rule, principal: principal, used: sliding.count(at: moment.bootUSec), windowUSec: windowUSec,
                startedUSec: moment.wallUSec))
    }

    private mutating func set(_ key: Key, _ count: Count) {
        undo?.append((key, counts[key]))
        counts[key] = count
    }
}
