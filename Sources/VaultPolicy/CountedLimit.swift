// SPDX-License-Identifier: Apache-2.0

import VaultModel

/// One thing that a rule counts, and how much of it there may be.
struct CountedLimit: Sendable {
    enum Kind: Sendable {
        case uses, outstanding, deposits
        case rate(RateWindow)
    }

    let kind: Kind
    let most: UInt64
    let perPrincipal: Bool

    /// As a rule says it: `2/min per principal`, `3 uses`, `1 outstanding`.
    var text: String {
        let text =
            switch kind {
            case .uses: "\(most) uses"
            case .outstanding: "\(most) outstanding"
            case .deposits: "\(most) deposits"
            case .rate(let window): "\(window)"
            }
        return perPrincipal ? "\(text) per principal" : text
    }

    /// The key in a policy file.
    var key: String {
        switch kind {
        case .uses: "uses"
        case .outstanding: "outstanding"
        case .deposits: "deposits"
        case .rate: "rate"
        }
    }

    /// What was counted of it.
    func used(of rule: String, by uid: UInt32, _ counters: some CounterView) -> UInt64 {
        let principal = perPrincipal ? uid : nil
        return switch kind {
        case .uses: counters.used(rule: rule, principal: principal)
        case .outstanding: counters.outstanding(rule: rule, principal: principal)
        case .deposits: counters.deposits(rule: rule, principal: principal)
        case .rate(let window): counters.recent(rule: rule, principal: principal, windowUSec: window.windowUSec)
        }
    }
}

extension Conditions {
    /// What is counted of deposits.
    var countedDeposits: [CountedLimit] {
        [(deposits?.inAll, false), (deposits?.perPrincipal, true)].compactMap { most, perPrincipal in
            most.map { CountedLimit(kind: .deposits, most: $0, perPrincipal: perPrincipal) }
        }
    }

    /// Everything that is counted of grants, by what it is.
    var counted: [CountedLimit] {
        func limits<Value>(_ limit: Limit<Value>?, _ make: (Value, Bool) -> [CountedLimit]) -> [CountedLimit] {
            (limit?.inAll.map { make($0, false) } ?? []) + (limit?.perPrincipal.map { make($0, true) } ?? [])
        }
        return limits(uses) { [CountedLimit(kind: .uses, most: $0, perPrincipal: $1)] }
            + limits(outstanding) { [CountedLimit(kind: .outstanding, most: $0, perPrincipal: $1)] }
            + limits(rate) { windows, perPrincipal in
                windows.map { CountedLimit(kind: .rate($0), most: $0.count, perPrincipal: perPrincipal) }
            }
    }
}

/// A limit that keeps a permit from matching, and nothing else does.
package struct UsedUp: Sendable, Equatable {
    /// As a rule says it: `2/min per principal`, `3 uses`, `1 outstanding`.
    package var limit: String
    /// When there is room again, if nobody else takes it: microseconds of the boot clock. nil: nobody can tell, or never.
    package var againBootUSec: Int64?

    /// Whether one can try again before the other.
    func isSooner(than other: UsedUp) -> Bool {
        switch (againBootUSec, other.againBootUSec) {
        case (let again?, let others?): again < others
        case (_?, nil): true
        case (nil, _): false
        }
    }
}

extension CompiledRule {
    /// What keeps the rule from matching, if it is limits alone. Of several that which lasts longest.
    func usedUp(_ request: DecisionRequest, _ counters: some CounterView) -> UsedUp? {
        var found: UsedUp?
        var isMore = false
        forEachCheck(request, counters) { check, truth in
            guard truth != .yes else { return }
            guard case .limit(let limit) = check else {
                isMore = true
                return
            }
            var usedUp = UsedUp(limit: limit.text)
            if case .rate(let window) = limit.kind {
                usedUp.againBootUSec = counters.reopens(
                    rule: rule.id, principal: limit.perPrincipal ? request.identity.uid : nil,
                    windowUSec: window.windowUSec, below: window.count)
            }
            if found.map({ $0.isSooner(than: usedUp) }) ?? true { found = usedUp }
        }
        return isMore ? nil : found
    }
}

/// What was counted for rules, with what is already reserved. It is asked only about rules that set a limit.
///
/// `principal` is a uid, or nil for the count over all of them.
package protocol CounterView {
    /// Grants ever charged to the rule.
    func used(rule: String, principal: UInt32?) -> UInt64

    /// Grants charged to the rule that have not ended.
    func outstanding(rule: String, principal: UInt32?) -> UInt64

    /// Grants charged to the rule within the last `windowUSec` microseconds.
    func recent(rule: String, principal: UInt32?, windowUSec: Int64) -> UInt64

    /// Deposits charged to the rule that are held.
    func deposits(rule: String, principal: UInt32?) -> UInt64

    /// When fewer than `limit` will have been charged to the rule within a window, if nothing else is: microseconds of the
    /// boot clock. nil: never, or it is not known.
    func reopens(rule: String, principal: UInt32?, windowUSec: Int64, below limit: UInt64) -> Int64?
}

extension CounterView {
    package func reopens(rule: String, principal: UInt32?, windowUSec: Int64, below limit: UInt64) -> Int64? { nil }
}

/// Counters of which nothing has been used yet.
package struct UnusedCounters: CounterView {
    package init() {}
    package func used(rule: String, principal: UInt32?) -> UInt64 { 0 }
    package func outstanding(rule: String, principal: UInt32?) -> UInt64 { 0 }
    package func recent(rule: String, principal: UInt32?, windowUSec: Int64) -> UInt64 { 0 }
    package func deposits(rule: String, principal: UInt32?) -> UInt64 { 0 }
}
