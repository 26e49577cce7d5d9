// SPDX-License-Identifier: Apache-2.0

internal import JSONText
package import VaultModel

/// The caller as a record tells of it.
package struct RecordedPeer: Sendable {
    private let members: JSONObject
    /// The keys of what was cut.
    private let cuts: Set<String>

    init(_ members: JSONObject, cuts: Set<String>) {
        self.members = members
        self.cuts = cuts
    }

    package var uid: UInt32? { number(.peerUID) }
    package var user: String? { text(.peerUser) }
    package var pid: Int32? { number(.peerPID) }
    package var exe: String? { text(.peerExe) }
    package var unit: String? { text(.peerUnit) }
    package var loginuid: UInt32? { number(.peerLoginuid) }

    /// Whether nothing was cut, and what is not there is told from what is not known: the first versions did not do that.
    package var isComplete: Bool {
        members[RecordField.peerNone.name] != nil && !cuts.contains { $0.hasPrefix("peer.") }
    }

    /// Who it was, as far as the record tells: what was not known of the caller then is unknown now, and so is what was
    /// cut. Nil without a uid and a gid.
    package var identity: Identity? {
        guard let uid, let gid: UInt32 = number(.peerGID) else { return nil }
        let none = Set(members[RecordField.peerNone.name]?.array?.compactMap(\.string) ?? [])
        func optional<Value>(_ field: RecordField, _ fact: Fact<Value>) -> Fact<Value?> {
            if none.contains(field.name) { return .known(nil) }
            return switch fact {
            case .known(let value): .known(value)
            case .unknown(let why): .unknown(why)
            }
        }
        var groups =
            members[RecordField.peerGroups.name]?.array?.compactMap { $0.integer.flatMap(UInt32.init(exactly:)) }
            ?? []
        // An id that stands for any other: with groups missing, whether one of them is wanted is not known.
        let areGroupsCut = isCut(.peerGroups)
        if areGroupsCut { groups.append(65534) }
        return Identity(
            uid: uid, gid: gid, groups: groups, label: optional(.peerLabel, fact(.peerLabel)), pid: pid ?? 0,
            pidfdInode: number(.peerPidfdInode), pin: text(.peerPin) == Pin.weak.rawValue ? .weak : .pidfd,
            userName: user, cgroup: optional(.peerCgroup, fact(.peerCgroup)),
            unit: optional(.peerUnit, fact(.peerUnit)), loginuid: optional(.peerLoginuid, id(.peerLoginuid)),
            session: optional(.peerSession, id(.peerSession)), namespace: fact(.peerNamespace), exe: fact(.peerExe),
            exeSHA256: fact(.peerExeSHA256), idMapIsIdentity: !areGroupsCut && text(.peerIDMap) == nil)
    }

    private func text(_ field: RecordField) -> String? { members[field.name]?.string }

    private func number<Number: FixedWidthInteger>(_ field: RecordField) -> Number? {
        members[field.name]?.integer.flatMap(Number.init(exactly:))
    }

    private func isCut(_ field: RecordField) -> Bool { cuts.contains(field.path) }

    private func fact(_ field: RecordField) -> Fact<String> {
        if isCut(field) { return .unknown("cut in the record") }
        return text(field).map(Fact.known) ?? .unknown(why(field))
    }

    private func id(_ field: RecordField) -> Fact<UInt32> {
        number(field).map(Fact.known) ?? .unknown(why(field))
    }

    private func why(_ field: RecordField) -> String {
        members[RecordField.peerUnknown.name]?[field.name]?.string ?? "not in the record"
    }
}
