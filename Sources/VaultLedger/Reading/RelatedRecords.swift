// SPDX-License-Identifier: Apache-2.0

internal import JSONText

/// What belongs to one record: the others of its request, and what happened later to the grants among them.
struct RelatedRecords {
    /// How many records before and after are looked at.
    static let reach: UInt64 = 50_000

    private(set) var found: [Entry]
    private let request: String?
    private var grants: Set<UInt64> = []
    private var leases: Set<String> = []

    init(_ record: Entry) {
        found = [record]
        let fields = record.text.withUnsafeBytes { RecordFields($0) }
        request = fields.request
        note(fields, at: record.index)
        if let grant = fields.grant { grants.insert(grant) }
    }

    /// Looks at another record, those before the first one backwards, then those after it.
    mutating func look(at index: UInt64, _ leaf: UnsafeRawBufferPointer) {
        let fields = RecordFields(leaf)
        guard concerns(fields, at: index, leaf) else { return }
        found.append(Entry(index: index, text: Array(leaf)))
        note(fields, at: index)
    }

    private mutating func note(_ fields: RecordFields, at index: UInt64) {
        if fields.type == RecordType.grant.rawValue { grants.insert(index) }
        if let lease = fields.lease { leases.insert(lease) }
    }

    private func concerns(_ fields: RecordFields, at index: UInt64, _ leaf: UnsafeRawBufferPointer) -> Bool {
        if let request, fields.request == request { return true }
        if grants.contains(index) { return true }
        if let grant = fields.grant, grants.contains(grant) { return true }
        if let lease = fields.lease, leases.contains(lease) { return true }
        guard fields.type == RecordType.delivery.rawValue, !grants.isEmpty,
            let report = try? DeliveryReport(parsing: Array(leaf))
        else { return false }
        return grants.contains { grant in
            report.sent.contains { $0.contains(grant) } || report.failed.contains { $0.index == grant }
                || report.unknown.contains(grant)
        }
    }
}
