// SPDX-License-Identifier: Apache-2.0

import VaultModel

/// Who can have what, by one rule.
package struct Answer: Sendable, Equatable {
    /// Whom the answer is about: of the callers that the rule names one, if it names any.
    package var to: SelectorSet
    package var actions: ActionSet
    /// A name, or the pattern of the rule where no capability is known that it matches; nil: the broker itself.
    package var name: String?
    /// What can be had for sure when the conditions hold; empty for actions that are not about rights.
    package var rights: Rights
    package var rule: String
    /// What must hold besides, in words: `unit is nginx.service`, `not after …`, `unless the rule … forbids it: …`.
    package var conditions: [String]
}

extension CompiledPolicy {
    /// Who can do something with a name, from the rules alone: for each permit, and each principal that it names and
    /// that is not surely overruled, an answer with the conditions that remain.
    ///
    /// `name` is nil for actions on the broker; `offered` is what the capability has.
    package func whoCan(_ name: CapabilityName?, action: Action, offered: Rights = .all) -> [Answer] {
        let forbids = Forbids(active)
        return permits.flatMap { permit -> [Answer] in
            guard permit.isAbout(action, name) else { return [] }
            return permit.rule.to.eachPrincipal.compactMap {
                answer(permit, $0, action, name, offered: offered, subject: nil, forbids)
            }
        }
    }

    /// What a caller can do, from the rules alone: one answer for a permit and a name, whomever else the permit names. `capabilities` are those that are known; a pattern that matches none
    /// of them is answered as it is. What the subject leaves out remains as a condition.
    package func whatCan(_ subject: Subject, capabilities: [Capability]) -> [Answer] {
        let forbids = Forbids(active)
        let mine = permits.filter { $0.match(subject) != .no }
        let known = KnownNames(of: mine.map(\.rule), capabilities)
        return mine.enumerated().flatMap { number, permit -> [Answer] in
            let to = permit.rule.to.narrowed(to: subject)
            guard !permit.rule.capabilities.isEmpty else {
                return permit.rule.actions.actions.compactMap {
                    answer(permit, to, $0, nil, offered: [], subject: subject, forbids)
                }
            }
            let fromNames = known.capabilities(ofRule: number).compactMap { capability in
                merged(permit, subject) {
                    answer(
                        permit, to, $0, capability.name, offered: capability.rights, subject: subject, forbids)
                }
            }
            let unmatched = known.unmatched(ofRule: number)
            return fromNames
                + unmatched.compactMap { pattern in
                    merged(permit, subject) { action in
                        var answer = answer(
                            permit, to, action, try? CapabilityName(pattern.text), pattern: pattern, offered: .all,
                            subject: subject, forbids)
                        answer?.name = pattern.text
                        return answer
                    }
                }
        }
    }

    private var permits: [CompiledRule] { active.filter { $0.effect == .permit } }

    /// One answer for all actions of a permit that can be done under the same conditions as the first.
    private func merged(_ permit: CompiledRule, _ subject: Subject, _ answer: (Action) -> Answer?) -> Answer? {
        let answers = permit.rule.actions.actions.compactMap(answer)
        guard var first = answers.first else { return nil }
        for other in answers.dropFirst() {
            first.actions.formUnion(other.actions)
            first.rights.formUnion(other.rights)
            first.conditions += other.conditions.filter { !first.conditions.contains($0) }
        }
        return first
    }

    /// What a permit gives to those of its callers that are meant, less what forbids surely take away; nil when nothing is
    /// left.
    private func answer(
        _ permit: CompiledRule, _ to: SelectorSet, _ action: Action, _ name: CapabilityName?,
        pattern: NamePattern? = nil,
        offered: Rights, subject: Subject?, _ forbids: Forbids
    ) -> Answer? {
        let isAboutRights = action == .open || action == .deposit
        var rights: Rights = isAboutRights ? offered.intersection(permit.rule.rights ?? .all) : []
        guard !isAboutRights || !rights.isEmpty else { return nil }
        var conditions = permit.remaining(for: subject, to, action)
        for forbid in forbids.thatMayConcern(action, name, to) {
            guard forbid.actions.contains(action), isAboutRights || forbid.rule.rights == nil else { continue }
            let names: Truth =
                if !action.takesCapability {
                    .yes
                } else if let name {
                    Truth(forbid.names(name))
                } else {
                    pattern.map(forbid.names) ?? .no
                }
            let taken = forbid.rule.rights.map(rights.intersection)
            guard names != .no, taken?.isEmpty != true else { continue }
            switch forbid.applies(to: to, subject) {
            case .no: continue
            case .yes where names == .yes && !forbid.rule.conditions.hasTimes:
                guard let taken else { return nil }
                rights.subtract(taken)
                if rights.isEmpty { return nil }
            case .yes, .unknown:
                conditions.append(forbid.exception(taken, names: names))
            }
        }
        return Answer(
            to: to, actions: ActionSet(action), name: name?.text, rights: rights, rule: permit.rule.id,
            conditions: conditions)
    }
}

extension CompiledRule {
    /// Whether the rule is about an action on a name.
    fileprivate func isAbout(_ action: Action, _ name: CapabilityName?) -> Bool {
        guard actions.contains(action) else { return false }
        guard action.takesCapability else { return true }
        return name.map(names) ?? false
    }

    /// Whether a forbid is about the names of a pattern: all of them, none, or it cannot be told. Of two patterns whose
    /// texts before the first wildcard part ways none matches a name of the other.
    func names(_ pattern: NamePattern) -> Truth {
        if rule.capabilities.contains(where: { $0 == pattern || $0.text == "**" }) { return .yes }
        let start = pattern.text.utf8.prefix { $0 != UInt8(ascii: "*") }
        let mayMeet = rule.capabilities.contains { other in
            let otherStart = other.text.utf8.prefix { $0 != UInt8(ascii: "*") }
            return start.starts(with: otherStart) || otherStart.starts(with: start)
        }
        return mayMeet ? .unknown : .no
    }

    /// Whether a described caller is whom the rule is about.
    fileprivate func match(_ subject: Subject) -> Truth {
        let identity = Identity(subject, unsaid: .unknown)
        var truth = Truth.yes
        for selector in selectors {
            switch matches(selector, identity) {
            case .no: return .no
            case .unknown: truth = .unknown
            case .yes: break
            }
        }
        return truth
    }

    /// Whether a forbid is about the callers that a permit means, or about the one that was described.
    fileprivate func applies(to callers: SelectorSet, _ subject: Subject?) -> Truth {
        if callers.implies(rule.to) { return .yes }
        if callers.excludes(rule.to) { return .no }
        return subject.map(match) ?? .unknown
    }

    /// What must hold for a permit besides the caller being the one that was described.
    fileprivate func remaining(for subject: Subject?, _ callers: SelectorSet, _ action: Action) -> [String] {
        var remaining: [String] = []
        if let subject {
            let identity = Identity(subject, unsaid: .unknown)
            for kind in selectors where matches(kind, identity) == .unknown {
                remaining.append(Self.text(kind, rule.to.values(of: kind)))
            }
        } else {
            // What names the principal is the answer itself. `group` and `gid` name two where both are there.
            let named = callers.principalKind?.selectors ?? []
            remaining = selectors.filter { !named.contains($0) || ($0 == .gid && !callers.groups.isEmpty) }
                .map { Self.text($0, rule.to.values(of: $0)) }
        }
        return remaining + timeTexts + (action == .open ? grantTexts : [])
    }

    private static func text(_ kind: SelectorKind, _ values: [String]) -> String {
        "\(kind.rawValue) is \(values.joined(separator: " or "))"
    }

    private var timeTexts: [String] {
        var texts: [String] = []
        if let limit = rule.conditions.notBeforeUSec { texts.append("not before \(TimeText.text(limit))") }
        if let limit = rule.conditions.notAfterUSec { texts.append("not after \(TimeText.text(limit))") }
        if !rule.conditions.hours.isEmpty {
            texts.append("only \(rule.conditions.hours.map(\.description).joined(separator: " or "))")
        }
        return texts
    }

    private var grantTexts: [String] {
        let conditions = rule.conditions
        var texts: [String] = []
        if conditions.needsReason { texts.append("a reason is given") }
        texts += counted.map { "at most \($0.text)" }
        if let lease = conditions.leaseUSec { texts.append("for \(DurationText.text(lease)) at a time") }
        return texts
    }

    /// The case in which a forbid overrules.
    fileprivate func exception(_ rights: Rights?, names: Truth) -> String {
        var whom = selectors.map { Self.text($0, rule.to.values(of: $0)) } + timeTexts
        if names == .unknown { whom.append("capability is \(rule.capabilities.map(\.text).joined(separator: " or "))") }
        let what = rights.map { "the rule \(rule.id) forbids \($0)" } ?? "the rule \(rule.id) forbids it"
        return whom.isEmpty ? "unless \(what)" : "unless \(what): \(whom.joined(separator: ", "))"
    }
}
