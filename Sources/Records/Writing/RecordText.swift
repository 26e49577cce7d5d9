// SPDX-License-Identifier: Apache-2.0

internal import JSONText
internal import VaultModel

/// Builds the text of one record, key by key.
///
/// Call what applies in the order of the methods here, which is that of the keys in every record; what is not applicable is
/// left out. ``finish()`` gives the bytes that are stored and hashed, never more than ``Record/limit``: what a client
/// controls is cut, and lists end where there is no more room.
struct RecordText: Sendable {
    /// The most entries of `failed`.
    static let findingLimit = 8
    /// Kept free for what follows a list: the reason, the lease, a few texts, the ends of the objects.
    private static let tailRoom = 4096

    private var writer = JSONWriter(capacity: 1024)
    private var cuts: [CutField] = []
    private let hash: SHA256Text
    /// The place of the last key among the ordered ones.
    private var lastStep = Step.head

    private enum Step: Int {
        case head, request, policy, peer, capability, decision, rules, charged, failed, reason, lease
    }

    init(_ head: RecordHead, _ type: RecordType, hash: @escaping SHA256Text) {
        self.hash = hash
        writer.beginObject()
        writer.member("v", 1)
        writer.member("index", head.index)
        writer.member("type", type.rawValue)
        writer.member("timeUSec", head.timeUSec)
        writer.member("bootTimeUSec", head.bootTimeUSec)
        writer.member("bootId", head.bootID)
    }

    /// How many bytes the lists before the tail may still take.
    private var room: Int {
        Record.limit - Self.tailRoom - writer.bytes.count - cuts.count * CutField.entryRoom
    }

    private mutating func advance(to step: Step) {
        assert(step.rawValue > lastStep.rawValue, "\(step) comes before \(lastStep)")
        lastStep = step
    }

    private mutating func cut(_ text: String, _ field: @autoclosure () -> String) -> String {
        CutField.fit(text, field(), cuts: &cuts, hash)
    }

    /// The call that this record belongs to: all records of one call have the same.
    mutating func request(_ id: String) {
        advance(to: .request)
        writer.member("request", cut(id, "request"))
    }

    /// The policy that decided, or that is in force from this record on.
    mutating func policy(_ stamp: PolicyStamp) {
        advance(to: .policy)
        writer.key("policy")
        writer.beginObject()
        writer.member("revision", stamp.revision)
        writer.member("sha256", stamp.sha256)
        writer.endObject()
    }

    mutating func peer(_ peer: PeerText) {
        advance(to: .peer)
        writer.key("peer")
        writer.raw(peer.json)
        if !peer.truncated.isEmpty { cuts += peer.truncated }
    }

    mutating func capability(_ text: CapabilityText) {
        advance(to: .capability)
        writer.key("capability")
        writer.beginObject()
        writer.member("name", cut(text.name, "capability.name"))
        writer.member("kind", text.kind)
        writer.member("rights", text.rights)
        writer.member("delivery", text.delivery)
        writer.endObject()
    }

    mutating func decision(permit: Bool) {
        advance(to: .decision)
        writer.member("decision", permit ? "permit" : "deny")
    }

    /// The rules that made the decision. Where they are too many the rest is counted as `rulesMore`.
    mutating func rules(_ ids: [String], more: Int = 0) {
        advance(to: .rules)
        writer.key("rules")
        writer.beginArray()
        var listed = 0
        for id in ids {
            // Half of the room is for the findings.
            guard room > Record.limit / 4 + CutField.limit + CutField.entryRoom else { break }
            writer.string(cut(id, "rules[\(listed)]"))
            listed += 1
        }
        writer.endArray()
        let rest = ids.count - listed + more
        if rest > 0 { writer.member("rulesMore", rest) }
    }

    /// The rule whose counters and lease limits apply.
    mutating func charged(_ rule: String) {
        advance(to: .charged)
        writer.member("charged", cut(rule, "charged"))
    }

    /// Why rules did not match: at most eight of the findings; the others and `more` are counted as `failedMore`.
    mutating func failed(_ findings: [SelectorFailure], more: Int = 0) {
        advance(to: .failed)
        writer.key("failed")
        writer.beginArray()
        var listed = 0
        for finding in findings.prefix(Self.findingLimit) {
            // Each of the four texts takes at most the limit, and may add an entry to `truncated`.
            guard room > 4 * (CutField.limit + CutField.entryRoom) else { break }
            writer.beginObject()
            writer.member("rule", cut(finding.rule, "failed[\(listed)].rule"))
            writer.member("selector", cut(finding.selector, "failed[\(listed)].selector"))
            writer.member("wanted", cut(finding.wanted, "failed[\(listed)].wanted"))
            if let got = finding.got { writer.member("got", cut(got, "failed[\(listed)].got")) }
            writer.endObject()
            listed += 1
        }
        writer.endArray()
        let rest = findings.count - listed + more
        if rest > 0 { writer.member("failedMore", rest) }
    }

    /// The reason that the caller gave.
    mutating func reason(_ text: String) {
        advance(to: .reason)
        writer.member("reason", cut(text, "reason"))
    }

    mutating func lease(_ text: LeaseText) {
        advance(to: .lease)
        writer.key("lease")
        writer.beginObject()
        writer.member("id", cut(text.id, "lease.id"))
        writer.member("expiresUSec", text.expiresUSec)
        writer.endObject()
    }

    /// A key of this type of record alone. A value for which there is no room is left out and listed in `truncated`.
    mutating func value(_ field: RecordField, _ value: some JSONWritable) {
        let text = value.jsonBytes()
        guard text.count + field.key.utf8CodeUnitCount + 8 <= room else {
            cuts.append(CutField(field.name, whole: text, hash))
            return
        }
        writer.key(field.key)
        writer.raw(text)
    }

    mutating func optional(_ field: RecordField, _ value: (some JSONWritable)?) {
        if let value { self.value(field, value) }
    }

    /// A key of this type of record alone whose value `body` writes; the caller sees to its size.
    mutating func member(_ field: RecordField, _ body: (inout JSONWriter) -> Void) {
        writer.key(field.key)
        body(&writer)
    }

    /// A text of this type of record alone that a client controls: cut as its other fields are.
    mutating func text(_ field: RecordField, _ text: String) {
        writer.member(field.key, cut(text, field.name))
    }

    /// Who changes authority, and to what; `changed` stands between the two.
    mutating func revision(_ revision: Record.Revision, _ changed: CapabilityText? = nil) {
        policy(revision.policy)
        if let author = revision.peer { peer(author) }
        if let changed { capability(changed) }
        if let text = revision.reason { reason(text) }
    }

    /// Ends the record and gives up its bytes.
    consuming func finish() -> [UInt8] {
        if !cuts.isEmpty { writer.member("truncated", cuts) }
        writer.endObject()
        let bytes = writer.finish()
        assert(bytes.count <= Record.limit, "the record has \(bytes.count) bytes")
        return bytes
    }
}
