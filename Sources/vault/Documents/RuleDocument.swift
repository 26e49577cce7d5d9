// SPDX-License-Identifier: Apache-2.0

import JSONText

/// A rule as a policy file would hold it, made from the options of `grant`. JSON is YAML: there is one schema and one
/// parser, the broker's.
struct RuleDocument {
    var id: String?
    var forbids = false
    var actions = ["open"]
    /// Patterns of names; none for the actions that are about the broker.
    var capabilities: [String] = []
    var to: [SelectorArgument] = []
    var rights: [String]?
    var notAfterUSec: Int64?
    var lease: String?
    var maxLease: String?
    var uses: Int?

    /// Keys in the order in which a person would write them.
    var text: String {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("id", id)
        writer.member(forbids ? "forbid" : "permit", actions)
        if !capabilities.isEmpty { writer.member("capability", capabilities) }
        writer.key("to")
        if to.contains(where: { $0.kind == nil }) {
            writer.string("anyone")
        } else {
            writer.beginObject()
            for selector in to {
                guard let kind = selector.kind else { continue }
                writer.key(kind.rawValue)
                writer.value(selector.values)
            }
            writer.endObject()
        }
        writer.member("rights", rights)
        writer.member("not-after", notAfterUSec.map { LocalTime.text($0) })
        writer.member("lease", lease)
        writer.member("max-lease", maxLease)
        writer.member("uses", uses)
        writer.endObject()
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}
