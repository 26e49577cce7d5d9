// SPDX-License-Identifier: Apache-2.0

internal import JSONText
package import VaultModel

/// The `peer` of a record, serialised once for each connection.
///
/// `none` lists what it is known not to have (no label, no unit, no login), `unknown` says why something is not known that
/// was asked for; what was not asked for is left out. Records of before had neither: there, what is left out may be any of
/// the three.
package struct PeerText: Sendable, Equatable {
    /// The most groups that are listed.
    package static let groupLimit = 64

    /// The JSON object.
    package let json: [UInt8]
    /// What was cut, for the record's own `truncated`.
    package let truncated: [CutField]

    /// Of a process that got something before and does not ask now: what is kept of it.
    package init(uid: UInt32, pid: Int32, pidfdInode: UInt64?) {
        var writer = JSONWriter(capacity: 64)
        writer.beginObject()
        writer.member("uid", uid)
        writer.member("pid", pid)
        writer.member("pidfdInode", pidfdInode)
        writer.endObject()
        json = writer.finish()
        truncated = []
    }

    /// As a record has it.
    init(json: [UInt8], truncated: [CutField]) {
        self.json = json
        self.truncated = truncated
    }

    /// - Parameter hash: of what is cut.
    package init(_ identity: Identity, hash: SHA256Text) {
        var cuts: [CutField] = []
        func cut(_ text: String?, _ field: String) -> String? {
            text.map { CutField.fit($0, field, cuts: &cuts, hash) }
        }
        var groups = identity.groups
        if groups.count > Self.groupLimit {
            cuts.append(CutField("peer.groups", whole: groups.jsonBytes(), hash))
            groups.removeLast(groups.count - Self.groupLimit)
        }
        var writer = JSONWriter(capacity: 512)
        writer.beginObject()
        writer.member("uid", identity.uid)
        writer.member("user", cut(identity.userName, "peer.user"))
        writer.member("gid", identity.gid)
        writer.member("groups", groups)
        writer.member("label", cut(identity.label.value ?? nil, "peer.label"))
        writer.member("pid", identity.pid)
        writer.member("pidfdInode", identity.pidfdInode)
        writer.member("pin", identity.pin.rawValue)
        writer.member("exe", cut(identity.exe.value, "peer.exe"))
        writer.member("exeSha256", cut(identity.exeSHA256.value, "peer.exeSha256"))
        writer.member("cgroup", cut(identity.cgroup.value ?? nil, "peer.cgroup"))
        writer.member("unit", cut(identity.unit.value ?? nil, "peer.unit"))
        writer.member("loginuid", identity.loginuid.value ?? nil)
        writer.member("session", identity.session.value ?? nil)
        writer.member("namespace", cut(identity.namespace.value, "peer.namespace"))
        writer.member("none", identity.absent)
        writer.unknown(identity)
        // Ids of a user namespace that renumbers them: 65534 may be anybody.
        if !identity.idMapIsIdentity { writer.member("idMap", "partial") }
        writer.endObject()
        json = writer.finish()
        truncated = cuts
    }
}

extension Identity {
    /// What is known not to be there.
    fileprivate var absent: [String] {
        let facts: [(String, Bool)] = [
            ("label", label == .known(nil)), ("cgroup", cgroup == .known(nil)), ("unit", unit == .known(nil)),
            ("loginuid", loginuid == .known(nil)), ("session", session == .known(nil)),
        ]
        return facts.filter(\.1).map(\.0)
    }

    /// Why what was asked for is not known, by the keys of records.
    fileprivate var problems: [(key: StaticString, why: String)] {
        let facts: [(StaticString, String?)] = [
            ("label", label.problem), ("exe", exe.problem), ("exeSha256", exeSHA256.problem),
            ("cgroup", cgroup.problem), ("unit", unit.problem), ("loginuid", loginuid.problem),
            ("session", session.problem), ("namespace", namespace.problem),
        ]
        return facts.compactMap { key, why in why.map { (key, $0) } }
    }
}

extension JSONWriter {
    fileprivate mutating func unknown(_ identity: Identity) {
        let problems = identity.problems
        guard !problems.isEmpty else { return }
        key("unknown")
        beginObject()
        // The reasons are this program's own words.
        for problem in problems { member(problem.key, problem.why) }
        endObject()
    }
}
