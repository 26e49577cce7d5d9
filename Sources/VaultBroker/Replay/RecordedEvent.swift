// SPDX-License-Identifier: Apache-2.0

import Records
import VaultCore
import VaultLedger
import VaultModel

/// What a record tells of what decisions rest on: a decision, or something that changes counters, capabilities or clocks.
struct RecordedEvent: Sendable {
    enum Kind: Sendable {
        /// A grant, a deposit, the removal of one, or a denial.
        case decision(RecordedRequest)
        /// The grant of this index is out no longer.
        case ended(grant: UInt64)
        /// The deposit of this id is not held any more.
        case depositEnded(String)
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
        let stored = StoredRecord(reading: entry.text)
        guard stored.type != nil, let wall = stored.timeUSec, let boot = stored.bootTimeUSec else { return nil }
        index = entry.index
        moment = Moment(wallUSec: wall, bootUSec: boot)
        bootID = stored.bootID ?? ""
        revision = stored.policy?.revision
        kind = Self.kind(of: stored, moment)
    }

    private static func kind(of stored: StoredRecord, _ moment: Moment) -> Kind {
        guard let record = Record(stored) else { return .other }
        return switch record {
        case .grant, .deny, .deposit: RecordedRequest(stored, record, moment).map(Kind.decision) ?? .other
        case .remove(let end):
            RecordedRequest(stored, record, moment).map(Kind.decision) ?? .depositEnded(end.deposit.id)
        case .takeConfirm(let end): .depositEnded(end.deposit.id)
        case .leaseExpire(let event), .leaseRelease(let event), .holderExit(let event): .ended(grant: event.grant)
        case .delivery(let report): .notSent(report.failed.map(\.index))
        case .start: .start
        case .originStart: .originStart
        case .capabilityAdd(_, let capability, let document?):
            .capabilityAdd(name: capability.name, document: document)
        case .capabilityRemove(_, let capability): .capabilityRemove(name: capability.name)
        case .clockAccept(_, _, _, let accepted): .clockAccept(wallUSec: accepted)
        default: .other
        }
    }
}
