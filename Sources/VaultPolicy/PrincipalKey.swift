// SPDX-License-Identifier: Apache-2.0

import VaultModel

/// What rules are filed under: the selector of each rule that leaves the fewest callers, with one of its values.
struct PrincipalKey {
    enum Kind: UInt64, CaseIterable {
        case uid = 1
        case gid, label, unit
    }

    /// Under what a rule is filed; nil: it must be looked at for every caller.
    static func kind(of selectors: SelectorSet) -> Kind? {
        if !selectors.users.isEmpty || !selectors.uids.isEmpty { return .uid }
        if !selectors.groups.isEmpty || !selectors.gids.isEmpty { return .gid }
        if !selectors.labels.isEmpty, selectors.labels.allSatisfy(\.isLiteral) { return .label }
        if !selectors.units.isEmpty, selectors.units.allSatisfy(\.isLiteral) { return .unit }
        return nil
    }

    /// The values under which a rule is filed.
    static func ids(of selectors: SelectorSet, _ kind: Kind, _ texts: inout [String: UInt32]) -> Set<UInt32> {
        switch kind {
        case .uid: Set(selectors.users.isEmpty ? selectors.uids : selectors.users.map(\.id))
        case .gid: Set(selectors.groups.isEmpty ? selectors.gids : selectors.groups.map(\.id))
        case .label: Set(selectors.labels.map { number(of: $0.text, &texts) })
        case .unit: Set(selectors.units.map { number(of: $0.text, &texts) })
        }
    }

    private static func number(of text: String, _ texts: inout [String: UInt32]) -> UInt32 {
        let number = texts[text] ?? UInt32(texts.count)
        texts[text] = number
        return number
    }

    /// A pattern, a kind and a value as one number.
    static func packed(_ pattern: Int32, _ kind: Kind, _ id: UInt32) -> UInt64 {
        UInt64(pattern) << 36 | kind.rawValue << 32 | UInt64(id)
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
