// SPDX-License-Identifier: Apache-2.0

import Descriptors
import VaultCore
import VaultModel

/// A bound datagram socket that speaks the store protocol of sd_notify(3), and how what is stored there is called.
package struct StoreSocket: Sendable {
    let socket: HeldDescriptor
    let names: StoreNames

    package init(_ socket: HeldDescriptor, _ names: StoreNames) {
        self.socket = socket
        self.names = names
    }
}

/// The datagram socket at which services store descriptors as they do with their service manager, and what came there and is not
/// done yet.
///
/// One socket is one queue for all users: so it is emptied at once, for a bounded part of the loop's time, and what came waits here by
/// uid. What is over a bound is dropped, as it would be by a service manager.
///
/// Lives on the broker's loop.
final class StoreEndpoint {
    /// Messages that wait, of one uid and of all.
    static let mostOfUser = 256
    static let mostMessages = 2_048
    /// Descriptors that came with these, of one uid and of all.
    static let mostDescriptorsOfUser = 256
    static let mostDescriptors = 1_024
    /// So much is received in one turn of the loop, in microseconds, and where there is more, again after a pause.
    static let receiveUSec: Int64 = 500
    static let pauseUSec: Int64 = 5_000

    let setting: StoreSocket
    /// Who passes something here is known when it has come in: all are on one account.
    let foreignAccount = ForeignAccount()
    var watch: WatchToken?
    private let messages = Shares(most: mostMessages, ofOne: mostOfUser)
    private let descriptors = Shares(most: mostDescriptors, ofOne: mostDescriptorsOfUser)
    private var queues: [UInt32: StoreQueue] = [:]

    init(_ setting: StoreSocket) { self.setting = setting }

    /// Nothing waits, and nothing is under way.
    var isIdle: Bool { queues.isEmpty }

    /// Places for one more message and its descriptors; nil where they are used up.
    func charges(_ uid: UInt32, descriptors count: Int) -> [Charge]? {
        guard let message = messages.take(for: .user(uid)) else { return nil }
        guard count > 0 else { return [message] }
        return descriptors.take(count, for: .user(uid)).map { [message, $0] }
    }

    func queue(of uid: UInt32, _ broker: Broker) -> StoreQueue {
        if let queue = queues[uid] { return queue }
        let queue = StoreQueue(uid, broker)
        queues[uid] = queue
        return queue
    }

    /// To be called when something of it is done.
    func tidy(_ queue: StoreQueue) { if queue.isIdle { queues[queue.uid] = nil } }
}

/// What came of one uid and waits for its turn, in the order in which it came.
///
/// Several may be recorded at once; but a removal waits for what was to be stored before it, what comes behind a removal waits for
/// that, and a barrier for all before it.
final class StoreQueue: TurnTaker {
    struct Message {
        let request: StoreMessage.Request
        let sender: ProcessCredentials
        /// Of the process that sent it, where the kernel gives one.
        let process: HeldDescriptor?
        var descriptors: [HeldDescriptor]
        let charges: [Charge]
    }

    let uid: UInt32
    private var waiting: [Message] = []
    private var underWay = 0
    private var isRemoving = false
    /// It waits for its turn among the uids.
    var isTurnDue = false
    /// It is being served: what is done meanwhile need not begin that again.
    var isServed = false
    private unowned let broker: Broker

    init(_ uid: UInt32, _ broker: Broker) {
        self.uid = uid
        self.broker = broker
    }

    var isIdle: Bool { waiting.isEmpty && underWay == 0 }

    func append(_ message: Message) { waiting.append(message) }

    /// The next, where it need not wait for one before it.
    var next: StoreMessage.Request? {
        guard let request = waiting.first?.request, !isRemoving else { return nil }
        if case .store = request { return request }
        return underWay == 0 ? request : nil
    }

    /// Begins with the next.
    func begin() -> Message {
        let message = waiting.removeFirst()
        underWay += 1
        if case .remove = message.request { isRemoving = true }
        return message
    }

    func ended() {
        underWay -= 1
        isRemoving = false
    }

    func turnHasCome() {
        isTurnDue = false
        let bound = LoopBound(self, to: broker.loop)
        broker.assumeIsolated { $0.serve(bound.value, isItsTurn: true) }
    }
}

/// Who sent a datagram, for the core: nothing is ever sent to it.
final class StoreSender: CallerPort {
    func holderKey() -> HolderKey? { nil }
    var program: String? { nil }
    func recheck(_ facts: SelectorKinds, _ call: OpenCall) -> CallerState { .different }
    func hasReadAll() -> Bool { true }
    func lookAgain() {}
    func lookAgainLater() {}
    var isIdle: Bool { true }
    var halfMessageSinceUSec: Int64? { nil }
    func takeNoMore() {}
    func end(_ reason: DeliveryLog.Reason?) {}
    func linger() -> (any UnreadPort)? { nil }
}
