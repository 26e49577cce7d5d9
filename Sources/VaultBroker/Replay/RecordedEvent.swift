// SPDX-License-Identifier: Apache-2.0

import JSONText
import Records
import VaultCore
import VaultLedger
import VaultModel

/// What a record tells of what decisions rest on: a decision, or something that changes counters, capabilities or clocks.
struct RecordedEvent: Sendable {
    enum Kind: Sendable {
        /// A grant or a denial.
        case decision(RecordedRequest)
        /// The grant of this index is out no longer.
        case ended(grant: UInt64)
        /// These grants were not sent.
        case notSent([UInt64])
        /// A run of the broker began, with the counts that the database had.
        case start
        /// The log went on under another name: limited uses count as spent.
        case originStart
        case capabilityAdd(name: String, document: String)
        case capabilityRemove(name: String)
        case clockAccept(wallUSec: Int64)
        case other
    }

    let index: UInt64
    let moment: Moment
    let bootID: String
    /// The revision of the policy that decided, or that the record made.
    let revision: Int?
    let kind: Kind

    /// nil for a text that is no record.
    init?(_ entry: Entry) {
        guard let record = try? JSONValue(parsing: entry.text), let type = record["type"]?.string,
            let wall = record["timeUSec"]?.integer, let boot = record["bootTimeUSec"]?.integer
        else { return nil }
        index = entry.index
        moment = Moment(wallUSec: wall, bootUSec: boot)
        bootID = record["bootId"]?.string ?? ""
        revision = (record["policy"]?["revision"]?.integer).flatMap { Int(exactly: $0) }
        kind = Self.kind(RecordType(rawValue: type), record, moment)
    }

    private static func kind(_ type: RecordType?, _ record: JSONValue, _ moment: Moment) -> Kind {
        switch type {
        case .grant, .deny:
            return RecordedRequest(record, moment).map(Kind.decision) ?? .other
        case .leaseExpire, .leaseRelease, .holderExit:
            guard let grant = index(record["grant"]) else { return .other }
            return .ended(grant: grant)
        case .delivery:
            return .notSent(record["failed"]?.array?.compactMap { index($0["index"]) } ?? [])
        case .start: return .start
        case .originStart: return .originStart
        case .capabilityAdd:
            guard let name = record["capability"]?["name"]?.string, let document = record["document"]?.string else {
                return .other
            }
            return .capabilityAdd(name: name, document: document)
        case .capabilityRemove:
            return (record["capability"]?["name"]?.string).map { .capabilityRemove(name: $0) } ?? .other
        case .clockAccept: return (record["acceptedUSec"]?.integer).map { .clockAccept(wallUSec: $0) } ?? .other
        default: return .other
        }
    }

    private static func index(_ value: JSONValue?) -> UInt64? {
        (value?.integer).flatMap { UInt64(exactly: $0) }
    }
}
