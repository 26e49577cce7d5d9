// SPDX-License-Identifier: Apache-2.0

import Descriptors
import FDHolderProtocol
import Glibc
import Varlink
import VaultCore
import VaultModel

/// The protocol of s6-fdholderd, for clients that speak no other: each request is the call that it would be in Varlink, with the
/// same decision, the same record before the descriptor, and the same limits.
extension Broker {
    /// Takes up what has come in, as ``takeCalls(_:isItsTurn:)`` does: one request at a time.
    func takeRequests(_ session: Session, _ holder: FDHolderSession, isItsTurn: Bool) {
        guard !session.isTurnDue, session.connection.hasInput else { return }
        let uid = session.identity.uid
        var start = SystemClock.bootTimeUSec()
        do {
            repeat {
                guard !session.isClosed, !session.mustClose, phase == .serving,
                    session.takesCalls(unreadLimit: core.turns.unreadLimit(uid))
                else { return }
                noteTurn()
                guard core.turns.mayTake(uid, isItsTurn: isItsTurn, at: start),
                    isItsTurn || !loop.isTimerDue(at: BootTime(microseconds: start))
                else { return wait(session) }
                guard var message = try session.connection.nextMessage() else { return }
                var passed: [HeldDescriptor] = []
                while !message.descriptors.isEmpty { passed.append(HeldDescriptor(message.descriptors.removeLast())) }
                passed.reverse()
                guard isOwn(message.sender, session) else { return endForForeignMessage(session) }
                let isGranting = serve(try FDHolderRequest(message.bytes), passed, session, holder)
                let now = SystemClock.bootTimeUSec()
                core.turns.took(max(1, now - start), calls: 1, uid)
                if !isGranting || !session.isAsking { core.turns.charge(now - start, uid) }
                start = now
            } while session.connection.hasInput
        } catch {
            core.turns.took(max(1, SystemClock.bootTimeUSec() - start), calls: 1, uid)
            endAfterBadMessage(error, session)
        }
    }

    /// - Returns: whether it is to grant something, which is bounded by its records.
    private func serve(
        _ request: FDHolderRequest, _ passed: [HeldDescriptor], _ session: Session, _ holder: FDHolderSession
    ) -> Bool {
        guard let names = configuration.fdHolder else { preconditionFailure("served, and not configured") }
        let isOfDump = if case .dumpData = request { true } else { false }
        guard isOfDump == (holder.dump != nil) else {
            endAfterBadMessage(FDHolderRequest.Malformed.outOfPlace, session)
            return false
        }
        let answer = FDHolderAnswer(
            Answer(session, session.connection.openSlot(), wantsMore: true) { self.pumpSoon($0) }, holder)
        if case .retrieve(let id, let deletes) = request {
            session.asked = answer.base
            retrieve(names.name(id), deletes, answer, session)
            return true
        }
        // What is granted is looked at when it is sent.
        guard isStillThere(session) else { return false }
        session.asked = answer.base
        switch request {
        case .store(let entry): store([entry], passed, names, replaces: false, answer, session)
        case .delete(let id): delete(names.name(id), answer, session)
        case .list: listNames(names, answer, session)
        case .getDump: passEverything(names, answer, session, holder)
        case .setDump(let count): beginDump(count, answer, session, holder)
        case .dumpData(let entries): takeDump(entries, passed, names, answer, session, holder)
        case .retrieve: break
        }
        return false
    }

    private func retrieve(
        _ name: CapabilityName?, _ deletes: Bool, _ answer: FDHolderAnswer, _ session: Session
    ) {
        guard let name else { return answer.fail(ENAMETOOLONG) }
        core.open(OpenRequest([.init(name, takes: deletes)]), reason: nil, session.caller, answer)
    }

    private func delete(_ name: CapabilityName?, _ answer: FDHolderAnswer, _ session: Session) {
        guard let name else { return answer.fail(ENAMETOOLONG) }
        guard permits(.remove, name, session.caller, orAdmin: true, denied: { answer.refuse($0) }) else { return }
        guard let entry = table[name] else { return answer.fail(ENOENT) }
        // What the policy declares is not for clients to delete.
        guard entry.deposit != nil else { return answer.fail(EPERM) }
        core.removeDeposit(entry, session.caller) {
            switch $0 {
            case .success: answer.done()
            case .failure(let refusal): answer.refuse(refusal)
            }
        }
    }

    /// - Parameter replaces: whether they take the place of what has their names. All of them are held, or none.
    private func store(
        _ entries: [FDHolderEntry], _ passed: [HeldDescriptor], _ names: FDHolderNames, replaces: Bool,
        _ answer: FDHolderAnswer, _ session: Session
    ) {
        guard let requests = requests(entries, passed, names, replaces: replaces, answer, session) else { return }
        hold(requests, answer, session)
    }

    /// - Parameter patience: how often it is tried again where a name is only about to be free: to clients of s6 what was retrieved
    ///   and deleted is gone at once, and here when that is recorded.
    private func hold(
        _ requests: [DepositRequest], _ answer: FDHolderAnswer, _ session: Session, patience: Int = 50
    ) {
        let isAboutToBeFree = requests.contains { table[$0.name]?.deposit?.isTaken == true }
        guard !isAboutToBeFree || patience == 0 else {
            let bound = LoopBound((requests: requests, answer: answer, session: session), to: loop)
            _ = loop.timer(after: .microseconds(Self.retryUSec)) { [weak self] in
                self?.assumeIsolated { broker in
                    let (requests, answer, session) = bound.value
                    guard broker.isStillThere(session) else { return }
                    broker.hold(requests, answer, session, patience: patience - 1)
                }
            }
            return
        }
        core.deposit(requests, session.caller) {
            switch $0 {
            case .success: answer.done()
            case .failure(let refusal): answer.refuse(refusal)
            }
        }
    }

    /// - Returns: nil where it has been answered why not.
    private func requests(
        _ entries: [FDHolderEntry], _ passed: [HeldDescriptor], _ names: FDHolderNames, replaces: Bool,
        _ answer: FDHolderAnswer, _ session: Session
    ) -> [DepositRequest]? {
        var requests: [DepositRequest] = []
        let moment = Moment.now()
        for (place, entry) in entries.enumerated() {
            guard let name = names.name(entry.id) else {
                answer.fail(ENAMETOOLONG)
                return nil
            }
            guard passed.count == entries.count else {
                cameWithout(name, answer, session)
                return nil
            }
            requests.append(
                DepositRequest(
                    name: name, descriptor: passed[place], replaces: replaces,
                    lastsUSec: entry.limit.lasts(afterWallUSec: moment.wallUSec)))
        }
        return requests
    }

    /// Fewer descriptors came than the message announces: of one who may deposit nothing the kernel has closed them.
    private func cameWithout(_ name: CapabilityName, _ answer: FDHolderAnswer, _ session: Session) {
        if permits(.deposit, name, session.caller, denied: { answer.refuse($0) }) { answer.fail(EBADF) }
    }

    // MARK: A dump that comes in

    private func beginDump(
        _ count: Int, _ answer: FDHolderAnswer, _ session: Session, _ holder: FDHolderSession
    ) {
        guard count > 0 else { return answer.base.give(FDHolderReply.dumpAwaited(count: 0)) }
        // Before any of them is received: they count as on their way from here on.
        guard count <= min(FDHolderSession.mostDumped, configuration.limits.depositsPerUser),
            let charge = core.charge(count, session.caller)
        else { return answer.fail(ENFILE) }
        holder.dump = .init(count, charge, sinceUSec: SystemClock.bootTimeUSec())
        answer.base.give(FDHolderReply.dumpAwaited(count: count))
    }

    /// Nothing of it is held before all of it has come.
    private func takeDump(
        _ entries: [FDHolderEntry], _ passed: [HeldDescriptor], _ names: FDHolderNames, _ answer: FDHolderAnswer,
        _ session: Session, _ holder: FDHolderSession
    ) {
        guard let dump = holder.dump else { return }
        holder.dump = nil
        guard entries.count <= dump.awaited else {
            return endAfterBadMessage(FDHolderRequest.Malformed.outOfPlace, session)
        }
        guard let requests = requests(entries, passed, names, replaces: true, answer, session) else { return }
        dump.requests += requests
        dump.awaited -= entries.count
        guard dump.awaited > 0 else { return hold(dump.requests, answer, session) }
        holder.dump = dump
        answer.fail(EAGAIN)
    }

    // MARK: What a client is known to have

    /// Looks which of the deposits that were passed to be gone have arrived: these go, on record. What has not stays kept for
    /// the client until it is read, and is there for others when the client ends or has had its time.
    func lookAtTakings(_ session: Session, _ holder: FDHolderSession) {
        guard holder.isWaiting else { return }
        holder.takings.removeAll { $0.call.stage == .withdrawn || $0.call.stage == .refused }
        let sent = holder.takings.filter { $0.call.stage == .sent && !$0.isConfirming }
        if !sent.isEmpty, session.hasArrived() {
            for taking in sent { confirm(taking, session, holder) }
        }
        if holder.isWaiting { pumpLater(session) }
    }

    private func confirm(_ taking: FDHolderSession.Taking, _ session: Session, _ holder: FDHolderSession) {
        guard let id = taking.call.items.first?.taking?.id else { return }
        taking.isConfirming = true
        core.confirm(id, session.caller) { refusal in
            taking.isConfirming = false
            switch refusal {
            // It is tried again, as long as it is kept for this client.
            case .quotaExceeded?, .auditUnavailable?: break
            default: holder.takings.removeAll { $0 === taking }
            }
            self.pumpSoon(session)
        }
    }
}

extension FDHolderRequest.Malformed {
    /// A message that has its place in a dump came outside of one, or another within.
    fileprivate static let outOfPlace = Self(description: "a message of a dump is out of its place")
}
