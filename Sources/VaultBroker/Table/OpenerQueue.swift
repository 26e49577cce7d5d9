// SPDX-License-Identifier: Apache-2.0

import Descriptors
import OpenerWire
import Processes
import SystemPackage
import VaultModel

/// Asks the opener, as many requests at a time as it takes; the others wait their turn here, one uid after the other.
///
/// The opener refuses what is beyond its limit of requests, and a start with ten thousand capabilities, or a burst of
/// grants, is no reason to fail. Looking at processes has places of its own: connections wait for that.
///
/// Lives on the broker's loop.
final class OpenerQueue {
    typealias Completion = OpenerClient.Completion

    /// Requests for descriptors that are under way at once; what is left of the opener's limit is for looking at processes.
    private static let atOnce = OpenerClient.waitingLimit * 3 / 4
    private static let looksAtOnce = OpenerClient.waitingLimit - atOnce
    /// Of these, those of one uid: enough for the opener's workers never to wait for the next.
    private static let ofUser = 16
    private static let looksOfUser = 8

    private let link: OpenerLink
    private let loop: EventLoop
    private let opening = OpenerLane(atOnce: atOnce, ofUser: ofUser)
    private var bundles: [Bundle] = []
    private let looking = OpenerLane(atOnce: looksAtOnce, ofUser: looksOfUser)

    init(_ link: OpenerLink, _ loop: EventLoop) {
        self.link = link
        self.loop = loop
    }

    var isAlive: Bool { problem == nil }

    /// What is wrong with the opener, and what to do about it; nil if nothing is.
    var problem: StatusProblem? { link.problem }

    /// How many requests it has, and how many wait here.
    var load: (running: Int, waiting: Int) {
        (opening.underWay + looking.underWay, opening.waitingCount + looking.waitingCount)
    }

    /// What it says of its workers; nil where it does not.
    func census(_ done: @escaping (OpenerCensus?) -> Void) { link.client.census(done) }

    /// To be called whenever there is an opener again.
    func onReturn(_ body: @escaping () -> Void) { link.onReturn = body }

    /// To be called when the opener has gone for good.
    func onLoss(_ body: @escaping () -> Void) { link.onLoss = body }

    /// Whether something may be asked for that nobody waits for yet.
    var hasTime: Bool { opening.underWay < Self.atOnce / 2 }

    func open(
        path: SourcePath, flags: CInt, mode: UInt32?, mustBe kind: OpenPath.Kind = .anything,
        for account: OpenerAccount, _ done: @escaping Completion
    ) {
        inTurn(opening, account, done) {
            $0.open(
                path: path.text, flags: flags, mode: mode, mustBe: kind,
                othersMayWrite: path.othersMayWrite, for: account.uid, $1)
        }
    }

    /// The same, with what its file system says of it.
    func openWithStatus(
        path: SourcePath, flags: CInt, mode: UInt32?, mustBe kind: OpenPath.Kind,
        for account: OpenerAccount, _ done: @escaping OpenerClient.StatusCompletion
    ) {
        inTurn(opening, account, done) {
            $0.openWithStatus(
                path: path.text, flags: flags, mode: mode, mustBe: kind,
                othersMayWrite: path.othersMayWrite, for: account.uid, $1)
        }
    }

    func copy(
        _ memory: HeldDescriptor, owner: SealedMemory.Owner?, for account: OpenerAccount, _ done: @escaping Completion
    ) {
        inTurn(opening, account, done) { $0.copy(memory, owner: owner, for: account.uid, $1) }
    }

    func content(
        of file: HeldDescriptor, sizeLimit: UInt32, for account: OpenerAccount, _ done: @escaping Completion
    ) {
        inTurn(opening, account, done) { $0.content(of: file, sizeLimit: sizeLimit, for: account.uid, $1) }
    }

    // MARK: Many descriptions of one

    /// What is wanted of one description in one turn of the loop, for one uid: it is asked for in one request.
    private struct Bundle {
        let descriptor: HeldDescriptor
        let flags: CInt
        let uid: UInt32?
        var waiting: [(account: OpenerAccount, done: Completion)] = []

        func isOf(_ descriptor: HeldDescriptor, _ flags: CInt, _ account: OpenerAccount) -> Bool {
            self.descriptor === descriptor && self.flags == flags && uid == account.uid
        }
    }

    func reopen(
        _ descriptor: HeldDescriptor, flags: CInt, for account: OpenerAccount, _ done: @escaping Completion
    ) {
        if bundles.isEmpty {
            let bound = LoopBound(self, to: loop)
            loop.afterTurn { bound.value.sendBundles() }
        }
        let place = bundles.firstIndex { $0.isOf(descriptor, flags, account) } ?? bundles.count
        if place == bundles.count { bundles.append(Bundle(descriptor: descriptor, flags: flags, uid: account.uid)) }
        bundles[place].waiting.append((account, done))
    }

    private func sendBundles() {
        let all = bundles
        bundles = []
        for bundle in all {
            for start in stride(from: 0, to: bundle.waiting.count, by: WireForm.mostDescriptors) {
                send(bundle, bundle.waiting[start..<min(start + WireForm.mostDescriptors, bundle.waiting.count)])
            }
        }
    }

    private func send(_ bundle: Bundle, _ waiting: ArraySlice<(account: OpenerAccount, done: Completion)>) {
        let isWanted = { waiting.contains { $0.account.isWanted } }
        inTurn(opening, OpenerAccount(uid: bundle.uid, isWanted: isWanted)) { result in
            for (place, waiter) in waiting.enumerated() { waiter.done(result.map { $0[place] }) }
        } _: {
            $0.reopen(bundle.descriptor, flags: bundle.flags, count: waiting.count, for: bundle.uid, $1)
        }
    }

    // MARK: Other requests

    func fifo(
        path: SourcePath, createMode: UInt32?, for account: OpenerAccount,
        _ done: @escaping (Result<(reader: HeldDescriptor, writer: HeldDescriptor), OpenerFailure>) -> Void
    ) {
        inTurn(opening, account, done) {
            $0.fifo(
                path: path.text, createMode: createMode, othersMayWrite: path.othersMayWrite, for: account.uid, $1)
        }
    }

    func listen(_ listener: InternetListener, _ done: @escaping Completion) {
        inTurn(opening, .broker, done) { $0.listen(listener, $1) }
    }

    func listen(_ listener: UnixListener, _ done: @escaping Completion) {
        inTurn(opening, .broker, done) { $0.listen(listener, $1) }
    }

    func connect(address: [UInt8], port: UInt16, for account: OpenerAccount, _ done: @escaping Completion) {
        inTurn(opening, account, done) { $0.connect(address: address, port: port, for: account.uid, $1) }
    }

    func connect(host: String, port: UInt16, for account: OpenerAccount, _ done: @escaping Completion) {
        inTurn(opening, account, done) { $0.connect(host: host, port: port, for: account.uid, $1) }
    }

    func connect(
        path: String, kind: UnixListener.Kind, as user: UInt32, for account: OpenerAccount, _ done: @escaping Completion
    ) {
        inTurn(opening, account, done) { $0.connect(path: path, kind: kind, as: user, for: account.uid, $1) }
    }

    func memory(
        path: SourcePath, sizeLimit: UInt32, owner: SealedMemory.Owner? = nil, for account: OpenerAccount,
        _ done: @escaping Completion
    ) {
        inTurn(opening, account, done) {
            $0.memory(
                path: path.text, sizeLimit: sizeLimit, owner: owner, othersMayWrite: path.othersMayWrite,
                for: account.uid, $1)
        }
    }

    func watch(
        _ path: WatchPath, in queue: HeldDescriptor, _ done: @escaping (Result<[Int32], OpenerFailure>) -> Void
    ) {
        inTurn(opening, .broker, done) { $0.watch(path, in: queue, $1) }
    }

    func runHelper(_ run: HelperRun, for account: OpenerAccount, _ done: @escaping Completion) {
        inTurn(opening, account, done) { $0.runHelper(run, for: account.uid, $1) }
    }

    /// Facts of a process of this uid.
    func inspect(
        pidfd: HeldDescriptor, kinds: ProcessFactKinds, of uid: UInt32,
        _ done: @escaping (Result<ProcessFacts, OpenerFailure>) -> Void
    ) {
        inTurn(looking, OpenerAccount(uid: uid), done) { $0.inspect(pidfd: pidfd, kinds: kinds, for: uid, $1) }
    }

    /// What a process of this uid executes.
    func executable(
        pidfd: HeldDescriptor, of uid: UInt32, _ done: @escaping OpenerClient.StatusCompletion
    ) {
        inTurn(looking, OpenerAccount(uid: uid), done) { $0.executable(pidfd: pidfd, for: uid, $1) }
    }

    private func inTurn<Value>(
        _ lane: OpenerLane, _ account: OpenerAccount, _ done: @escaping (Result<Value, OpenerFailure>) -> Void,
        _ start: @escaping (OpenerClient, @escaping (Result<Value, OpenerFailure>) -> Void) -> Void
    ) {
        lane.enter(account) { [link] in
            start(link.client) { result in
                lane.left(account)
                done(result)
            }
        } drop: { [loop] in
            // Later, as all answers come.
            let handler = LoopBound(done, to: loop)
            loop.afterTurn { handler.value(.failure(OpenerFailure(.canceled))) }
        }
    }
}
