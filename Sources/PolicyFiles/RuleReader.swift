// SPDX-License-Identifier: Apache-2.0

import VaultModel

/// Reads one rule.
struct RuleReader {
    let context: ReadingContext
    let origin: RuleOrigin

    /// The id of a rule that names none; nil: every rule has to.
    var defaultID: String?

    static let keys =
        ["id", "permit", "forbid", "capability", "to", "rights"] + ConditionReader.keys + ["on-revoke"]

    private static let hints = [
        "allow": "write permit: [ACTION…]", "deny": "write forbid: [ACTION…]",
        "capabilities": "write capability: PATTERN; it takes a list, too",
        "expires": "write not-after: TIME, or lease: DURATION",
        "user": "write it inside 'to'", "group": "write it inside 'to'", "unit": "write it inside 'to'",
    ]

    /// nil when something is wrong with it, which has been reported.
    func read(_ node: DocumentNode) -> Rule? {
        let problems = context.problems
        let before = problems.errorCount
        guard let mapping = MappingReader(node, "a rule", keys: Self.keys, hints: Self.hints, problems: problems) else {
            return nil
        }
        let id = readID(mapping)
        guard let (effect, actions) = readEffect(mapping) else { return nil }
        let capabilities = readCapabilities(mapping, actions)
        mapping.require("to", remedy: "say whom it is about; write 'to: anyone' for everybody")
        let selectors = mapping.node("to").flatMap { SelectorReader(context: context).read($0, effect: effect) }
        let rights = readRights(mapping, effect, actions)
        let conditionReader = ConditionReader(mapping: mapping, context: context)
        let conditions = conditionReader.read(effect: effect, actions: actions)
        if mapping.has("on-revoke") {
            context.refuse(
                "'on-revoke' is not supported in this version, which does nothing to who holds what is revoked",
                remedy: "take it out", at: mapping.keyPlace("on-revoke"))
        }
        guard let id, let selectors, problems.errorCount == before else { return nil }
        return Rule(
            id: id, effect: effect, actions: actions, capabilities: capabilities, to: selectors, rights: rights,
            conditions: conditions, origin: origin, place: node.place)
    }

    private func readID(_ mapping: MappingReader) -> String? {
        if !mapping.has("id"), let defaultID { return defaultID }
        mapping.require("id", remedy: "give the rule an id; records and 'vault revoke' name it")
        return mapping.value("id") { (text: String) throws(InvalidText) -> String in
            try Rule.checkID(text)
            return text
        }
    }

    private func readEffect(_ mapping: MappingReader) -> (Effect, ActionSet)? {
        let remedy = "write either permit: [ACTION…] or forbid: [ACTION…]"
        switch (mapping.has("permit"), mapping.has("forbid")) {
        case (true, true):
            mapping.problems.add("a rule both permits and forbids", remedy: remedy, at: mapping.keyPlace("forbid"))
        case (false, false):
            mapping.problems.add("a rule neither permits nor forbids", remedy: remedy, at: mapping.place)
            return nil
        default: break
        }
        let effect: Effect = mapping.has("permit") ? .permit : .forbid
        guard let texts = mapping.texts(effect.rawValue) else { return nil }
        let word: (String) throws(InvalidText) -> Action = ScalarText.word("is not an action", of: Action.allCases)
        let actions = texts.compactMap { text in mapping.read(text, word).map { (text, $0) } }
        guard actions.count == texts.count else { return nil }
        return (effect, ActionSet(actions.map(\.1)))
    }

    private func readCapabilities(_ mapping: MappingReader, _ actions: ActionSet) -> [NamePattern] {
        let aboutNames = actions.actions.filter(\.takesCapability)
        let aboutBroker = actions.actions.filter { !$0.takesCapability }.map(\.rawValue).joined(separator: " and ")
        if aboutNames.isEmpty {
            mapping.refuse(
                "capability", because: "\(aboutBroker) is about the broker, not about capabilities",
                remedy: "remove 'capability'")
            return []
        }
        if !aboutBroker.isEmpty {
            mapping.problems.add(
                "\(aboutBroker) is about the broker, and \(aboutNames[0].rawValue) about capabilities",
                remedy: "write a rule of its own for \(aboutBroker), without 'capability'", at: mapping.place)
        }
        mapping.require("capability", remedy: "say which; write capability: \"**\" for all")
        return mapping.values("capability", NamePattern.init) ?? []
    }

    private func readRights(_ mapping: MappingReader, _ effect: Effect, _ actions: ActionSet) -> Rights? {
        guard mapping.has("rights") else { return nil }
        if actions.isDisjoint(with: ActionSet([.open, .deposit])) {
            mapping.refuse("rights", because: "the rule is not about open", remedy: "remove it")
        } else if effect == .forbid, !actions.isSubset(of: ActionSet([.open, .deposit])) {
            mapping.refuse(
                "rights", because: "a forbid with rights is about requests for them, that is open",
                remedy: "write a rule of its own for the other actions")
        }
        return mapping.rights()
    }
}

/// Reads the conditions of a rule.
struct ConditionReader {
    let mapping: MappingReader
    let context: ReadingContext

    /// What is about grants, and so needs a permit to open.
    static let ofGrants = ["lease", "max-lease", "uses", "outstanding", "rate", "reason"]

    /// What is about deposits, and so needs a permit to deposit.
    static let ofDeposits = ["deposits"] + RiskyDeposits.keys.map(\.key)

    static let keys = ["not-before", "not-after", "hours"] + ofGrants + ofDeposits

    func read(effect: Effect, actions: ActionSet) -> Conditions {
        var conditions = Conditions()
        conditions.notBeforeUSec = mapping.value("not-before", TimeText.parse)
        conditions.notAfterUSec = mapping.value("not-after", TimeText.parse)
        if let start = conditions.notBeforeUSec, let end = conditions.notAfterUSec, start >= end {
            mapping.problems.add(
                "'not-after' is not later than 'not-before', so the rule never holds", remedy: "write a later time",
                at: mapping.valuePlace("not-after"))
        }
        conditions.hours = mapping.values("hours", hours) ?? []
        for key in Self.ofGrants {
            if effect == .forbid {
                mapping.refuse(key, because: "a forbid grants nothing", remedy: "remove it, or write a permit")
            } else if !actions.contains(.open) {
                mapping.refuse(key, because: "it is about grants, and the rule is not about open", remedy: "remove it")
            }
        }
        for key in Self.ofDeposits {
            if effect == .forbid {
                mapping.refuse(key, because: "a forbid lets nobody deposit", remedy: "remove it, or write a permit")
            } else if !actions.contains(.deposit) {
                mapping.refuse(
                    key, because: "it is about deposits, and the rule is not about deposit", remedy: "remove it")
            }
        }
        readLease(&conditions)
        conditions.uses = limit("uses") { $0.value($1, ScalarText.count) }
        conditions.outstanding = limit("outstanding") { $0.value($1, ScalarText.count) }
        conditions.rate = limit("rate") { $0.values($1, RateWindow.init(parsing:)) }
        conditions.needsReason = mapping.value("reason", Self.reason) ?? false
        conditions.deposits = limit("deposits") { $0.value($1, ScalarText.count) }
        for (key, value) in RiskyDeposits.keys where mapping.value(key, ScalarText.yesOrNo) == true {
            conditions.depositsToo.insert(value)
        }
        return conditions
    }

    private func readLease(_ conditions: inout Conditions) {
        conditions.leaseUSec = mapping.value("lease", ScalarText.duration(suchAs: "15m"))
        conditions.maxLeaseUSec = mapping.value("max-lease", ScalarText.duration(suchAs: "15m"))
        guard let most = conditions.maxLeaseUSec else { return }
        if !mapping.has("lease") {
            mapping.problems.add(
                "'max-lease' without 'lease'", remedy: "write how long a lease lasts before it is renewed",
                at: mapping.keyPlace("max-lease"))
        } else if let lease = conditions.leaseUSec, most < lease {
            mapping.problems.add(
                "'max-lease' is shorter than 'lease'", remedy: "write a time of at least \(DurationText.text(lease))",
                at: mapping.valuePlace("max-lease"))
        }
    }

    /// A limit in all, or a mapping that says what counts for each principal.
    private func limit<Value>(_ key: String, _ read: (MappingReader, String) -> Value?) -> Limit<Value>? {
        guard let node = mapping.node(key) else { return nil }
        guard case .mapping(let members) = node.content else { return read(mapping, key).map { Limit(inAll: $0) } }
        guard
            let limits = MappingReader(
                node, "'\(key)'", keys: ["in-all", "per-principal"], problems: mapping.problems)
        else { return nil }
        let limit = Limit(inAll: read(limits, "in-all"), perPrincipal: read(limits, "per-principal"))
        if members.isEmpty {
            mapping.problems.add("'\(key)' sets no limit", remedy: "write in-all or per-principal", at: node.place)
        }
        return limit.inAll == nil && limit.perPrincipal == nil ? nil : limit
    }

    private func hours(_ text: String) throws(InvalidText) -> Hours {
        try Hours(parsing: text, zone: context.zones.zone)
    }

    private static func reason(_ text: String) throws(InvalidText) -> Bool {
        guard text == "required" else {
            throw InvalidText("'\(text)' says nothing about reasons", remedy: "write reason: required, or leave it out")
        }
        return true
    }
}
