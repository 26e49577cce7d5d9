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

    package var index: UInt64? { number("index") }
    /// As it is written: a later version may have types that ``kind`` does not know.
    package var type: String? { text("type") }
    package var kind: RecordType? { type.flatMap(RecordType.init(rawValue:)) }
    package var timeUSec: Int64? { number("timeUSec") }
    package var bootTimeUSec: Int64? { number("bootTimeUSec") }
    package var bootID: String? { text("bootId") }

    package var request: String? { text("request") }
    package var decision: String? { text("decision") }
    package var rules: [String] { texts("rules") ?? [] }
    package var charged: String? { text("charged") }
    package var reason: String? { text("reason") }

    package var policy: PolicyStamp? {
        guard let policy = self["policy"], let revision = policy["revision"]?.integer.flatMap(Int.init(exactly:)),
            let sha256 = policy["sha256"]?.string
        else { return nil }
        return PolicyStamp(revision: revision, sha256: sha256)
    }

    package var peer: RecordedPeer? {
        self["peer"]?.object.map { RecordedPeer($0, cuts: Set(cuts.map(\.field))) }
    }

    package var capability: CapabilityText? {
        guard let capability = self["capability"], let name = capability["name"]?.string else { return nil }
        return CapabilityText(
            name: name, kind: capability["kind"]?.string,
            rights: capability["rights"]?.array?.compactMap(\.string),
            delivery: capability["delivery"]?.string)
    }

    /// Of a denial: what the rules that were tried wanted and found.
    package var failed: [SelectorFailure] {
        (self["failed"]?.array ?? []).filter { $0.object != nil }.map { finding in
            SelectorFailure(
                rule: finding["rule"]?.string ?? "?", selector: finding["selector"]?.string ?? "?",
                wanted: finding["wanted"]?.string ?? "?", got: finding["got"]?.string)
        }
    }

    package var lease: LeaseText? {
        guard let lease = self["lease"], let id = lease["id"]?.string else { return nil }
        return LeaseText(id: id, expiresUSec: lease["expiresUSec"]?.integer)
    }

    /// What was cut, or left out for want of room.
    package var cuts: [CutField] {
        (self["truncated"]?.array ?? []).compactMap { cut in
            guard let field = cut["field"]?.string, let sha256 = cut["sha256"]?.string else { return nil }
            return CutField(field: field, sha256: sha256)
        }
    }

    /// Of a denial: what earlier names of the call would have been charged was left out for want of room.
    package var lacksChargedBefore: Bool { cuts.contains { $0.field == "chargedBefore" } }

    /// What is told here, but for the reason, and what everything begins with.
    private static let told: Set = [
        "v", "index", "type", "timeUSec", "bootTimeUSec", "bootId", "request", "policy", "peer", "capability",
        "decision",
        "rules", "charged", "failed", "lease", "truncated",
    ]

    /// What its kind has besides all this, but for the document of a rule or a capability.
    package func others(withReason: Bool) -> [JSONObject.Member] {
        members.members.filter { member in
            !Self.told.contains(member.key) && member.key != "document" && (withReason || member.key != "reason")
        }
    }

    /// Everything but the form, the place in the log and the type.
    package var body: [JSONObject.Member] {
        members.members.filter { !["v", "index", "type"].contains($0.key) }
    }

    /// Whether a path, also one of a later version, names a time of the wall clock: by how such keys end.
    package static func isWallTime(_ path: String) -> Bool {
        path.hasSuffix("USec") && path != "bootTimeUSec"
    }
}

// MARK: - By key

extension StoredRecord {
    subscript(key: String) -> JSONValue? { members[key] }

    func text(_ key: String) -> String? { self[key]?.string }

    func number<Number: FixedWidthInteger>(_ key: String) -> Number? {
        self[key]?.integer.flatMap(Number.init(exactly:))
    }

    func texts(_ key: String) -> [String]? { self[key]?.array?.compactMap(\.string) }

    func numbers<Number: FixedWidthInteger>(_ key: String) -> [Number] {
        self[key]?.array?.compactMap { $0.integer.flatMap(Number.init(exactly:)) } ?? []
    }

    func counts<Number: FixedWidthInteger>(_ key: String) -> [String: Number] {
        var counts: [String: Number] = [:]
        for member in self[key]?.object?.members ?? [] {
            counts[member.key] = Number(clamping: member.value.integer ?? 0)
        }
        return counts
    }

    /// The peer as it stands there, to be written again.
    var peerText: PeerText? {
        self["peer"]?.object.map {
            PeerText(json: $0.jsonBytes(), truncated: cuts.filter { $0.field.hasPrefix("peer.") })
        }
    }
}

/// The caller as a record tells of it.
package struct RecordedPeer: Sendable {
    private let members: JSONObject
    /// The keys of what was cut.
    private let cuts: Set<String>

    init(_ members: JSONObject, cuts: Set<String>) {
        self.members = members
        self.cuts = cuts
    }

    package var uid: UInt32? { number("uid") }
    package var user: String? { text("user") }
    package var pid: Int32? { number("pid") }
    package var exe: String? { text("exe") }
    package var unit: String? { text("unit") }
    package var loginuid: UInt32? { number("loginuid") }

    /// Whether nothing was cut, and what is not there is told from what is not known: the first versions did not do that.
    package var isComplete: Bool {
        members["none"] != nil && !cuts.contains { $0.hasPrefix("peer.") }
    }

    /// Who it was, as far as the record tells: what was not known of the caller then is unknown now, and so is what was
    /// cut. Nil without a uid and a gid.
    package var identity: Identity? {
        guard let uid, let gid: UInt32 = number("gid") else { return nil }
        let none = Set(members["none"]?.array?.compactMap(\.string) ?? [])
        func optional<Value>(_ key: String, _ fact: Fact<Value>) -> Fact<Value?> {
            if none.contains(key) { return .known(nil) }
            return switch fact {
            case .known(let value): .known(value)
            case .unknown(let why): .unknown(why)
            }
        }
        var groups =
            members["groups"]?.array?.compactMap { $0.integer.flatMap(UInt32.init(exactly:)) }
            ?? []
        // An id that stands for any other: with groups missing, whether one of them is wanted is not known.
        let areGroupsCut = isCut("groups")
        if areGroupsCut { groups.append(65534) }
        return Identity(
            uid: uid, gid: gid, groups: groups, label: optional("label", fact("label")), pid: pid ?? 0,
            pidfdInode: number("pidfdInode"), pin: text("pin") == Pin.weak.rawValue ? .weak : .pidfd,
            userName: user, cgroup: optional("cgroup", fact("cgroup")),
            unit: optional("unit", fact("unit")), loginuid: optional("loginuid", id("loginuid")),
            session: optional("session", id("session")), namespace: fact("namespace"), exe: fact("exe"),
            exeSHA256: fact("exeSha256"), idMapIsIdentity: !areGroupsCut && text("idMap") == nil)
    }

    private func text(_ key: String) -> String? { members[key]?.string }

    private func number<Number: FixedWidthInteger>(_ key: String) -> Number? {
        members[key]?.integer.flatMap(Number.init(exactly:))
    }

    private func isCut(_ key: String) -> Bool { cuts.contains("peer.\(key)") }

    private func fact(_ key: String) -> Fact<String> {
        if isCut(key) { return .unknown("cut in the record") }
        return text(key).map(Fact.known) ?? .unknown(why(key))
    }

    private func id(_ key: String) -> Fact<UInt32> {
        number(key).map(Fact.known) ?? .unknown(why(key))
    }

    private func why(_ key: String) -> String {
        members["unknown"]?[key]?.string ?? "not in the record"
    }
}
