// SPDX-License-Identifier: Apache-2.0

package import JSONText
package import VaultModel

/// A record as it was read from its text.
///
/// What many kinds have is told here, one by one, so that of a record of a later version, or of one that was tampered with,
/// as much is told as is there. ``Record/init(_:)`` reads what its kind has besides.
package struct StoredRecord: Sendable {
    /// The exact bytes.
    package let text: [UInt8]
    /// Everything, also what this version does not know.
    private let members: JSONObject

    /// A text that is no record has nothing.
    package init(reading text: [UInt8]) {
        self.text = text
        members = (try? JSONObject(parsing: text)) ?? [:]
    }

    package var index: UInt64? { number(.index) }
    /// As it is written: a later version may have types that ``kind`` does not know.
    package var type: String? { text(.type) }
    package var kind: RecordType? { type.flatMap(RecordType.init(rawValue:)) }
    package var timeUSec: Int64? { integer(.timeUSec) }
    package var bootTimeUSec: Int64? { integer(.bootTimeUSec) }
    package var bootID: String? { text(.bootID) }

    package var request: String? { text(.request) }
    package var decision: String? { text(.decision) }
    package var rules: [String] { texts(.rules) ?? [] }
    package var charged: String? { text(.charged) }
    package var reason: String? { text(.reason) }

    package var policy: PolicyStamp? {
        guard let policy = self[.policy], let revision = policy[.policyRevision]?.integer.flatMap(Int.init(exactly:)),
            let sha256 = policy[.policySHA256]?.string
        else { return nil }
        return PolicyStamp(revision: revision, sha256: sha256)
    }

    package var peer: RecordedPeer? {
        self[.peer]?.object.map { RecordedPeer($0, cuts: Set(cuts.map(\.field))) }
    }

    package var capability: CapabilityText? {
        guard let capability = self[.capability], let name = capability[.capabilityName]?.string else { return nil }
        return CapabilityText(
            name: name, kind: capability[.capabilityKind]?.string,
            rights: capability[.capabilityRights]?.array?.compactMap(\.string),
            delivery: capability[.capabilityDelivery]?.string)
    }

    /// Of a denial: what the rules that were tried wanted and found.
    package var failed: [SelectorFailure] {
        (self[.failed]?.array ?? []).filter { $0.object != nil }.map { finding in
            SelectorFailure(
                rule: finding[.failedRule]?.string ?? "?", selector: finding[.failedSelector]?.string ?? "?",
                wanted: finding[.failedWanted]?.string ?? "?", got: finding[.failedGot]?.string)
        }
    }

    package var lease: LeaseText? {
        guard let lease = self[.lease], let id = lease[.leaseID]?.string else { return nil }
        return LeaseText(id: id, expiresUSec: lease[.leaseExpiresUSec]?.integer)
    }

    /// What was cut, or left out for want of room.
    package var cuts: [CutField] {
        (self[.truncated]?.array ?? []).compactMap { cut in
            guard let field = cut[.cutField]?.string, let sha256 = cut[.cutSHA256]?.string else { return nil }
            return CutField(field: field, sha256: sha256)
        }
    }

    /// Whether this key was cut, or left out for want of room.
    package func wasCut(_ field: RecordField) -> Bool { cuts.contains { $0.field == field.path } }

    /// What its kind has besides all this, but for the document of a rule or a capability.
    package func others(withReason: Bool) -> [JSONObject.Member] {
        members.members.filter { member in
            !RecordField.told.contains(member.key) && member.key != RecordField.document.name
                && (withReason || member.key != RecordField.reason.name)
        }
    }

    /// Everything but the form, the place in the log and the type.
    package var body: [JSONObject.Member] {
        let head = [RecordField.v, .index, .type].map(\.name)
        return members.members.filter { !head.contains($0.key) }
    }

    /// Whether a path, also one of a later version, names a time of the wall clock: by how such keys end.
    package static func isWallTime(_ path: String) -> Bool {
        path.hasSuffix("USec") && path != RecordField.bootTimeUSec.path
    }
}

// MARK: - By key

extension StoredRecord {
    subscript(field: RecordField) -> JSONValue? { members[field.name] }

    func text(_ field: RecordField) -> String? { self[field]?.string }

    func integer(_ field: RecordField) -> Int64? { self[field]?.integer }

    func number<Number: FixedWidthInteger>(_ field: RecordField) -> Number? {
        integer(field).flatMap(Number.init(exactly:))
    }

    func texts(_ field: RecordField) -> [String]? { self[field]?.array?.compactMap(\.string) }

    func counts<Number: FixedWidthInteger>(_ field: RecordField) -> [String: Number] {
        var counts: [String: Number] = [:]
        for member in self[field]?.object?.members ?? [] {
            counts[member.key] = Number(clamping: member.value.integer ?? 0)
        }
        return counts
    }

    /// The peer as it stands there, to be written again.
    var peerText: PeerText? {
        self[.peer]?.object.map {
            PeerText(json: $0.jsonBytes(), truncated: cuts.filter { $0.field.hasPrefix("peer.") })
        }
    }
}

extension JSONValue {
    subscript(field: RecordField) -> JSONValue? { self[field.name] }
}
