// SPDX-License-Identifier: Apache-2.0

import JSONText
import VaultLedger
import VaultModel
import VaultPolicy

/// A request as its record tells it, to be decided again.
///
/// What was not read of the caller then is unknown now, and so is what was cut.
struct RecordedRequest {
    let request: DecisionRequest
    let wasPermitted: Bool
    /// The policy that decided.
    let revision: Int?

    /// nil for a record that tells of no decision.
    ///
    /// - Parameters:
    ///   - bootID: of the present boot. The boot clock of another tells nothing, so there the wall clock is taken.
    ///   - now: both clocks of the present boot at one moment.
    init?(_ entry: Entry, bootID: String, now: Moment) {
        guard let value = try? JSONValue(parsing: entry.text), let type = value["type"]?.string,
            let wall = value["timeUSec"]?.integer, let boot = value["bootTimeUSec"]?.integer,
            let peer = value["peer"], let uid = peer["uid"]?.integer, let gid = peer["gid"]?.integer
        else { return nil }
        guard type == RecordType.grant.rawValue || type == RecordType.deny.rawValue else { return nil }
        wasPermitted = type == RecordType.grant.rawValue
        revision = (value["policy"]?["revision"]?.integer).map { Int($0) }
        let rights = value["capability"]?["rights"]?.array?.compactMap(\.string)
        request = DecisionRequest(
            identity: Self.identity(
                peer, UInt32(clamping: uid), UInt32(clamping: gid), isCut: Self.areGroupsCut(value)),
            action: (value["action"]?.string).flatMap(Action.init) ?? .open,
            name: (value["capability"]?["name"]?.string).flatMap { try? CapabilityName($0) },
            asked: rights.flatMap { try? Rights.parse($0) }, hasReason: value["reason"] != nil, wallUSec: wall,
            bootUSec: value["bootId"]?.string == bootID ? boot : now.moved(toWallUSec: wall).bootUSec)
    }

    private static func areGroupsCut(_ record: JSONValue) -> Bool {
        record["truncated"]?.array?.contains { $0["field"]?.string == "peer.groups" } ?? false
    }

    private static func identity(_ peer: JSONValue, _ uid: UInt32, _ gid: UInt32, isCut: Bool) -> Identity {
        func fact(_ key: String) -> Fact<String> {
            (peer[key]?.string).map(Fact.known) ?? .unknown("not in the record")
        }
        func optional(_ key: String) -> Fact<String?> {
            (peer[key]?.string).map { .known($0) } ?? .unknown("not in the record")
        }
        let groups = peer["groups"]?.array?.compactMap { $0.integer.map { UInt32(clamping: $0) } } ?? []
        let cgroup = optional("cgroup")
        return Identity(
            uid: uid, gid: gid, groups: groups, label: optional("label"),
            pid: Int32(clamping: peer["pid"]?.integer ?? 0),
            pin: peer["pin"]?.string == Pin.weak.rawValue ? .weak : .pidfd,
            userName: peer["user"]?.string, cgroup: cgroup, unit: optional("unit"),
            unitIsOfSystemManager: (cgroup.value ?? nil).map { !$0.hasPrefix("/user.slice/") } ?? false,
            loginuid: (peer["loginuid"]?.integer).map { .known(UInt32(clamping: $0)) } ?? .unknown("not in the record"),
            namespace: fact("namespace"), exe: fact("exe"), exeSHA256: fact("exeSha256"),
            // With groups missing, whom the record is about is known only by its ids.
            idMapIsIdentity: !isCut)
    }
}

extension DecisionRequest {
    /// The same request for a capability that has these rights.
    func offering(_ rights: Rights) -> DecisionRequest {
        var request = self
        request.offered = rights
        return request
    }
}
