// SPDX-License-Identifier: Apache-2.0

internal import JSONText
import Records
internal import VaultModel

/// What belongs to one record: the others of its request, and what happened later to the grants among them.
struct RelatedRecords {
    /// The most records of one request, and the most about its grants, that are gathered.
    static let limit = 1000
    /// How many records after the last grant its delivery is looked for.
    private static let reach: UInt64 = 100_000
    /// The same of what its client says, which may say nothing.
    private static let reachOfReceipts: UInt64 = 10_000

    /// In the order of their indices.
    var found: [Entry] { entries.values.sorted { $0.index < $1.index } }
    private(set) var grants: Set<UInt64> = []
    /// The grants whose delivery has not been found.
    private var undelivered: Set<UInt64> = []
    /// The grants that were sent, or of which it is not known, and of which no client says that it has them.
    private var unreceived: Set<UInt64> = []
    /// The rules of each grant that no revocation has been found for.
    private(set) var unrevoked: [UInt64: Set<String>] = [:]
    private(set) var request: String?
    /// The grant that the record itself is about.
    let grantOfRecord: UInt64?
    private var entries: [UInt64: Entry] = [:]

    init(_ record: Entry) {
        let fields = record.text.withUnsafeBytes { RecordFields($0) }
        request = fields.request
        grantOfRecord = fields.grant
        add(record)
    }

    /// Whether a delivery record from here on may tell of a grant what is not found.
    func isDeliveryLookedFor(_ from: UInt64) -> Bool {
        undelivered.max().map { from < $0 + Self.reach } ?? false
            || unreceived.max().map { from < $0 + Self.reachOfReceipts } ?? false
    }

    /// Adds the grant that the record is about; its request is looked for too.
    mutating func addGrant(_ entry: Entry) {
        request = request ?? entry.text.withUnsafeBytes { RecordFields($0) }.request
        add(entry)
    }

    mutating func add(_ entry: Entry) {
        entries[entry.index] = entry
        let type = entry.text.withUnsafeBytes { RecordType(leaf: $0) }
        guard type == .grant, grants.insert(entry.index).inserted else { return }
        undelivered.insert(entry.index)
        unreceived.insert(entry.index)
        let fields = entry.text.withUnsafeBytes { RecordFields($0) }
        let rules = Set(fields.rules + (fields.charged.map { [$0] } ?? []))
        if !rules.isEmpty { unrevoked[entry.index] = rules }
    }

    /// Adds a revocation if it is the first one after a grant that takes one of its rules away.
    mutating func addRevocation(_ entry: Entry) {
        guard case .revoke(_, let revoked) = Record(StoredRecord(reading: entry.text)) else { return }
        let ended = unrevoked.filter { $0.key < entry.index && !$0.value.isDisjoint(with: revoked) }.keys
        guard !ended.isEmpty else { return }
        entries[entry.index] = entry
        for grant in ended { unrevoked[grant] = nil }
    }

    /// Adds a delivery record if it tells of one of the grants.
    mutating func addDelivery(_ entry: Entry) {
        guard let report = try? DeliveryReport(parsing: entry.text) else { return }
        let told = undelivered.filter { grant in
            report.sent.contains { $0.contains(grant) } || report.failed.contains { $0.index == grant }
                || report.unknown.contains(grant)
        }
        let answered = unreceived.filter { grant in
            report.received.contains { $0.contains(grant) } || report.missing.contains(grant)
        }
        guard !told.isEmpty || !answered.isEmpty else { return }
        entries[entry.index] = entry
        undelivered.subtract(told)
        unreceived.subtract(answered)
        unreceived.subtract(report.failed.map(\.index))
    }
}
