// SPDX-License-Identifier: Apache-2.0

import VaultModel
import VaultPolicy

/// The semantics of the policy language once more, as plainly as can be and without any code of the real evaluator: it
/// looks at every rule in turn. What it decides is what the compiled policy has to decide.
struct ReferenceEvaluator {
    struct Answer: Equatable {
        var isPermitted: Bool
        var rights: Rights = []
        var charged: String?
        /// The permits that match and the forbids that took rights away, or the forbids that denied it.
        var rules: Set<String>
    }

    let rules: [Rule]
    let bootID: String

    func decide(_ request: DecisionRequest, _ counters: some CounterView) -> Answer {
        let about = rules.filter { isAbout($0, request) }
        let aboutRights = request.action == .open || request.action == .deposit
        var available = request.offered
        var forbids: Set<String> = []
        var reductions: Set<String> = []
        for rule in about where rule.effect == .forbid {
            guard let rights = rule.rights else {
                forbids.insert(rule.id)
                continue
            }
            guard aboutRights else { continue }
            if let asked = request.asked {
                if !asked.intersection(rights).isEmpty { forbids.insert(rule.id) }
            } else if !rights.intersection(request.offered).isEmpty {
                available.subtract(rights)
                reductions.insert(rule.id)
            }
        }
        guard forbids.isEmpty else { return Answer(isPermitted: false, rules: forbids) }
        let permits = about.filter { $0.effect == .permit }
        let covering = permits.compactMap { cover($0, request, available, counters) }
        guard let best = covering.min(by: isBefore) else {
            let could = permits.contains { cover($0, request, request.offered, counters) != nil }
            return Answer(isPermitted: false, rules: could ? reductions : [])
        }
        return Answer(
            isPermitted: true, rights: best.rights, charged: best.rule.id,
            rules: reductions.union(covering.map(\.rule.id)))
    }

    private typealias Cover = (rule: Rule, rights: Rights, left: UInt64)

    /// What a permit alone gives; nil: not what is asked.
    private func cover(_ rule: Rule, _ request: DecisionRequest, _ available: Rights, _ counters: some CounterView)
        -> Cover?
    {
        var rights: Rights = []
        if request.action == .open || request.action == .deposit {
            rights = available.intersection(rule.rights ?? available)
            if let asked = request.asked {
                guard asked.intersection(rights) == asked else { return nil }
                rights = asked
            }
            guard rights != [] else { return nil }
        }
        guard request.action == .open else { return (rule, rights, .max) }
        if rule.conditions.needsReason, !request.hasReason { return nil }
        var left: [UInt64] = []
        func subtract(_ limit: UInt64?, _ used: UInt64) {
            if let limit { left.append(limit > used ? limit - used : 0) }
        }
        for (principal, key) in [(nil, \Limit<UInt64>.inAll), (request.identity.uid, \Limit<UInt64>.perPrincipal)] {
            subtract(rule.conditions.uses?[keyPath: key], counters.used(rule: rule.id, principal: principal))
            subtract(
                rule.conditions.outstanding?[keyPath: key], counters.outstanding(rule: rule.id, principal: principal))
        }
        for window in rule.conditions.rate?.inAll ?? [] {
            subtract(window.count, counters.recent(rule: rule.id, principal: nil, windowUSec: window.windowUSec))
        }
        let least = left.min() ?? .max
        return least == 0 ? nil : (rule, rights, least)
    }

    /// Most rights, then no lease before the longest, then no counter before the most left, then the smallest id.
    private func isBefore(_ left: Cover, _ right: Cover) -> Bool {
        if left.rights.words.count != right.rights.words.count {
            return left.rights.words.count > right.rights.words.count
        }
        let leases = [left, right].map { $0.rule.conditions.leaseUSec ?? Int64.max }
        if leases[0] != leases[1] { return leases[0] > leases[1] }
        if left.left != right.left { return left.left > right.left }
        return left.rule.id < right.rule.id
    }

    private func isAbout(_ rule: Rule, _ request: DecisionRequest) -> Bool {
        var actions = Set(rule.actions.actions)
        if rule.effect == .permit, !actions.isDisjoint(with: [.open, .deposit, .remove, .renew]) {
            actions.insert(.list)
        }
        guard actions.contains(request.action) else { return false }
        if request.action != .admin, request.action != .audit {
            guard let name = request.name, rule.capabilities.contains(where: { matches($0, name) }) else {
                return false
            }
        }
        let unknownCounts = rule.effect == .forbid
        return conditions(rule, request).allSatisfy { $0 ?? unknownCounts }
    }

    private func matches(_ pattern: NamePattern, _ name: CapabilityName) -> Bool {
        func segments(_ pattern: ArraySlice<Substring>, _ name: ArraySlice<Substring>) -> Bool {
            guard let first = pattern.first else { return name.isEmpty }
            if first == "**" {
                return segments(pattern.dropFirst(), name) || (!name.isEmpty && segments(pattern, name.dropFirst()))
            }
            guard let segment = name.first else { return false }
            return letters(first, segment) && segments(pattern.dropFirst(), name.dropFirst())
        }
        return segments(pattern.text.split(separator: "/")[...], name.text.split(separator: "/")[...])
    }

    private func letters(_ pattern: Substring, _ text: Substring) -> Bool {
        guard let first = pattern.first else { return text.isEmpty }
        if first == "*" {
            return letters(pattern.dropFirst(), text) || (!text.isEmpty && letters(pattern, text.dropFirst()))
        }
        return first == text.first && letters(pattern.dropFirst(), text.dropFirst())
    }

    /// Every selector and time: whether it holds, or nil when that is not known.
    private func conditions(_ rule: Rule, _ request: DecisionRequest) -> [Bool?] {
        let caller = request.identity
        let to = rule.to
        var found: [Bool?] = []
        func isUnknown(_ id: UInt32) -> Bool { id == 65534 && !caller.idMapIsIdentity }
        for ids in [to.users.map(\.id), to.uids] where !ids.isEmpty {
            found.append(isUnknown(caller.uid) ? nil : ids.contains(caller.uid))
        }
        for ids in [to.groups.map(\.id), to.gids] where !ids.isEmpty {
            let mine = [caller.gid] + caller.groups
            let isMember = mine.contains { !isUnknown($0) && ids.contains($0) }
            found.append(isMember ? true : mine.contains(where: isUnknown) ? nil : false)
        }
        func text(_ patterns: [TextPattern], _ value: String??) {
            guard !patterns.isEmpty else { return }
            guard let value else { return found.append(nil) }
            found.append(value.map { text in patterns.contains { glob($0.text, text) } } ?? false)
        }
        text(to.labels, caller.label.value)
        let pinned = caller.pin == .pidfd
        text(to.cgroups, pinned ? caller.cgroup.value : nil)
        text(to.units, pinned ? caller.unit.value : nil)
        text(to.containers, pinned ? caller.container.value : nil)
        text(to.pods, pinned ? caller.pod.value : nil)
        text(to.exes, pinned ? caller.exe.value.map { $0 } : nil)
        let isCertain =
            to.anyone || !to.users.isEmpty || !to.uids.isEmpty || !to.groups.isEmpty || !to.gids.isEmpty
            || !to.labels.isEmpty
        if rule.effect == .permit, !isCertain, !to.units.isEmpty { found.append(caller.unitIsOfSystemManager) }
        if !to.loginuids.isEmpty {
            switch caller.loginuid {
            case .known(let login?) where pinned && !isUnknown(login):
                found.append(to.loginuids.contains { $0.id == login })
            case .known(nil) where pinned && caller.idMapIsIdentity: found.append(false)
            default: found.append(nil)
            }
        }
        if !to.namespaces.isEmpty {
            found.append(pinned ? caller.namespace.value.map { to.namespaces.contains($0) } : nil)
        }
        if !to.sha256s.isEmpty { found.append(pinned ? caller.exeSHA256.value.map { to.sha256s.contains($0) } : nil) }
        return found + times(rule, request)
    }

    private func glob(_ pattern: String, _ text: String) -> Bool {
        let deep = pattern.hasSuffix("/**")
        if deep { return text == pattern.dropLast(3) || text.hasPrefix(pattern.dropLast(2)) }
        return !text.dropFirst(pattern.prefix { $0 != "*" }.count).contains("/") || !pattern.contains("*")
            ? letters(pattern[...], text[...]) : false
    }

    private func times(_ rule: Rule, _ request: DecisionRequest) -> [Bool?] {
        /// How far a time of the wall clock lies ahead; nil: not known.
        func ahead(_ limit: Int64) -> Int64? {
            if let anchor = rule.anchor, anchor.bootID == bootID {
                return (limit - anchor.wallUSec) - (request.bootUSec - anchor.bootUSec)
            }
            return request.clockIsTrusted ? limit - request.wallUSec : nil
        }
        var found: [Bool?] = []
        if let limit = rule.conditions.notBeforeUSec { found.append(ahead(limit).map { $0 <= 0 }) }
        if let limit = rule.conditions.notAfterUSec { found.append(ahead(limit).map { $0 > 0 }) }
        if !rule.conditions.hours.isEmpty {
            let hours = rule.conditions.hours.map { request.clockIsTrusted ? $0.contains(request.wallUSec) : nil }
            found.append(hours.contains(true) ? true : hours.contains(nil) ? nil : false)
        }
        return found
    }
}
