// SPDX-License-Identifier: Apache-2.0

import Processes
import Records
import VaultCore
import VaultModel
import VaultPolicy

/// A request as its record tells it, to be decided again.
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
    /// The deposit that begins with it, and the one in whose place that comes.
    let deposit: (id: String, replaces: String?)?
    /// The deposit that ends with it.
    let removes: String?
    /// It is taken: to remove it has to be permitted too.
    let takes: Bool

    /// nil for a record that tells of no decision.
    init?(_ stored: StoredRecord, _ record: Record, _ moment: Moment) {
        guard let peer = stored.peer, var identity = peer.identity else { return nil }
        let action: Action
        var deposit: (id: String, replaces: String?)?
        var removes: String?
        var takes = false
        // What was deposited before within the same call is not in the records.
        var lacksOthers = false
        switch record {
        case .grant(let grant):
            takes = grant.isTake
            wasPermitted = true
            charged = grant.charged
            chargedBefore = [:]
            action = .open
        case .deny(let denial):
            // What the policy permitted and could not be delivered so was denied, too; the policy says it again.
            wasPermitted = false
            charged = nil
            chargedBefore = denial.chargedBefore
            action = Action(rawValue: denial.action) ?? .open
            lacksOthers = action == .deposit && denial.why == Decision.Reason.usedUp.rawValue
        case .deposit(let record):
            wasPermitted = true
            charged = record.charged
            chargedBefore = [:]
            action = .deposit
            deposit = (record.deposit.id, record.deposit.replaces)
        case .remove(let end) where end.why == DepositEnd.asked.rawValue:
            wasPermitted = true
            charged = nil
            chargedBefore = [:]
            action = .remove
            removes = end.deposit.id
        default: return nil
        }
        isFollowed = stored.lease != nil
        isIncomplete = !peer.isComplete || stored.lacksChargedBefore || lacksOthers
        (self.deposit, self.removes, self.takes) = (deposit, removes, takes)
        let unit = (identity.cgroup.value ?? nil).flatMap(ServiceUnit.init(cgroup:))
        identity.unitIsOfSystemManager = unit.map { !$0.isBelowUserSlice } ?? false
        request = DecisionRequest(
            identity: identity, action: action,
            name: (stored.capability?.name).flatMap { try? CapabilityName($0) },
            asked: (stored.capability?.rights).flatMap { try? Rights.parse($0) }, hasReason: stored.reason != nil,
            wallUSec: moment.wallUSec, bootUSec: moment.bootUSec)
    }
}
