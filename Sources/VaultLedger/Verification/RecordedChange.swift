// SPDX-License-Identifier: Apache-2.0

import Records
internal import VaultModel

/// What a record says of the tables of the policy: a row that has to be there, or one that must not.
enum RecordedChange: Sendable, Equatable {
    /// - Parameter isAccepted: the log goes on from another state than it had, since somebody accepted that; the revisions
    ///   from this one on may be there a second time.
    case policy(record: UInt64, revision: Int, isAccepted: Bool)
    case capabilityAdded(record: UInt64, name: String)
    case capabilityRemoved(record: UInt64, name: String)

    /// Every type of record that makes a revision of the policy, or adds or removes a capability.
    private static let types: [StaticString] = [
        "policy.apply\"", "rule.", "revoke\"", "admin.recover\"", "origin.start\"", "capability.",
    ]
    private static let key: StaticString = #","type":""#

    /// Whether the record can be one of these. Most are not, by one byte: this is called for each of millions.
    static func canBe(_ leaf: UnsafeRawBufferPointer, after end: Int) -> Bool {
        let start = end + key.utf8CodeUnitCount
        guard start < leaf.count else { return false }
        switch leaf[start] {
        case UInt8(ascii: "p"), UInt8(ascii: "r"), UInt8(ascii: "a"), UInt8(ascii: "o"), UInt8(ascii: "c"): return true
        default: return false
        }
    }

    /// Nil for every other record.
    /// - Parameter end: of the record's index; it ``canBe(_:after:)`` one.
    init?(_ leaf: UnsafeRawBufferPointer, record: UInt64, after end: Int) {
        let type = UnsafeRawBufferPointer(rebasing: leaf[(end + Self.key.utf8CodeUnitCount)...])
        guard Self.types.contains(where: { LeafPrefix.begins(type, with: $0) }) else { return nil }
        let fields = RecordFields(leaf)
        switch RecordType(rawValue: fields.type) {
        case .capabilityAdd: self = .capabilityAdded(record: record, name: fields.capability ?? "")
        case .capabilityRemove: self = .capabilityRemoved(record: record, name: fields.capability ?? "")
        case let type:
            guard let policy = PolicyStamp(leaf: leaf) else { return nil }
            self = .policy(record: record, revision: policy.revision, isAccepted: type == .originStart)
        }
    }
}
