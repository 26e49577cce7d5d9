// SPDX-License-Identifier: Apache-2.0

import Records
import VaultCore
import VaultModel

/// One connection: its process, and the answers that it is owed, in the order of its calls.
final class Session {
    let number: Int
    let process: SimProcess
    private let world: World
    private(set) var caller: Caller?
    var isReading: Bool {
        get { unread.isReading }
        set { unread.isReading = newValue }
    }
    var isClosed = false
    /// What lies unread.
    let unread = Unread()
    var isPumpDue = false
    var answers: [SimAnswer] = []
    /// The records of what was sent to it, as the replies name them.
    var granted: [UInt64] = []
    /// What it asked for last.
    var opened: OpenRequest?
    /// Calls that wait for the turn of their uid.
    var waitingCalls = 0
    /// Calls about leases and deposits that wait for their answers.
    var otherCalls = 0

    init(_ world: World, number: Int, _ process: SimProcess) {
        self.world = world
        self.number = number
        self.process = process
        caller = Caller(process.identity, PeerText(process.identity, hash: { _ in "" }), self)
    }

    /// Breaks what refers to each other.
    func end() {
        isClosed = true
        for answer in answers { answer.state = .given }
        answers = []
        caller = nil
    }
}

extension Session: CallerPort {
    func holderKey() -> HolderKey? { process.isGone ? nil : process.key }

    var program: String? { process.program }

    func recheck(_ facts: SelectorKinds, _ call: OpenCall) -> CallerState {
        let isSame = !process.isGone && !process.hasChanged
        guard !facts.isEmpty, !process.isGone, world.choices.isOne(in: 3) else { return isSame ? .same : .different }
        world.later("the opener has looked at process \(process.pid)") { [self, weak call] in
            guard let call, !isClosed else { return }
            world.core?.rechecked(call, isSame: !process.isGone && !process.hasChanged)
        }
        return .asking
    }

    func hasReadAll() -> Bool { unread.hasReadAll() }

    func lookAgain() { world.pumpSoon(self) }

    func lookAgainLater() { world.retry(self) }

    var isIdle: Bool { answers.isEmpty && otherCalls == 0 }

    var halfMessageSinceUSec: Int64? { nil }

    func takeNoMore() {}

    func end(_ reason: DeliveryLog.Reason?) {
        world.say("connection \(number) is ended: \(reason.map(\.rawValue) ?? "its time or its place is over")")
        world.close(self, reason: reason)
    }

    func linger() -> (any UnreadPort)? { unread }
}

/// What a client was sent and has not read. The kernel keeps it when the connection ends.
final class Unread: UnreadPort {
    var isReading = true
    /// Messages with descriptors, and their descriptors: in flight, to the kernel.
    private(set) var messages = 0
    private(set) var descriptors = 0

    func sent(_ count: Int) {
        messages += 1
        descriptors += count
    }

    func hasReadAll() -> Bool {
        guard isReading else { return messages == 0 }
        messages = 0
        descriptors = 0
        return true
    }
}

/// What one `Open` is owed.
final class SimAnswer: OpenAnswer {
    enum State {
        case waiting
        case refused(Refusal)
        case granted(OpenCall)
        /// It has left, or its connection is gone.
        case given
    }

    let names: [OpenRequest.Name]
    let hasReason: Bool
    private let world: World
    private let session: Session
    private let life: Int
    fileprivate(set) var state = State.waiting

    init(_ world: World, _ session: Session, names: [OpenRequest.Name], hasReason: Bool) {
        self.world = world
        self.session = session
        self.names = names
        self.hasReason = hasReason
        life = world.registry.life
        world.registry.namesUnderWay += names.count
    }

    deinit { if life == world.registry.life { world.registry.namesUnderWay -= names.count } }

    private func give(_ new: State) {
        if session.isClosed || world.isMuted { return }
        guard case .waiting = state else { return world.checker.found(.answers, "a call is answered twice") }
        state = new
        world.pumpSoon(session)
    }

    func refuse(_ refusal: Refusal) { give(.refused(refusal)) }

    func grant(_ call: OpenCall) { give(.granted(call)) }

    /// It has left the queue.
    func leaves() { state = .given }
}
