// SPDX-License-Identifier: Apache-2.0

import JSONText
import Processes
import Records
import VaultCore
import VaultLedger
import VaultModel
import VaultPolicy

/// A request as its record tells it, to be decided again.
///
/// What was not known of the caller then is unknown now, and so is what was cut.
struct RecordedRequest: Sendable {
    /// Without what depends on the policy: what the capability has, and whether the clock was to be trusted.
    let request: DecisionRequest
    let wasPermitted: Bool
    /// The rule that the grant was charged to.
    let charged: String?
    /// The grant has a lease, and so is followed until it ends.
    let isFollowed: Bool
    /// What earlier names of the same call would have been charged.
    let chargedBefore: [String: Int]
    /// Something that a rule can ask for is not in the record as it was: it was cut, or the record is of a version that did
    /// not tell what is not known from what is not there.
    let isIncomplete: Bool

    /// nil for a record that tells of no decision.
    init?(_ record: JSONValue, _ moment: Moment) {
        guard let type = record["type"]?.string, let peer = record["peer"],
            let uid = peer["uid"]?.integer.flatMap({ UInt32(exactly: $0) }),
            let gid = peer["gid"]?.integer.flatMap({ UInt32(exactly: $0) })
        else { return nil }
        // What the policy permitted and could not be delivered so was denied, too; the policy says it again.
        wasPermitted = type == RecordType.grant.rawValue
        charged = record["charged"]?.string
        isFollowed = record["lease"] != nil
        var before: [String: Int] = [:]
        for member in record["chargedBefore"]?.object?.members ?? [] {
            before[member.key] = Int(clamping: member.value.integer ?? 0)
        }
        chargedBefore = before
        let cuts = Set(record["truncated"]?.array?.compactMap { $0["field"]?.string } ?? [])
        isIncomplete = peer["none"] == nil || cuts.contains { $0.hasPrefix("peer.") || $0 == "chargedBefore" }
        let rights = record["capability"]?["rights"]?.array?.compactMap(\.string)
        request = DecisionRequest(
            identity: Self.identity(peer, uid, gid, cuts),
            action: (record["action"]?.string).flatMap(Action.init) ?? .open,
            name: (record["capability"]?["name"]?.string).flatMap { try? CapabilityName($0) },
            asked: rights.flatMap { try? Rights.parse($0) }, hasReason: record["reason"] != nil,
            wallUSec: moment.wallUSec, bootUSec: moment.bootUSec)
    }

    private static func identity(_ peer: JSONValue, _ uid: UInt32, _ gid: UInt32, _ cuts: Set<String>) -> Identity {
        let none = Set(peer["none"]?.array?.compactMap(\.string) ?? [])
        func why(_ key: String) -> String {
            if cuts.contains("peer.\(key)") { return "cut in the record" }
            return peer["unknown"]?[key]?.string ?? "not in the record"
        }
        func fact(_ key: String) -> Fact<String> {
            cuts.contains("peer.\(key)")
                ? .unknown(why(key)) : (peer[key]?.string).map(Fact.known) ?? .unknown(why(key))
        }
        func optional(_ key: String) -> Fact<String?> {
            if none.contains(key) { return .known(nil) }
            return switch fact(key) {
            case .known(let text): .known(text)
            case .unknown(let why): .unknown(why)
            }
        }
        let login: Fact<UInt32?> =
            if none.contains("loginuid") { .known(nil) } else {
                (peer["loginuid"]?.integer).flatMap { UInt32(exactly: $0) }.map { .known($0) }
                    ?? .unknown(why("loginuid"))
            }
        var groups = peer["groups"]?.array?.compactMap { $0.integer.flatMap { UInt32(exactly: $0) } } ?? []
        let areGroupsCut = cuts.contains("peer.groups")
        // An id that stands for any other: with groups missing, whether one of them is wanted is not known.
        if areGroupsCut { groups.append(65534) }
        let cgroup = optional("cgroup")
        let unit = (cgroup.value ?? nil).flatMap(ServiceUnit.init(cgroup:))
        return Identity(
            uid: uid, gid: gid, groups: groups, label: optional("label"),
            pid: Int32(clamping: peer["pid"]?.integer ?? 0),
            pin: peer["pin"]?.string == Pin.weak.rawValue ? .weak : .pidfd, userName: peer["user"]?.string,
            cgroup: cgroup, unit: optional("unit"), unitIsOfSystemManager: unit.map { !$0.isBelowUserSlice } ?? false,
            loginuid: login, namespace: fact("namespace"), exe: fact("exe"), exeSHA256: fact("exeSha256"),
            idMapIsIdentity: !areGroupsCut && peer["idMap"] == nil)
    }
}
