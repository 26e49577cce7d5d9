// SPDX-License-Identifier: Apache-2.0

import DequeModule
import Descriptors
import OpenerWire
import Processes
import VaultModel

/// Asks the opener for descriptors, as many at a time as it takes; the others wait their turn here.
///
/// The opener refuses what is beyond its limit of requests, and a start with ten thousand capabilities, or a burst of
/// grants, is no reason to fail. Looking at processes goes past the queue: connections wait for that.
///
/// Lives on the broker's loop.
final class OpenerQueue {
    typealias Completion = OpenerClient.Completion

    /// Requests under way at once; what is left of the opener's limit is for looking at processes.
    static let atOnce = OpenerClient.waitingLimit * 3 / 4

    private let link: OpenerLink
    private var client: OpenerClient { link.client }
    private var underWay = 0
    private var waiting = Deque<() -> Void>()

    init(_ link: OpenerLink) {
        self.link = link
    }

    var isAlive: Bool { problem == nil }

    /// What is wrong with the opener, and what to do about it; nil if nothing is.
    var problem: StatusProblem? { link.problem }

    /// To be called whenever there is an opener again.
    func onReturn(_ body: @escaping () -> Void) { link.onReturn = body }

    /// To be called when the opener has gone for good.
    func onLoss(_ body: @escaping () -> Void) { link.onLoss = body }

    /// Whether something may be asked for that nobody waits for yet.
    var hasTime: Bool { underWay < Self.atOnce / 2 }

    func open(
        path: SourcePath, flags: CInt, mode: UInt32?, mustBeRegular: Bool = false, _ done: @escaping Completion
    ) {
        inTurn(done) { [link] in
            link.client.open(
                path: path.text, flags: flags, mode: mode, mustBeRegular: mustBeRegular,
                othersMayWrite: path.othersMayWrite, $0)
        }
    }

    func copy(_ memory: HeldDescriptor, owner: SealedMemory.Owner?, _ done: @escaping Completion) {
        inTurn(done) { [link] in link.client.copy(memory, owner: owner, $0) }
    }

    func reopen(_ descriptor: HeldDescriptor, flags: CInt, _ done: @escaping Completion) {
        inTurn(done) { [link] in link.client.reopen(descriptor, flags: flags, $0) }
    }

    func fifo(
        path: SourcePath, createMode: UInt32?,
        _ done: @escaping (Result<(reader: HeldDescriptor, writer: HeldDescriptor), OpenerFailure>) -> Void
    ) {
        inTurn(done) { [link] in
            link.client.fifo(path: path.text, createMode: createMode, othersMayWrite: path.othersMayWrite, $0)
        }
    }

    func listen(_ listener: InternetListener, _ done: @escaping Completion) {
        inTurn(done) { [link] in link.client.listen(listener, $0) }
    }

    func listen(_ listener: UnixListener, _ done: @escaping Completion) {
        inTurn(done) { [link] in link.client.listen(listener, $0) }
    }

    func memory(
        path: SourcePath, sizeLimit: UInt32, owner: SealedMemory.Owner? = nil, _ done: @escaping Completion
    ) {
        inTurn(done) { [link] in
            link.client.memory(
                path: path.text, sizeLimit: sizeLimit, owner: owner, othersMayWrite: path.othersMayWrite, $0)
        }
    }

    func runHelper(_ run: HelperRun, _ done: @escaping Completion) {
        inTurn(done) { [link] in link.client.runHelper(run, $0) }
    }

    func inspect(
        pidfd: HeldDescriptor, kinds: ProcessFactKinds, _ done: @escaping (Result<ProcessFacts, OpenerFailure>) -> Void
    ) {
        client.inspect(pidfd: pidfd, kinds: kinds, done)
    }

    func executable(
        pidfd: HeldDescriptor, _ done: @escaping (Result<(HeldDescriptor, OpenedStatus), OpenerFailure>) -> Void
    ) {
        client.executable(pidfd: pidfd, done)
    }

    private func inTurn<Value>(
        _ done: @escaping (Result<Value, OpenerFailure>) -> Void,
        _ start: @escaping (@escaping (Result<Value, OpenerFailure>) -> Void) -> Void
    ) {
        let begin = {
            start { result in
                self.answered()
                done(result)
            }
        }
        guard underWay < Self.atOnce else { return waiting.append(begin) }
        underWay += 1
        begin()
    }

    private func answered() {
        guard let next = waiting.popFirst() else {
            underWay -= 1
            return
        }
        next()
    }
}
