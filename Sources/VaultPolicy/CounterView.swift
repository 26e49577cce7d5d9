// SPDX-License-Identifier: Apache-2.0

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
}
