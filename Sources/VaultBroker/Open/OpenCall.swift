// SPDX-License-Identifier: Apache-2.0

import Processes
import VaultModel
import VaultPolicy

/// One `Open` on its way: decided, opened, recorded, sent, all names or none.
///
/// Lives on the broker's loop. It owns the descriptors that were acquired for it until they are sent or it is given up.
final class OpenCall {
    /// One name of the call.
    struct Item {
        let name: CapabilityName
        /// The rights asked for; nil is "as much as may be had".
        let asked: Rights?
        var entry: CapabilityEntry?
        var decision: Decision?
        /// The rights that the descriptor is to carry.
        var rights: Rights = []
        var acquired: AcquiredDescriptor?
        /// The index of the `grant` record.
        var record: UInt64?
        /// Set when the grant is followed until it ends.
        var lease: Lease?

        init(name: CapabilityName, asked: Rights?) {
            self.name = name
            self.asked = asked
        }

        /// Lets go of the descriptor; a pipe end that was not sent goes back to its pair.
        mutating func release() {
            if let acquired, let end = acquired.pipeEnd { entry?.pairs.giveBack(acquired.descriptor, end) }
            acquired = nil
        }
    }

    let number: UInt64
    let session: Session
    let answer: Answer
    let reason: String?
    /// Ties together the records of this call.
    let request: String
    var items: [Item]
    /// The moment that was decided for, and that the records of the grants have.
    var moment = Moment(wallUSec: 0, bootUSec: 0)
    /// The turn in which it was decided has not ended.
    var isDeciding = false
    /// The broker's generation at the time of the decision; when it has moved, the decision is made again.
    var generation: UInt64 = 0
    /// Which facts about the caller the charged rules select by.
    var factsUsed: ProcessFactKinds = []
    /// Whether the opener, asked again before sending, found those facts unchanged.
    var openerSawTheSame: Bool?
    /// The caller's process, watched; set when one of the grants is followed.
    var holder: Holder?
    /// How many descriptors the opener still owes.
    var awaited = 0
    /// The first failure of an opening; the others are closed.
    var problem: (name: CapabilityName, problem: OpenProblem)?

    init(
        number: UInt64, session: Session, answer: Answer, reason: String?, request: String, items: [Item]
    ) {
        self.number = number
        self.session = session
        self.answer = answer
        self.reason = reason
        self.request = request
        self.items = items
    }
}
