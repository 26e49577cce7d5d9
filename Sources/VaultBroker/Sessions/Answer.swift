// SPDX-License-Identifier: Apache-2.0

import Descriptors
import JSONText
import Varlink
import VaultCore
import VaultInterface

/// What one call is owed: a reply, an error, or descriptors, once. What is answered twice is answered as it was first.
///
/// Lives on the broker's loop. It may outlive its connection; then whatever is said goes nowhere.
final class Answer: OpenAnswer {
    /// The session, as long as it is open.
    var session: Session? { connected.flatMap { $0.isClosed ? nil : $0 } }
    private weak var connected: Session?
    let slot: ReplySlot
    /// The caller takes several replies.
    let wantsMore: Bool
    private(set) var isGiven = false
    private let wake: (Session) -> Void

    init(_ session: Session, _ slot: ReplySlot, wantsMore: Bool, wake: @escaping (Session) -> Void) {
        connected = session
        self.slot = slot
        self.wantsMore = wantsMore
        self.wake = wake
    }

    /// - Parameter continues: further replies follow; only for one who `wantsMore`.
    func reply(_ parameters: some JSONWritable, continues: Bool = false) {
        let start = SystemClock.bootTimeUSec()
        let message = MessageText.reply(parameters, continues: continues)
        session?.charge(SystemClock.bootTimeUSec() - start)
        give(message, continues: continues)
    }

    func reply(_ written: WrittenReply<some InterfaceMethod>) {
        session?.charge(written.tookUSec)
        give(written.message)
    }

    func refuse(_ refusal: Refusal) { refuse(refusal.brokerError) }

    func refuse(_ error: BrokerError) { refuse(error.varlinkError) }

    func refuse(_ error: VarlinkError) { give(MessageText.error(error)) }

    func give(_ message: [UInt8], continues: Bool = false) {
        guard take(continues: continues), let session else { return }
        if slot.isAnswered { session.connection.reply(to: slot, message: message, continues: continues) }
        wake(session)
    }

    /// Answers with the descriptors of a recorded grant; they are checked once more when it is their turn to leave.
    func grant(_ call: OpenCall) { grant(call, as: call.grantMessage) }

    /// The same in other words.
    func grant(_ call: OpenCall, as message: @autoclosure () -> [UInt8], continues: Bool = false) {
        guard take(continues: continues), slot.isAnswered, let session else { return }
        session.isGranted()
        session.connection.reply(
            to: slot, message: message(), passing: call.items.compactMap { $0.acquired?.descriptor.held },
            token: call.number, continues: continues)
        wake(session)
    }

    /// Answers with what was read for a recorded grant, and no descriptor.
    func deliver(_ call: OpenCall, _ content: [UInt8]) {
        guard take(continues: false), slot.isAnswered, let session else { return }
        session.isGranted()
        session.connection.reply(to: slot, message: content, token: call.number)
        wake(session)
    }

    /// Nothing is to be said: the caller wants none, and there is nothing to be sent.
    func leave() { isGiven = true }

    private func take(continues: Bool) -> Bool {
        guard !isGiven else { return false }
        isGiven = !continues
        return true
    }
}
