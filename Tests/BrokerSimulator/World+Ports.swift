// SPDX-License-Identifier: Apache-2.0

import Records
import SystemPackage
import VaultCore
import VaultModel

/// The outside of the core, as the core sees it.
extension World: LoopPort {
    func commitAfterTurn() {
        guard !isMuted else { return }
        afterTurn.append { [self] in core?.commitDue() }
    }

    func answerSoon() {
        guard !isMuted else { return }
        later("answers are due") { [self] in core?.answersDue() }
    }

    func timer(at bootUSec: Int64, _ event: TimerEvent) -> TimerID {
        nextTimer += 1
        let id = TimerID(nextTimer)
        if !isMuted { timers.append(Timer(id: id, bootUSec: bootUSec, event: event)) }
        return id
    }

    func cancel(_ timer: TimerID) { timers.removeAll { $0.id == timer } }
}

extension World: LedgerPort {
    func commit(_ batch: Batch) {
        guard !isMuted else { return }
        if ledger.inFlight != nil { checker.found(.log, "two batches are at the disk at once") }
        if ledger.hasFailed { checker.found(.log, "a batch is committed to a ledger that has failed") }
        if batch.firstIndex != ledger.size {
            checker.found(.log, "a batch begins at \(batch.firstIndex) in a log of \(ledger.size) records")
        }
        ledger.inFlight = batch
        later("the commit returns") { [self] in commitReturns(batch) }
    }

    func settled() { checker.areAnswered(before: ledger.acknowledged) }

    private func commitReturns(_ batch: Batch) {
        ledger.inFlight = nil
        switch choices.pick(16) {
        case 14:
            say("  … with an error, and stored nothing")
            fail()
        case 15:
            say("  … with an error, and stored it")
            store(batch)
            fail()
        default:
            store(batch)
            ledger.acknowledge()
            core?.committed(ledger.tree)
        }
    }

    /// Makes a batch durable.
    func store(_ batch: Batch) {
        ledger.store(batch)
        checker.stored(batch, in: self)
    }

    private func fail() {
        ledger.hasFailed = true
        core?.commitFailed(LedgerError(.commitFailed, "the disk failed", remedy: "wait"))
        later("the ledger is opened again") { [self] in reopenLedger() }
    }

    /// Another daemon is taking over, so that the log is its own, and ends before it serves anybody.
    func letGo() {
        guard let core, core.journal.isWorking, core.journal.waiting == 0, ledger.inFlight == nil,
            administration.isServing
        else { return deliver() }
        say("another daemon gets the log")
        ledger.hasFailed = true
        core.commitFailed(LedgerError(.alreadyOpen(pid: nil), "another daemon is taking over", remedy: "wait"))
        later("it has ended") { [self] in reopenLedger() }
    }

    private func reopenLedger() {
        guard let core else { return }
        guard administration.isTakenUp else {
            return later("the ledger is opened again") { [self] in reopenLedger() }
        }
        guard !choices.isOne(in: 4) else {
            say("  … in vain")
            core.journal.isStillFailing(LedgerError(.unreadable, "the disk is gone", remedy: "wait"))
            return later("the ledger is opened again") { [self] in reopenLedger() }
        }
        let restored = restored(isStart: false)
        checker.isOpenedAgain()
        ledger.hasFailed = false
        ledger.acknowledge()
        core.reopened(restored) { [self] in
            checker.areRead(before: restored.size)
            reloadIfWanted()
        }
    }

    func restored(isStart: Bool) -> RestoredState {
        ledger.restore(open: checker.openGrants, isStart: isStart)
    }
}

// MARK: - The opener

extension World: OpenerPort {
    var hasTime: Bool { !isMuted && !choices.isOne(in: 4) }

    private static let problem = OpenProblem(.permissionDenied, name: "EACCES", "the simulated opener says no")

    /// At once, later, or never until faults stop; and sometimes in vain.
    private func answer<Value>(
        _ what: String, _ ticket: Ticket, make: @escaping () -> Value,
        _ event: @escaping (BrokerCore, Result<Value, OpenProblem>) -> Void
    ) -> Result<Value, OpenProblem>? {
        guard !isMuted else { return .failure(Self.problem) }
        switch choices.pick(5) {
        case 0, 1: return .success(make())
        case 2: return choices.isOne(in: 6) ? .failure(Self.problem) : .success(make())
        default:
            openTickets += 1
            later("the opener answers \(ticket.number): \(what)") { [self] in
                guard let core else { return }
                openTickets -= 1
                event(core, choices.isOne(in: 8) ? .failure(Self.problem) : .success(make()))
            }
            return nil
        }
    }

    func openAnew(
        _ capability: Capability, _ rights: Rights, owner: CopyOwner?, for caller: Caller, _ ticket: Ticket
    ) -> Result<any PassableDescriptor, OpenProblem>? {
        answer("\(capability.name) opened", ticket) { [registry] in
            SimDescriptor(registry, capability, rights, owner: owner)
        } _: {
            $0.opened(ticket, $1)
        }
    }

    func hold(_ capability: Capability, _ ticket: Ticket) -> Result<any Holding, OpenProblem>? {
        answer("\(capability.name) held", ticket) { [registry] in
            SimHolding(SimDescriptor(registry, capability, capability.rights))
        } _: {
            $0.held(ticket, $1)
        }
    }

    func mostAhead(_ holding: any Holding, _ capability: Capability, owner: CopyOwner?) -> Int {
        // Half of them are reopened at once.
        capability.document.utf8.count % 2 == 0 ? 3 : 0
    }

    func reopen(
        _ holding: any Holding, _ capability: Capability, _ rights: Rights, owner: CopyOwner?, for caller: Caller,
        _ ticket: Ticket
    ) -> Result<any PassableDescriptor, OpenProblem>? {
        answer("\(capability.name) reopened", ticket) { [registry] in
            SimDescriptor(registry, capability, rights, owner: owner)
        } _: {
            $0.opened(ticket, $1)
        }
    }

    func makePair(
        _ capability: Capability, for caller: Caller?, _ ticket: Ticket
    ) -> Result<PipeEnds, OpenProblem>? {
        answer("\(capability.name) paired", ticket) { [registry] in
            PipeEnds(
                read: SimDescriptor(registry, capability, .read, part: .readEnd),
                write: SimDescriptor(registry, capability, .write, part: .writeEnd))
        } _: {
            $0.paired(ticket, $1)
        }
    }

    func check(
        _ descriptor: any PassableDescriptor, _ holding: (any Holding)?, _ capability: Capability, _ rights: Rights,
        _ delivery: Delivery
    ) -> Result<CheckedDescriptor, OpenProblem> {
        guard !isMuted else { return .failure(Self.problem) }
        return choices.isOne(in: 16) ? .failure(Self.problem) : .success(CheckedDescriptor())
    }

    func readContent(_ descriptor: any PassableDescriptor, _ capability: Capability, for call: OpenCall) {
        guard !isMuted, let descriptor = descriptor as? SimDescriptor else { return }
        later("what \(capability.name) holds is read") { [self] in
            core?.contentRead(call, choices.isOne(in: 8) ? .failure(Self.problem) : .success(descriptor.content))
        }
    }

    func isAbandoned(_ descriptor: any PassableDescriptor, _ side: PipePairs.Side) -> Bool { false }

    func gaveUp(_ capability: Capability, spoiled: OpenProblem?) {}

    func keeps(_ holding: any Holding, _ capability: Capability) {}
}

// MARK: - Holders of leases

extension World: HolderPort {
    private final class Watch: HolderWatch {
        let world: World
        let key: HolderKey
        init(_ world: World, _ key: HolderKey) {
            self.world = world
            self.key = key
        }
        func end() {
            guard let count = world.watched[key] else { return }
            world.watched[key] = count == 1 ? nil : count - 1
        }
    }

    func watch(_ caller: Caller, _ key: HolderKey) -> (any HolderWatch)? {
        isMuted || choices.isOne(in: 12) ? nil : watch(key)
    }

    func watch(_ key: HolderKey) -> (any HolderWatch)? {
        guard !isMuted, let process = processes.first(where: { $0.key == key }), !process.isGone else { return nil }
        watched[key, default: 0] += 1
        return Watch(self, key)
    }

    /// A process ends; who watches it hears of that, some time.
    func exit(_ process: SimProcess) {
        say("process \(process.pid) ends")
        process.isGone = true
        processes.removeAll { $0 === process }
        let key = process.key
        guard watched[key] != nil else { return }
        later("the end of process \(process.pid) is seen") { [self] in
            if watched[key] != nil { core?.exited(key) }
        }
    }
}
