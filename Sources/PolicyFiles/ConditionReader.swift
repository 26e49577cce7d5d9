// SPDX-License-Identifier: Apache-2.0

import VaultModel

/// Reads the conditions of a rule.
struct ConditionReader {
    let mapping: MappingReader
    let context: ReadingContext

    /// What is about grants, and so needs a permit to open.
    static let ofGrants = ["lease", "max-lease", "uses", "outstanding", "rate", "reason"]

    static let keys = ["not-before", "not-after", "hours"] + ofGrants

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
        readLease(&conditions)
        conditions.uses = limit("uses") { $0.value($1, ScalarText.count) }
        conditions.outstanding = limit("outstanding") { $0.value($1, ScalarText.count) }
        conditions.rate = limit("rate") { $0.values($1, Self.rate) }
        conditions.needsReason = mapping.value("reason", Self.reason) ?? false
        return conditions
    }

    private func readLease(_ conditions: inout Conditions) {
        conditions.leaseUSec = mapping.value("lease", Self.duration)
        conditions.maxLeaseUSec = mapping.value("max-lease", Self.duration)
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

    private static func duration(_ text: String) throws(InvalidText) -> Int64 {
        let duration = try DurationText.parse(text)
        guard duration > 0 else { throw InvalidText("the time is 0", remedy: "write a time such as 15m") }
        return duration
    }

    private static func rate(_ text: String) throws(InvalidText) -> RateWindow { try RateWindow(parsing: text) }

    private static func reason(_ text: String) throws(InvalidText) -> Bool {
        guard text == "required" else {
            throw InvalidText("'\(text)' says nothing about reasons", remedy: "write reason: required, or leave it out")
        }
        return true
    }
}
