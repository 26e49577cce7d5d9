// SPDX-License-Identifier: Apache-2.0

import Testing
import VaultModel
import VaultPolicy

/// Short ways to write rules and requests.
enum Fixture {
    /// 2026-01-05T12:00:00Z, a Monday.
    static let noon: Int64 = 1_767_614_400_000_000

    static func rule(
        _ id: String, _ effect: Effect = .permit, _ actions: [Action] = [.open], _ patterns: [String] = ["**"],
        to: SelectorSet = .anyone, rights: Rights? = nil, when conditions: Conditions = Conditions(),
        anchor: TimeAnchor? = nil
    ) throws -> Rule {
        Rule(
            id: id, effect: effect, actions: ActionSet(actions), capabilities: try patterns.map { try NamePattern($0) },
            to: to, rights: rights, conditions: conditions, origin: .granted, anchor: anchor)
    }

    static func policy(_ rules: [Rule], suspended: Set<String> = []) -> CompiledPolicy {
        CompiledPolicy(rules: rules, suspended: suspended, revision: 1, sha256: "", bootID: "this")
    }

    static func request(
        _ identity: Identity = Identity(uid: 1000, gid: 1000), _ action: Action = .open, _ name: String = "a/b",
        asked: Rights? = nil, offered: Rights = .all, reason: Bool = false, at wallUSec: Int64 = noon,
        bootUSec: Int64 = 0, trusted: Bool = true
    ) throws -> DecisionRequest {
        DecisionRequest(
            identity: identity, action: action, name: try CapabilityName(name), asked: asked, offered: offered,
            hasReason: reason, wallUSec: wallUSec, bootUSec: bootUSec, clockIsTrusted: trusted)
    }

    static func decide(_ rules: [Rule], _ request: DecisionRequest) -> Decision {
        policy(rules).decide(request, counters: UnusedCounters())
    }

    static func patterns(_ texts: String...) throws -> [TextPattern] { try texts.map { try TextPattern($0) } }
}

/// Counters that are written out: rule and principal to a number.
struct WrittenCounters: CounterView {
    var used: [String: UInt64] = [:]
    var outstanding: [String: UInt64] = [:]
    var deposits: [String: UInt64] = [:]
    var recent: [String: UInt64] = [:]

    private static func key(_ rule: String, _ principal: UInt32?) -> String {
        principal.map { "\(rule)/\($0)" } ?? rule
    }

    func used(rule: String, principal: UInt32?) -> UInt64 { used[Self.key(rule, principal)] ?? 0 }
    func deposits(rule: String, principal: UInt32?) -> UInt64 { deposits[Self.key(rule, principal)] ?? 0 }
    func outstanding(rule: String, principal: UInt32?) -> UInt64 { outstanding[Self.key(rule, principal)] ?? 0 }
    func recent(rule: String, principal: UInt32?, windowUSec: Int64) -> UInt64 {
        recent["\(Self.key(rule, principal)):\(windowUSec)"] ?? 0
    }
}
