// SPDX-License-Identifier: Apache-2.0

import JSONText

/// Whether a rule allows or denies.
package enum Effect: String, Sendable {
    case permit, forbid
}

/// Where a rule comes from.
package enum RuleOrigin: Sendable, Equatable, CustomStringConvertible {
    /// A policy file, by its path.
    case file(String)
    /// `vault grant`.
    case granted
    /// The first start, for the owner of the vault.
    case bootstrap

    package var description: String {
        switch self {
        case .file(let path): path
        case .granted: "granted"
        case .bootstrap: "bootstrap"
        }
    }
}

/// One rule of a policy. There may be many, each in several lists: what a rule says is in memory once, and copies of it share
/// that.
package struct Rule: Sendable, Equatable {
    /// What a rule says.
    package struct Content: Sendable, Equatable {
        package fileprivate(set) var id: String
        package fileprivate(set) var effect: Effect
        package fileprivate(set) var actions: ActionSet
        package fileprivate(set) var capabilities: [NamePattern]
        package fileprivate(set) var to: SelectorSet
        package fileprivate(set) var rights: Rights?
        package fileprivate(set) var conditions: Conditions
        package fileprivate(set) var origin: RuleOrigin
        package fileprivate(set) var place: Place?
        package fileprivate(set) var anchor: TimeAnchor?
    }

    /// Where that is.
    package final class Shared: Sendable {
        package let content: Content

        fileprivate init(_ content: Content) { self.content = content }
    }

    /// For who looks at a part of it often: a part that is read of the rule itself is a copy.
    package private(set) var shared: Shared

    /// Unique in a policy.
    package var id: String {
        get { shared.content.id }
        set { change { $0.id = newValue } }
    }

    package var effect: Effect {
        get { shared.content.effect }
        set { change { $0.effect = newValue } }
    }

    package var actions: ActionSet {
        get { shared.content.actions }
        set { change { $0.actions = newValue } }
    }

    /// Empty for `admin` and `audit`, which are about the broker and not about names.
    package var capabilities: [NamePattern] {
        get { shared.content.capabilities }
        set { change { $0.capabilities = newValue } }
    }

    package var to: SelectorSet {
        get { shared.content.to }
        set { change { $0.to = newValue } }
    }

    /// In a permit the most that it gives (nil: whatever the capability has); in a forbid, what it takes away (nil:
    /// all).
    package var rights: Rights? {
        get { shared.content.rights }
        set { change { $0.rights = newValue } }
    }

    package var conditions: Conditions {
        get { shared.content.conditions }
        set { change { $0.conditions = newValue } }
    }

    package var origin: RuleOrigin {
        get { shared.content.origin }
        set { change { $0.origin = newValue } }
    }

    /// Where it was written; nil when it came over the socket.
    package var place: Place? {
        get { shared.content.place }
        set { change { $0.place = newValue } }
    }

    /// When the rule was applied. Kept beside the document, by whoever stores the rule.
    package var anchor: TimeAnchor? {
        get { shared.content.anchor }
        set { change { $0.anchor = newValue } }
    }

    private mutating func change(_ body: (inout Content) -> Void) {
        var content = shared.content
        body(&content)
        shared = Shared(content)
    }

    package static func == (left: Rule, right: Rule) -> Bool {
        left.shared === right.shared || left.shared.content == right.shared.content
    }

    package init(
        id: String, effect: Effect, actions: ActionSet, capabilities: [NamePattern] = [], to: SelectorSet,
        rights: Rights? = nil, conditions: Conditions = Conditions(), origin: RuleOrigin, place: Place? = nil,
        anchor: TimeAnchor? = nil
    ) {
        shared = Shared(
            Content(
                id: id, effect: effect, actions: actions, capabilities: capabilities, to: to, rights: rights,
                conditions: conditions, origin: origin, place: place, anchor: anchor))
    }

    /// The longest id, in bytes.
    package static let maximumIDLength = 128

    /// Throws when the text cannot be the id of a rule.
    package static func checkID(_ id: String) throws(InvalidText) {
        guard !id.isEmpty, id.utf8.count <= maximumIDLength else {
            throw InvalidText(
                id.isEmpty ? "the id is empty" : "the id has \(id.utf8.count) bytes",
                remedy: "use 1 to \(maximumIDLength) bytes of A-Z a-z 0-9 . _ - @ + / :")
        }
        guard
            id.utf8.allSatisfy({
                CapabilityName.isSegmentByte($0) || $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: ":")
            })
        else {
            throw InvalidText(
                "'\(id)' holds a character that ids cannot have", remedy: "use only A-Z a-z 0-9 . _ - @ + / :")
        }
    }
}

extension Rule {
    /// The rules of the first start: `owner` (root, or the user who runs the broker) may do everything, until somebody
    /// removes them.
    package static func bootstrap(owner: NamedID) -> [Rule] {
        guard let everything = try? NamePattern("**") else { preconditionFailure("'**' is a pattern") }
        let to = owner.name == nil ? SelectorSet(uids: [owner.id]) : SelectorSet(users: [owner])
        return [
            Rule(
                id: "owner-uses-everything", effect: .permit,
                actions: ActionSet(Action.allCases.filter(\.takesCapability)), capabilities: [everything], to: to,
                origin: .bootstrap),
            Rule(
                id: "owner-administers", effect: .permit, actions: ActionSet([.audit, .admin]), to: to,
                origin: .bootstrap),
        ]
    }
}

/// One moment on two clocks. Within the boot that it names, the times of a rule run on the boot clock, which nobody
/// can set; in any other boot only the wall clock is left.
package struct TimeAnchor: Sendable, Hashable {
    package var bootID: String
    /// Microseconds of `CLOCK_BOOTTIME`.
    package var bootUSec: Int64
    /// Microseconds of `CLOCK_REALTIME` at the same moment.
    package var wallUSec: Int64

    package init(bootID: String, bootUSec: Int64, wallUSec: Int64) {
        self.bootID = bootID
        self.bootUSec = bootUSec
        self.wallUSec = wallUSec
    }
}

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
        writer.limit("deposits", deposits) { $0.integer($1) }
        if depositsToo.contains(.anyFileSystem) { writer.member("any-filesystem", "yes") }
        if depositsToo.contains(.directories) { writer.member("directories", "yes") }
        if depositsToo.contains(.devices) { writer.member("devices", "yes") }
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
