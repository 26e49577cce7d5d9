// SPDX-License-Identifier: Apache-2.0

import VaultModel

/// A rule in the form in which it is evaluated.
final class CompiledRule: Sendable {
    let rule: Rule
    /// What it says, to look at without copies.
    let said: Rule.Shared

    let id: String
    let effect: Effect
    let hasTimes: Bool

    /// What it is about; a permit to open, deposit or remove is about listing, too.
    let actions: ActionSet

    /// By what it selects.
    let kinds: SelectorKinds

    /// The same, for who lists them.
    var selectors: [SelectorKind] { kinds.kinds }

    /// What it counts of grants, and of deposits.
    let counted: [CountedLimit]
    let countedDeposits: [CountedLimit]

    /// Limits of time on the boot clock, when the rule was applied in this boot.
    let bootNotBeforeUSec: Int64?
    let bootNotAfterUSec: Int64?

    /// Whether its grants have a lease or count while they are out, so that they are followed until they end.
    let isFollowed: Bool

    /// Whether the rule is a permit that has nothing but the unit to go by.
    let systemUnitOnly: Bool

    init(_ rule: Rule, bootID: String?) {
        self.rule = rule
        said = rule.shared
        id = rule.id
        effect = rule.effect
        hasTimes = rule.conditions.hasTimes
        actions = rule.effect == .permit ? rule.actions.permitted : rule.actions
        kinds = rule.to.kinds
        counted = rule.conditions.counted
        countedDeposits = rule.conditions.countedDeposits
        isFollowed = rule.conditions.isFollowed
        systemUnitOnly = rule.effect == .permit && rule.to.restsOnUnit
        let anchor = rule.anchor.flatMap { $0.bootID == bootID ? $0 : nil }
        func onBootClock(_ wallUSec: Int64?) -> Int64? {
            guard let anchor, let wallUSec else { return nil }
            // The anchor was stored, and the time written by somebody.
            return anchor.bootUSec.saturatingAdding(wallUSec.saturatingSubtracting(anchor.wallUSec))
        }
        bootNotBeforeUSec = onBootClock(rule.conditions.notBeforeUSec)
        bootNotAfterUSec = onBootClock(rule.conditions.notAfterUSec)
    }

    /// Whether the rule is about what is asked, now, by this caller. Its name has been looked at. For a forbid this is
    /// all that it needs to match; for a permit the grant must be covered, too.
    func isAbout(_ request: borrowing DecisionRequest) -> Bool {
        guard actions.contains(request.action) else { return false }
        if effect == .forbid, let rights = said.content.rights {
            // A forbid of rights is about requests for any of them.
            guard request.action == .open || request.action == .deposit else { return false }
            if let asked = request.asked, asked.isDisjoint(with: rights) { return false }
        }
        return matchesCaller(request.identity) && matchesTime(request)
    }

    /// Whether who is calling is whom the rule is about.
    func matchesCaller(_ identity: borrowing Identity) -> Bool {
        var rest = kinds
        while let selector = rest.popFirst() {
            guard matches(selector, identity).counts(for: effect) else { return false }
        }
        return true
    }

    /// Whether one of its selectors matches.
    func matches(_ selector: SelectorKind, _ identity: borrowing Identity) -> Truth {
        said.content.to.matches(selector, identity, systemUnitOnly: systemUnitOnly)
    }

    /// Whether it says the same at any time, and however often it was used.
    var isLasting: Bool { counted.isEmpty && !isFollowed && !hasTimes }

    /// Whether it is the time that the rule is about.
    func matchesTime(_ request: borrowing DecisionRequest) -> Bool {
        guard hasTimes else { return true }
        return notBefore(request).counts(for: effect) && notAfter(request).counts(for: effect)
            && hours(request).counts(for: effect)
    }

    func notBefore(_ request: borrowing DecisionRequest) -> Truth {
        guard let limit = said.content.conditions.notBeforeUSec else { return .yes }
        if let bootNotBeforeUSec { return Truth(request.bootUSec >= bootNotBeforeUSec) }
        return request.clockIsTrusted ? Truth(request.wallUSec >= limit) : .unknown
    }

    func notAfter(_ request: borrowing DecisionRequest) -> Truth {
        guard let limit = said.content.conditions.notAfterUSec else { return .yes }
        if let bootNotAfterUSec { return Truth(request.bootUSec < bootNotAfterUSec) }
        return request.clockIsTrusted ? Truth(request.wallUSec < limit) : .unknown
    }

    func hours(_ request: borrowing DecisionRequest) -> Truth {
        guard !said.content.conditions.hours.isEmpty else { return .yes }
        guard request.clockIsTrusted else { return .unknown }
        var truth = Truth.no
        for hours in said.content.conditions.hours {
            switch hours.contains(request.wallUSec) {
            case true?: return .yes
            case false?: break
            case nil: truth = .unknown
            }
        }
        return truth
    }

    /// What it counts of an action.
    func counted(_ action: Action) -> [CountedLimit] {
        switch action {
        case .open: counted
        case .deposit: countedDeposits
        case .remove, .list, .watch, .renew, .audit, .admin: []
        }
    }

    /// The least that is left of what the rule counts of an action, over all its counters; nil when it counts nothing.
    func left(_ action: Action, _ uid: UInt32, _ counters: some CounterView) -> UInt64? {
        let counted = counted(action)
        guard !counted.isEmpty else { return nil }
        var left = UInt64.max
        for limit in counted {
            let used = limit.used(of: rule.id, by: uid, counters)
            left = min(left, limit.most > used ? limit.most - used : 0)
        }
        return left
    }
}
