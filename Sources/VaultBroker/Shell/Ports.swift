// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Logging
import OpenerWire
import Processes
import Records
import SystemPackage
import VaultCore
import VaultLedger
import VaultModel
import VaultPolicy

/// The core's ports, on the event loop, the ledger's thread and the kernel.
///
/// They live on the loop and lead to the broker, which is there for as long as the core is.
class BrokerPort {
    let loop: EventLoop
    private weak var broker: Broker?

    init(_ loop: EventLoop) {
        self.loop = loop
    }

    /// To be called once, before anything is asked of the core.
    func lead(to broker: Broker) { self.broker = broker }

    /// Calls the broker, whose state lives on this thread.
    func ask<Value: Sendable>(_ body: (isolated Broker) -> Value) -> Value {
        guard let broker else { preconditionFailure("the core is used without its broker") }
        return broker.assumeIsolated(body)
    }

    /// What waits for others goes on on the broker's loop.
    fileprivate func task(_ body: @escaping @Sendable (isolated Broker) async -> Void) {
        ask { broker in _ = Task { await body(broker) } }
    }

    fileprivate func later(_ body: @escaping @Sendable (isolated Broker) -> Void) -> @Sendable () -> Void {
        { [weak broker] in broker?.assumeIsolated(body) }
    }
}

/// Clocks, turns and timers.
final class LoopShell: BrokerPort, LoopPort {
    private var timers: [TimerID: TimerToken] = [:]
    private var nextTimer: UInt64 = 0

    func now() -> Moment { .now() }
    var bootUSec: Int64 { SystemClock.bootTimeUSec() }

    func commitAfterTurn() { loop.afterTurn(later { $0.core.commitDue() }) }

    func answerSoon() { ask { $0.answerSoon() } }

    func timer(at bootUSec: Int64, _ event: TimerEvent) -> TimerID {
        let timer = TimerID(nextTimer)
        nextTimer += 1
        let bound = LoopBound(self, to: loop)
        let fire = later { $0.core.fired(event) }
        timers[timer] = loop.timer(at: BootTime(microseconds: bootUSec)) {
            bound.value.timers[timer] = nil
            fire()
        }
        return timer
    }

    func cancel(_ timer: TimerID) {
        if let token = timers.removeValue(forKey: timer) { _ = loop.cancel(token) }
    }
}

/// The ledger's thread.
final class LedgerShell: BrokerPort, LedgerPort {
    func commit(_ batch: Batch) { ask { $0.commit(batch) } }
    func settled() { ask { $0.recordsAreDurable() } }
}

/// Processes that hold leases, by their pidfds.
final class HolderShell: BrokerPort, HolderPort {
    private final class Watch: HolderWatch {
        /// Readable when the process has ended. Held here: the caller's connection may go first.
        private let pidfd: HeldDescriptor
        private let loop: EventLoop
        private var token: WatchToken?

        init(_ pidfd: HeldDescriptor, _ loop: EventLoop, _ exited: @escaping @Sendable () -> Void) throws(Errno) {
            self.pidfd = pidfd
            self.loop = loop
            token = try loop.watch(pidfd, for: .readable) { _ in exited() }
        }

        func end() {
            if let token { loop.unwatch(token) }
            token = nil
        }
    }

    func watch(_ caller: Caller, _ key: HolderKey) -> (any HolderWatch)? {
        guard let session = caller.link as? Session else { return nil }
        return watch(session.peer.pidfd, key)
    }

    func watch(_ key: HolderKey) -> (any HolderWatch)? {
        guard
            let pidfd = ProcessKey(pid: key.pid, pidfdInode: key.pidfdInode, startTicks: key.startTicks).reopen()
        else { return nil }
        return watch(pidfd, key)
    }

    private func watch(_ pidfd: HeldDescriptor, _ key: HolderKey) -> (any HolderWatch)? {
        try? Watch(pidfd, loop, later { $0.core.exited(key) })
    }
}

/// The opener, and what this process can open by itself.
final class OpenerShell: BrokerPort, OpenerPort {
    private let opener: OpenerQueue
    private let listeners: ListenerStore
    private let handed: HandedTable
    private var lastCheck = LastCheck()

    init(_ loop: EventLoop, _ opener: OpenerQueue, _ listeners: ListenerStore, _ handed: HandedTable) {
        self.opener = opener
        self.listeners = listeners
        self.handed = handed
        super.init(loop)
    }

    var hasTime: Bool { opener.hasTime }

    func openAnew(
        _ capability: Capability, _ rights: Rights, owner: CopyOwner?, for caller: Caller, _ ticket: Ticket
    ) -> Result<any PassableDescriptor, OpenProblem>? {
        outcome { done in
            let bound = LoopBound((account: OpenerAccount(caller), done: done), to: self.loop)
            self.ask {
                $0.openAnew(
                    capability, rights, owner.map(SealedMemory.Owner.init), bound.value.account, bound.value.done)
            }
        } later: {
            $0.core.opened(ticket, $1)
        }
    }

    func hold(_ capability: Capability, _ ticket: Ticket) -> Result<any Holding, OpenProblem>? {
        outcome { done in
            let done = LoopBound(done, to: self.loop)
            self.ask { $0.openHolding(capability) { result in done.value(result.map { $0 as any Holding }) } }
        } later: {
            $0.core.held(ticket, $1)
        }
    }

    func mostAhead(_ holding: any Holding, _ capability: Capability, owner: CopyOwner?) -> Int {
        (holding as? OpenHolding)?.mostAhead(capability, owner: owner) ?? 0
    }

    func reopen(
        _ holding: any Holding, _ capability: Capability, _ rights: Rights, owner: CopyOwner?, for caller: Caller,
        _ ticket: Ticket
    ) -> Result<any PassableDescriptor, OpenProblem>? {
        guard let holding = holding as? OpenHolding else { preconditionFailure("another broker's holding") }
        if let made = holding.reopenHere(capability, rights, owner: owner) { return made.map { $0 } }
        return outcome { done in
            let opened = { (result: Result<HeldDescriptor, OpenerFailure>) in
                done(result.map { $0 as any PassableDescriptor }.mapError(OpenProblem.init))
            }
            if capability.kind == .memory {
                self.opener.copy(
                    holding.held, owner: owner.map(SealedMemory.Owner.init), for: OpenerAccount(caller), opened)
            } else {
                self.opener.reopen(holding.held, flags: rights.openFlags, for: OpenerAccount(caller), opened)
            }
        } later: {
            $0.core.opened(ticket, $1)
        }
    }

    func makePair(
        _ capability: Capability, for caller: Caller?, _ ticket: Ticket
    ) -> Result<PipeEnds, OpenProblem>? {
        let account = caller.map(OpenerAccount.init) ?? .broker
        guard case .fifo(let path, let create) = capability.source else {
            do throws(Errno) {
                let pipe = try OwnedDescriptor.pipe()
                return .success(PipeEnds(read: HeldDescriptor(pipe.reader), write: HeldDescriptor(pipe.writer)))
            } catch {
                return .failure(OpenProblem(error))
            }
        }
        return outcome { done in
            self.opener.fifo(path: path, createMode: create, for: account) { result in
                done(
                    result.map { PipeEnds(read: $0.reader, write: $0.writer) }.mapError(OpenProblem.init))
            }
        } later: {
            $0.core.paired(ticket, $1)
        }
    }

    func handedPairs(_ capability: Capability) -> [PartialPair] {
        handed.takePairs(capability).map { PartialPair(read: $0.read, write: $0.write) }
    }

    func check(
        _ descriptor: any PassableDescriptor, _ holding: (any Holding)?, _ capability: Capability, _ rights: Rights,
        _ delivery: Delivery
    ) -> Result<CheckedDescriptor, OpenProblem> {
        lastCheck.check(descriptor.held, holding as? OpenHolding, capability, rights, delivery, in: loop.turn)
    }

    func readContent(_ descriptor: any PassableDescriptor, _ capability: Capability, for call: OpenCall) {
        let bound = LoopBound((descriptor: descriptor.held, call: call), to: loop)
        ask { $0.readContent(bound.value.descriptor, capability, for: bound.value.call) }
    }

    func isAbandoned(_ descriptor: any PassableDescriptor, _ side: PipePairs.Side) -> Bool {
        switch side {
        case .write: (try? Readiness.current(for: [], on: descriptor.held))?.contains(.error) ?? false
        case .read: (try? Readiness.current(for: .readable, on: descriptor.held)) == .hangUp
        }
    }

    func keeps(_ holding: any Holding, _ capability: Capability) {
        if capability.kind == .listener { listeners.keep(holding.descriptor.held, for: capability.name) }
        if capability.renewal != nil { ask { $0.fileWatches.isHeld(capability.name) } }
    }

    func gaveUp(_ capability: Capability, spoiled: OpenProblem?) {
        guard capability.kind == .listener else { return }
        listeners.drop(capability.name)
        if let spoiled { ask { $0.listenerIsSpoiled(capability.name, spoiled.text) } }
    }

    /// What is there in this turn, or nil and an event later.
    private func outcome<Value>(
        _ start: (@escaping (Result<Value, OpenProblem>) -> Void) -> Void,
        later event: @escaping (isolated Broker, Result<Value, OpenProblem>) -> Void
    ) -> Result<Value, OpenProblem>? {
        var early: Result<Value, OpenProblem>?
        var isLate = false
        start { result in
            guard isLate else {
                early = result
                return
            }
            let bound = LoopBound((event: event, result: result), to: self.loop)
            self.ask { bound.value.event($0, bound.value.result) }
        }
        isLate = true
        return early
    }
}

/// The policy's texts and names, read on the work thread; and `STATE/revoked`.
final class PolicyShell: BrokerPort, PolicyPort {
    /// What the hash was found with of the policy that was built last, and of that which was asked for last.
    private var built = PolicyHash()
    private var hash = PolicyHash()

    func build(_ wanted: PolicyBuild, _ done: @escaping (BuiltPolicy) -> Void) {
        let bound = LoopBound((shell: self, done: done), to: loop)
        task { broker in
            let (policy, hash) = await broker.build(wanted)
            bound.value.shell.built = hash
            bound.value.done(policy)
        }
    }

    func read(
        rule document: String, defaultID: String, _ done: @escaping (Result<Rule, PolicyRefusal>) -> Void
    ) {
        let done = LoopBound(done, to: loop)
        task { done.value(await $0.read(rule: document, defaultID: defaultID)) }
    }

    func digest(_ stored: StoredPolicy) -> String {
        if !hash.isOf(stored.files), built.isOf(stored.files) { hash = built }
        return hash.digest(of: stored)
    }

    func keep(_ revoked: RevokedRules, _ done: @escaping (UInt64?) -> Void) {
        let done = LoopBound(done, to: loop)
        task { done.value(await $0.revoked.append(revoked)) }
    }

    func forget(revocationsThrough number: UInt64) { task { await $0.revoked.clear(through: number) } }

    func adopted(_ added: [CapabilityEntry]) {
        let added = LoopBound(added, to: loop)
        ask { $0.adopted(added.value) }
    }

    func cut(_ holding: any Holding) { try? UnixSocket.shutDown(holding.descriptor.held) }
}

/// The daemon's log at its level `debug`: each call by the id that its records have, and by its connection's number.
final class LogTrace: TracePort {
    private let log: Logger

    /// nil where the log does not have that level.
    init?(_ log: Logger) {
        guard log.logLevel <= .debug else { return nil }
        self.log = log
    }

    func moved(_ call: OpenCall) {
        log.debug(
            "Open \(call.stage)",
            metadata: [
                "request": "\(call.request)", "connection": "\((call.caller.link as? Session)?.number ?? 0)",
                "names": "\(call.items.map(\.name.text))", "records": "\(call.items.compactMap(\.record))",
            ])
    }
}

extension HeldDescriptor: PassableDescriptor {}

extension PassableDescriptor {
    /// What this process passes on is always a descriptor of its own.
    var held: HeldDescriptor {
        guard let held = self as? HeldDescriptor else { preconditionFailure("a descriptor of another kind") }
        return held
    }
}

extension SealedMemory.Owner {
    init(_ owner: CopyOwner) { self.init(uid: owner.uid, gid: owner.gid) }
}
