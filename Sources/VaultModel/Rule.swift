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

/// One rule of a policy.
package struct Rule: Sendable, Equatable {
    /// Unique in a policy.
    package var id: String
    package var effect: Effect
    package var actions: ActionSet
    /// Empty for `admin` and `audit`, which are about the broker and not about names.
    package var capabilities: [NamePattern]
    package var to: SelectorSet
    /// In a permit the most that it gives (nil: whatever the capability has); in a forbid, what it takes away (nil:
    /// all).
    package var rights: Rights?
    package var conditions: Conditions
    package var origin: RuleOrigin
    /// Where it was written; nil when it came over the socket.
    package var place: Place?
    /// When the rule was applied. Kept beside the document, by whoever stores the rule.
    package var anchor: TimeAnchor?

    package init(
        id: String, effect: Effect, actions: ActionSet, capabilities: [NamePattern] = [], to: SelectorSet,
        rights: Rights? = nil, conditions: Conditions = Conditions(), origin: RuleOrigin, place: Place? = nil,
        anchor: TimeAnchor? = nil
    ) {
        self.id = id
        self.effect = effect
        self.actions = actions
        self.capabilities = capabilities
        self.to = to
        self.rights = rights
        self.conditions = conditions
        self.origin = origin
        self.place = place
        self.anchor = anchor
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
                actions: ActionSet(Action.supported.filter(\.takesCapability)), capabilities: [everything], to: to,
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
