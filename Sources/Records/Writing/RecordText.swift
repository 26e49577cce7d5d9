// SPDX-License-Identifier: Apache-2.0

internal import JSONText
internal import VaultModel

/// Builds the text of one record, key by key, in the order of the calls; what is nil is left out. The keys that several types
/// have stand in one order everywhere, that of <doc:RecordReference>.
///
/// ``finish()`` gives the bytes that are stored and hashed, never more than ``Record/limit``: what a client
/// controls is cut, and lists end where there is no more room.
struct RecordText: Sendable {
    /// The most entries of `failed`.
    static let findingLimit = 8
    /// Kept free for what follows a list: the reason, the lease, a few texts, the ends of the objects.
    private static let tailRoom = 4096

    private var writer = JSONWriter(capacity: 1024)
    private var cuts: [CutField] = []
    private let hash: SHA256Text

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

    private mutating func cut(_ text: String, _ field: @autoclosure () -> String) -> String {
        CutField.fit(text, field(), cuts: &cuts, hash)
    }

    /// A text that a client controls, cut where it is too long.
    mutating func text(_ key: StaticString, _ text: String?) {
        if let text { writer.member(key, cut(text, "\(key)")) }
    }

    /// The policy that decided, or that is in force from this record on.
    mutating func policy(_ stamp: PolicyStamp?) {
        guard let stamp else { return }
        writer.key("policy")
        writer.beginObject()
        writer.member("revision", stamp.revision)
        writer.member("sha256", stamp.sha256)
        writer.endObject()
    }

    mutating func peer(_ peer: PeerText?) {
        guard let peer else { return }
        writer.key("peer")
        writer.raw(peer.json)
        if !peer.truncated.isEmpty { cuts += peer.truncated }
    }

    mutating func capability(_ text: CapabilityText?) {
        guard let text else { return }
        writer.key("capability")
        writer.beginObject()
        writer.member("name", cut(text.name, "capability.name"))
        writer.member("kind", text.kind)
        writer.member("rights", text.rights)
        writer.member("delivery", text.delivery)
        writer.endObject()
    }

    /// What permitted it: the rules that made the decision, and the one whose counters apply.
    mutating func permit(_ rules: [String], more: Int, charged: String?) {
        member("decision", "permit")
        self.rules(rules, more: more)
        text("charged", charged)
    }

    /// The rules that made the decision. Where they are too many the rest is counted as `rulesMore`.
    mutating func rules(_ ids: [String], more: Int = 0) {
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

    /// Why rules did not match: at most eight of the findings; the others and `more` are counted as `failedMore`.
    mutating func failed(_ findings: [SelectorFailure], more: Int = 0) {
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

    mutating func lease(_ text: LeaseText?) {
        guard let text else { return }
        writer.key("lease")
        writer.beginObject()
        writer.member("id", cut(text.id, "lease.id"))
        writer.member("expiresUSec", text.expiresUSec)
        writer.endObject()
    }

    /// What a path led to. Where it lies may be up to others.
    mutating func opened(_ opened: Record.Opened?, as key: StaticString = "opened") {
        guard let opened else { return }
        writer.key(key)
        writer.beginObject()
        writer.member("device", opened.device)
        writer.member("inode", opened.inode)
        writer.member("mount", opened.mount)
        if let path = opened.path { writer.member("path", cut(path, "\(key).path")) }
        writer.member("sha256", opened.sha256)
        writer.endObject()
    }

    /// A value that no client controls; one for which there is no room is left out and listed in `truncated`.
    mutating func value(_ key: StaticString, _ value: (some JSONWritable)?) {
        guard let text = value?.jsonBytes() else { return }
        guard text.count + key.utf8CodeUnitCount + 8 <= room else {
            cuts.append(CutField("\(key)", whole: text, hash))
            return
        }
        writer.key(key)
        writer.raw(text)
    }

    /// The same of a value whose size the caller sees to.
    mutating func member(_ key: StaticString, _ value: some JSONWritable) {
        writer.member(key, value)
    }

    /// Who changes authority, and to what; `changed` stands between the two.
    mutating func revision(_ revision: Record.Revision, _ changed: CapabilityText? = nil) {
        policy(revision.policy)
        peer(revision.peer)
        capability(changed)
        text("reason", revision.reason)
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
