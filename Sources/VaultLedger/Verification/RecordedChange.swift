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
    private static let types: [RecordType] = [
        .policyApply, .ruleAdd, .ruleResume, .revoke, .adminRecover, .originStart, .capabilityAdd, .capabilityRemove,
    ]
    private static let words = types.map { Array("\($0.rawValue)\"".utf8) }
    /// By the first byte of a type, whether it can be one of these.
    private static let beginnings: [Bool] = {
        var beginnings = [Bool](repeating: false, count: 256)
        for word in words { beginnings[Int(word[0])] = true }
        return beginnings
    }()

    /// Whether the record can be one of these. Most are not, by one byte: this is called for each of millions.
    static func canBe(_ leaf: UnsafeRawBufferPointer, after end: Int) -> Bool {
        LeafPrefix.type(of: leaf, after: end)?.first.map { beginnings[Int($0)] } ?? false
    }

    /// Nil for every other record.
    /// - Parameter end: of the record's index; it ``canBe(_:after:)`` one.
    init?(_ leaf: UnsafeRawBufferPointer, record: UInt64, after end: Int) {
        guard let type = LeafPrefix.type(of: leaf, after: end), Self.words.contains(where: { type.starts(with: $0) })
        else { return nil }
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
