// SPDX-License-Identifier: Apache-2.0

import Records
import VaultModel
import VaultPolicy

/// One `Open` on its way: all names or none.
///
/// It owns the descriptors that were acquired for it until they are sent or it is given up. Everything about it is changed
/// by ``Grants`` alone.
package final class OpenCall {
    /// How far it has come. It goes down this list, and from each stage it may end instead.
    package enum Stage: Int, CaseIterable, Sendable {
        /// The policy is asked, also again when something has changed since it was.
        case deciding
        /// Descriptors are being found or made.
        case opening
        /// Its records are appended; the batch that holds them is collected or at the disk.
        case committing
        /// Its records are durable; its message waits for its turn on the connection.
        case queued
        /// `sendmsg(2)` took it.
        case sent
        /// It was recorded, and was not sent.
        case withdrawn
        /// It came to no record of a grant.
        case refused
    }

    /// One name of the call. An object, since it has much in it, and is looked at again and again.
    package final class Item {
        package let name: CapabilityName
        /// The rights asked for; nil is "as much as may be had".
        package let asked: Rights?
        /// It is a deposit, which goes when the caller says that it has it.
        package let takes: Bool
        package internal(set) var entry: CapabilityEntry?
        package internal(set) var decision: Decision?
        /// The rights that the descriptor is to carry.
        var rights: Rights = []
        package internal(set) var acquired: AcquiredDescriptor?
        /// What that held when it was read, where it is this that is delivered.
        package internal(set) var content: CapabilityContent?
        /// The index of the `grant` record.
        package internal(set) var record: UInt64?
        /// Set when the grant is followed until it ends.
        package internal(set) var lease: Lease?
        /// Of what is taken: what the caller confirms it by.
        package internal(set) var taking: LeaseText?

        init(_ asked: OpenRequest.Name) {
            name = asked.name
            self.asked = asked.asked
            takes = asked.takes
        }
    }

    package let number: UInt64
    package let caller: Caller
    package let asked: OpenRequest
    /// What the requests of this run have before their numbers.
    private let runID: String
    package let reason: String?
    package internal(set) var stage = Stage.deciding
    /// Since when (boot clock).
    var stageSinceUSec: Int64
    package let items: [Item]
    /// What the charged rules, and the forbids that did not match, read of the caller.
    package internal(set) var factsUsed = SelectorKinds()

    /// What it has in common with a call before it.
    package internal(set) var prepared: PreparedOpen?

    let answer: any OpenAnswer
    /// The moment that was decided for, and that the records of the grants have.
    var moment = Moment(wallUSec: 0, bootUSec: 0)
    /// The policy's generation at the time of the decision; when it has moved, the decision is made again.
    var generation: UInt64 = 0
    /// The turn in which it was decided has not ended.
    var isDeciding = false
    /// How many descriptors are still to come.
    var awaited = 0
    /// The first failure of an opening; the other descriptors are closed.
    var problem: (name: CapabilityName, problem: OpenProblem)?
    /// Its descriptors, on the caller's account, until it has ended; once sent they are the connection's.
    var charge: Charge?
    var holder: Holder?
    /// The opener was asked, before sending, whether the facts about the caller are unchanged; it is asked once.
    var isOpenerAsked = false
    /// What it found.
    var openerSawTheSame: Bool?

    init(
        number: UInt64, _ asked: OpenRequest, _ caller: Caller, _ answer: any OpenAnswer, runID: String,
        reason: String?, bootUSec: Int64
    ) {
        self.number = number
        self.caller = caller
        self.answer = answer
        self.runID = runID
        self.reason = reason
        self.asked = asked
        items = asked.names.map(Item.init)
        stageSinceUSec = bootUSec
    }

    /// Ties together the records of this call.
    package var request: String { "\(runID)-\(number)" }
}
