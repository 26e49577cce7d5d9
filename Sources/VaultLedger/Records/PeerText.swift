// SPDX-License-Identifier: Apache-2.0

internal import JSONText
package import VaultModel

/// The `peer` of a record, serialised once for each connection.
///
/// What is unknown about the process, or was not read, is left out, and so is what it does not have.
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

    package init(_ identity: Identity) {
        var cuts: [CutField] = []
        func cut(_ text: String?, _ field: String) -> String? {
            text.map { CutField.fit($0, field, cuts: &cuts) }
        }
        var groups = identity.groups
        if groups.count > Self.groupLimit {
            cuts.append(CutField("peer.groups", whole: groups.jsonBytes()))
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
        writer.endObject()
        json = writer.finish()
        truncated = cuts
    }
}
