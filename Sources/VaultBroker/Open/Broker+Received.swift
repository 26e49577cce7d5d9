// SPDX-License-Identifier: Apache-2.0

import Varlink
import VaultCore
import VaultInterface

/// `Received`: what a client says of the descriptors that were sent to it.
extension Broker {
    func received(
        _ parameters: BrokerInterface.Received.Parameters, _ answer: Answer, _ session: Session
    ) throws(VarlinkError) {
        let missing = parameters.missing ?? []
        guard parameters.records.count + missing.count <= SentRecords.mostAwaitingReceipt else {
            throw .invalidParameter("records")
        }
        // What is no number of a record is none of what was sent.
        session.isPaid = core.received(
            parameters.records.compactMap { UInt64(exactly: $0) }, missing: missing.compactMap { UInt64(exactly: $0) },
            session.caller)
        if answer.slot.isAnswered { answer.reply(EmptyMessage()) } else { answer.leave() }
    }
}
