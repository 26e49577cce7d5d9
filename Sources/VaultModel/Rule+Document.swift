// SPDX-License-Identifier: Apache-2.0

import JSONText

extension Rule {
    /// The rule as a policy file would hold it, as canonical JSON (which is YAML): keys in a fixed order, names as
    /// they were written, lists always as lists. Two rules that say the same have the same document. What is not in a
    /// file (origin, place, anchor, resolved ids) is not in it, nor an empty id, for which the broker makes one.
    package var document: String {
        var writer = JSONWriter()
        writer.beginObject()
        if !id.isEmpty { writer.member("id", id) }
        writer.key(effect.rawValue)
        writer.value(actions.words)
        if !capabilities.isEmpty { writer.member("capability", capabilities.map(\.text)) }
        writer.key("to")
        if to.anyone {
            writer.string("anyone")
        } else {
            writer.beginObject()
            for kind in to.kinds.kinds {
                writer.key(kind.rawValue)
                writer.value(to.values(of: kind))
            }
            writer.endObject()
        }
        writer.member("rights", rights?.words)
        conditions.write(to: &writer)
        writer.endObject()
        return String(decoding: writer.finish(), as: UTF8.self)
    }
}

extension Conditions {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.member("not-before", notBeforeUSec.map(TimeText.text))
        writer.member("not-after", notAfterUSec.map(TimeText.text))
        if !hours.isEmpty { writer.member("hours", hours.map(\.description)) }
        writer.member("lease", leaseUSec.map(DurationText.text))
        writer.member("max-lease", maxLeaseUSec.map(DurationText.text))
        writer.limit("uses", uses) { $0.integer($1) }
        writer.limit("outstanding", outstanding) { $0.integer($1) }
        writer.limit("rate", rate) { $0.value($1.map(\.description)) }
        if needsReason { writer.member("reason", "required") }
    }
}

extension JSONWriter {
    /// A limit in all is its value alone.
    fileprivate mutating func limit<Value>(
        _ key: StaticString, _ limit: Limit<Value>?, _ write: (inout JSONWriter, Value) -> Void
    ) {
        guard let limit else { return }
        self.key(key)
        if limit.perPrincipal == nil, let inAll = limit.inAll {
            write(&self, inAll)
            return
        }
        beginObject()
        if let inAll = limit.inAll {
            self.key("in-all")
            write(&self, inAll)
        }
        if let perPrincipal = limit.perPrincipal {
            self.key("per-principal")
            write(&self, perPrincipal)
        }
        endObject()
    }
}
