// SPDX-License-Identifier: Apache-2.0

import Records
import VaultModel

@testable import VaultCore

/// One connection.
final class TestCaller: CallerPort {
    let key: HolderKey?
    var state = CallerState.same
    var isReading = true
    var isIdle = true
    var halfMessageSinceUSec: Int64?
    private(set) var looksLater = 0
    private(set) var takesNoMore = false
    private(set) var ended: [DeliveryLog.Reason?] = []
    /// Where it has a place.
    weak var stage: Stage?
    var lookedAgain = 0
    /// How often it was looked whether it is the same.
    var rechecks = 0
    private var made: Caller?
    private var requests: [String: OpenRequest] = [:]

    init(uid: UInt32 = 1_000, pid: Int32 = 7, otherAccount: Account? = nil) {
        key = HolderKey(pid: pid, pidfdInode: UInt64(pid), startTicks: nil)
        let identity = Identity(
            uid: uid, gid: uid, pid: pid, pidfdInode: UInt64(pid), otherAccount: otherAccount)
        made = Caller(identity, PeerText(identity, hash: { _ in "" }), self)
    }

    /// Made in the initializer.
    var caller: Caller {
        guard let made else { preconditionFailure("a caller is made with its connection") }
        return made
    }

    /// The same object for the same names, as a connection has it that remembers what came.
    func request(_ names: [String], _ rights: Rights?) -> OpenRequest {
        let text = "\(names) \(rights?.words ?? [])"
        let request = requests[text] ?? OpenRequest(names.map { .init(Stage.name($0), asked: rights) })
        requests[text] = request
        return request
    }

    func holderKey() -> HolderKey? { key }
    var program: String? { nil }
    func recheck(_ facts: SelectorKinds, _ call: OpenCall) -> CallerState {
        rechecks += 1
        return state
    }
    func hasReadAll() -> Bool { isReading }
    func lookAgain() { lookedAgain += 1 }
    func lookAgainLater() { looksLater += 1 }
    func takeNoMore() { takesNoMore = true }

    func end(_ reason: DeliveryLog.Reason?) {
        ended.append(reason)
        stage?.core.closed(caller, reason: reason)
    }

    /// Of a connection that has ended, what is left while it is not read.
    private final class Rest: UnreadPort {
        private let caller: TestCaller
        init(_ caller: TestCaller) { self.caller = caller }
        func hasReadAll() -> Bool { caller.isReading }
    }

    func linger() -> (any UnreadPort)? { Rest(self) }
}

/// What one `Open` was answered.
final class TestAnswer: OpenAnswer {
    private(set) var refusals: [Refusal] = []
    private(set) var calls: [OpenCall] = []

    var isGiven: Bool { !refusals.isEmpty || !calls.isEmpty }
    /// The call that was granted; traps where there is none.
    var call: OpenCall { calls[0] }

    func refuse(_ refusal: Refusal) { refusals.append(refusal) }
    func grant(_ call: OpenCall) { calls.append(call) }
    /// Lets go of its calls, which hold it.
    func forget() { calls = [] }
}
