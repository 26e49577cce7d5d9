// SPDX-License-Identifier: Apache-2.0

extension Rule {
    /// The rule as a policy file would hold it, as canonical JSON (which is YAML): keys in a fixed order, names as
    /// they were written, lists always as lists. Two rules that say the same have the same document. What is not in a
    /// file (origin, place, anchor, resolved ids) is not in it.
    package var document: String {
        var document = DocumentText()
        document.member("id", id)
        document.list(effect.rawValue, actions.words)
        if !capabilities.isEmpty { document.list("capability", capabilities.map(\.text)) }
        if to.anyone {
            document.member("to", "anyone")
        } else {
            document.object("to") { selectors in
                for kind in to.kinds.kinds { selectors.list(kind.rawValue, to.values(of: kind)) }
            }
        }
        if let rights { document.list("rights", rights.words) }
        conditions.write(to: &document)
        if !onRevoke.isEmpty { document.list("on-revoke", onRevoke.words) }
        return document.finished
    }
}

extension Conditions {
    fileprivate func write(to document: inout DocumentText) {
        if let notBeforeUSec { document.member("not-before", TimeText.text(notBeforeUSec)) }
        if let notAfterUSec { document.member("not-after", TimeText.text(notAfterUSec)) }
        if !hours.isEmpty { document.list("hours", hours.map(\.description)) }
        if let leaseUSec { document.member("lease", DurationText.text(leaseUSec)) }
        if let maxLeaseUSec { document.member("max-lease", DurationText.text(maxLeaseUSec)) }
        if let uses { document.limit("uses", uses) }
        if let outstanding { document.limit("outstanding", outstanding) }
        if let rate {
            if rate.perPrincipal == nil {
                document.list("rate", (rate.inAll ?? []).map(\.description))
            } else {
                document.object("rate") { rates in
                    if let windows = rate.inAll { rates.list("in-all", windows.map(\.description)) }
                    if let windows = rate.perPrincipal { rates.list("per-principal", windows.map(\.description)) }
                }
            }
        }
        if needsReason { document.member("reason", "required") }
    }
}

extension DocumentText {
    fileprivate mutating func limit(_ key: String, _ limit: Limit<UInt64>) {
        guard limit.perPrincipal != nil else {
            member(key, limit.inAll ?? 0)
            return
        }
        object(key) { limits in
            if let count = limit.inAll { limits.member("in-all", count) }
            if let count = limit.perPrincipal { limits.member("per-principal", count) }
        }
    }
}
