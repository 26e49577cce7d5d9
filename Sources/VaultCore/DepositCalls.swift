// SPDX-License-Identifier: Apache-2.0

import Records
import VaultModel
import VaultPolicy

/// One descriptor that a client passes in, to be held under a name.
package struct DepositRequest {
    package var name: CapabilityName
    package var descriptor: any PassableDescriptor
    /// What the client says that it carries; nil: what it does.
    package var rights: Rights?
    /// Whether what is deposited under the name goes.
    package var replaces: Bool
    /// After how long it goes by itself, in microseconds; nil: it stays.
    package var lastsUSec: Int64?
    /// The name that it is to have with the program that gets it.
    package var fdName: String?
    /// Whether it goes when its other end hangs up.
    package var endsWithHangUp: Bool

    package init(
        name: CapabilityName, descriptor: any PassableDescriptor, rights: Rights? = nil, replaces: Bool = false,
        lastsUSec: Int64? = nil, fdName: String? = nil, endsWithHangUp: Bool = false
    ) {
        self.endsWithHangUp = endsWithHangUp
        self.name = name
        self.descriptor = descriptor
        self.rights = rights
        self.replaces = replaces
        self.lastsUSec = lastsUSec
        self.fdName = fdName
    }
}

/// `Deposit`, `Confirm` and the removal of what was deposited: permission → existence → look at it → commit the record → hold
/// it, or let it go.
extension BrokerCore {
    /// One name of a `Deposit` that may be held.
    private struct Place {
        let request: DepositRequest
        let judged: JudgedDeposit
        let decision: Decision
        let charge: Charge
        /// What it comes in the place of.
        let former: CapabilityEntry?

        var rule: String { decision.charged?.id ?? "" }
    }

    /// Holds what a client passes in, all or nothing.
    /// - Parameter answer: hears the indices of the records when they are durable.
    package func deposit(
        _ requests: [DepositRequest], _ caller: Caller, _ answer: @escaping (Result<[UInt64], Refusal>) -> Void
    ) {
        let request = grants.newRequestID()
        let moment = loop.now()
        var places: [Place] = []
        for asked in requests {
            switch place(asked, moment, caller) {
            case .success(let place):
                // It counts from here on, so that the names of one call use up what a rule allows for each other.
                deposits.begins(asked.name, rule: place.rule, uid: caller.identity.uid)
                places.append(place)
            case .failure(.refused(let refusal)):
                void(places, caller)
                return answer(.failure(refusal))
            case .failure(.denied(let denial)):
                void(places, caller)
                return denials.deny(denial, request: request, caller) { answer(.failure($0)) }
            }
        }
        if let failure = journal.failure {
            void(places, caller)
            return answer(.failure(.auditUnavailable(message: failure)))
        }
        guard grants.admit(records: places.count, caller) else {
            void(places, caller)
            return answer(.failure(grants.tooManyRecords))
        }
        record(places, request, moment, caller, answer)
    }

    private func void(_ places: [Place], _ caller: Caller) {
        for place in places {
            deposits.voided(place.request.name, rule: place.rule, uid: caller.identity.uid)
            if let former = place.former { deposits.stays(former) }
        }
    }

    private enum NotDeposited: Error {
        case denied(Denial)
        case refused(Refusal)
    }

    private func place(
        _ asked: DepositRequest, _ moment: Moment, _ caller: Caller
    ) -> Result<Place, NotDeposited> {
        let name = asked.name
        func decide(_ rights: Rights?) -> Decision {
            policy.decide(.deposit, name, asked: rights, offered: rights, caller.identity, moment)
        }
        func denied(_ action: Action, _ rights: Rights?, _ decision: Decision) -> Result<Place, NotDeposited> {
            .failure(
                .denied(Denial(action: action, name: name, asked: rights, decision: decision, moment: moment)))
        }
        func invalid(_ message: String) -> Result<Place, NotDeposited> {
            .failure(.refused(.invalidDescriptor(name: name.text, message: message)))
        }
        let first = decide(asked.rights)
        guard first.isPermitted else { return denied(.deposit, asked.rights, first) }
        if deposits.isPending(name) { return .failure(.refused(.busy)) }
        var former = holdings[name]
        if let entry = former, let deposit = entry.deposit, !deposit.lasts(at: moment) {
            deposits.end(entry, .time)
            former = nil
        }
        if let former {
            guard let deposit = former.deposit, asked.replaces else {
                return .failure(.refused(.nameTaken(name: name.text)))
            }
            if deposit.uid != caller.identity.uid {
                let decision = policy.decide(.remove, name, caller.identity, moment)
                guard decision.isPermitted else { return denied(.remove, nil, decision) }
            }
            guard !deposit.isBusy else { return .failure(.refused(.busy)) }
        }
        // Before it is looked at: who has all that it may costs no more than the refusal.
        guard let charge = deposits.charge(caller, replacing: former?.deposit) else {
            return .failure(.refused(.quotaExceeded(limit: "deposits-per-uid")))
        }
        let judged: JudgedDeposit
        switch deposits.judge(asked.descriptor) {
        case .success(let found): judged = found
        case .failure(let problem): return invalid(problem.message)
        }
        if let rights = asked.rights, rights != judged.rights {
            return invalid(
                "it carries the rights \(judged.rights), and is handed out as it is: ask for these, or for none")
        }
        let decision = decide(judged.rights)
        guard decision.isPermitted, let charged = decision.charged else {
            return denied(.deposit, judged.rights, decision)
        }
        let missing = judged.needs.subtracting(charged.conditions.depositsToo)
        guard missing.isEmpty else {
            return invalid(
                "it is a \(judged.type), and the rule '\(charged.id)' does not say \(missing.words[0]): yes")
        }
        return .success(Place(request: asked, judged: judged, decision: decision, charge: charge, former: former))
    }

    private func record(
        _ places: [Place], _ request: String, _ moment: Moment, _ caller: Caller,
        _ answer: @escaping (Result<[UInt64], Refusal>) -> Void
    ) {
        let generation = policy.generation
        var stored: [StoredDeposit] = []
        for (number, place) in places.enumerated() {
            let deposit = new(place, moment, caller)
            stored.append(deposit)
            var record = Record.Deposit(
                request: request, policy: policy.stamp, peer: caller.peerText,
                capability: CapabilityText(
                    name: deposit.name, kind: CapabilityKind.deposit.rawValue, rights: deposit.rights,
                    delivery: Delivery.shared.rawValue),
                rules: place.decision.rules, charged: place.rule,
                deposit: Record.DepositText(
                    id: deposit.id, type: deposit.type, expiresUSec: deposit.expiresUSec,
                    replaces: place.former?.deposit?.id),
                opened: place.judged.opened)
            record.rulesMore = place.decision.rulesMore
            if let former = place.former { deposits.goes(former) }
            var gone = place.former?.deposit.map { [StateChange.depositRemoved(id: $0.id)] } ?? []
            if isPlanted(.replacedKeptInTable) { gone = [] }
            let waiter = Journal.Waiter.then { [self] outcome in
                guard outcome == .committed else {
                    void(places, caller)
                    return answer(.failure(unrecorded))
                }
                answer(hold(places, stored, generation, caller))
            }
            journal.append(
                .deposit(record), at: moment, changes: gone + [.depositAdded(deposit)],
                waiter: number == places.count - 1 ? waiter : nil)
        }
    }

    private func new(_ place: Place, _ moment: Moment, _ caller: Caller) -> StoredDeposit {
        let expires = place.request.lastsUSec.map { moment.advanced(byUSec: $0) }
        return StoredDeposit(
            id: "\(grants.runID)-\(journal.nextIndex)", record: journal.nextIndex, name: place.request.name.text,
            rights: place.judged.rights.words, type: place.judged.type, flags: place.judged.flags,
            inode: place.judged.inode, uid: caller.identity.uid, user: caller.identity.userName, rule: place.rule,
            fdName: place.request.fdName, endsWithHangUp: place.request.endsWithHangUp, bootID: bootID,
            depositedUSec: moment.wallUSec, expiresBootUSec: expires?.bootUSec, expiresUSec: expires?.wallUSec)
    }

    /// The records are durable. What was decided is looked at again: the policy may have changed meanwhile.
    private func hold(
        _ places: [Place], _ stored: [StoredDeposit], _ generation: UInt64, _ caller: Caller
    ) -> Result<[UInt64], Refusal> {
        var refusal: (Refusal, DepositEnd)?
        for place in places where generation != policy.generation {
            let name = place.request.name
            if let entry = holdings[name], entry.deposit == nil {
                refusal = (.nameTaken(name: name.text), .declared)
            } else if !policy.decideUnused(
                .deposit, name, asked: place.judged.rights, offered: place.judged.rights, hasReason: false,
                caller.identity, loop.now()
            ).isPermitted {
                refusal = refusal ?? (.denied(name: name.text, record: nil), .revoked)
            }
        }
        for (place, deposit) in zip(places, stored) {
            // The log says that it came in its place, whatever follows.
            if let former = place.former { deposits.leave(former) }
            guard let (_, why) = refusal else {
                deposits.begin(place.request.name, deposit, place.judged, place.charge)
                continue
            }
            deposits.voided(place.request.name, rule: place.rule, uid: caller.identity.uid)
            deposits.gone(deposit, why)
        }
        if let (refusal, _) = refusal { return .failure(refusal) }
        return .success(stored.map(\.record))
    }

    // MARK: Going

    /// Who took a deposit has its descriptor; nil: that is durable, and the deposit is not held any more.
    package func confirm(_ id: String, _ caller: Caller, _ answer: @escaping (Refusal?) -> Void) {
        guard let entry = deposits.taken(id, by: caller), let deposit = entry.deposit else {
            return answer(.notHeld(lease: id))
        }
        if let refusal = refusesRecord(caller) { return answer(refusal) }
        deposits.confirm(entry)
        let waiter = Journal.Waiter.then { [self] outcome in
            guard outcome == .committed else {
                return deposits.isUnsure(entry) { [self] in answer($0 ? nil : unrecorded) }
            }
            deposits.confirmed(entry)
            answer(nil)
        }
        journal.append(
            .takeConfirm(
                Record.DepositEnd(
                    entry, deposit, request: grants.newRequestID(), policy: policy.stamp, peer: caller.peerText)),
            changes: [.depositRemoved(id: deposit.id)], waiter: waiter)
        if isPlanted(.goneBeforeConfirmed) { deposits.confirmed(entry) }
    }

    /// Lets go of what is deposited under a name, for who may remove it.
    /// - Parameter answer: hears the index of the record when it is durable; then it is gone.
    package func removeDeposit(
        _ entry: CapabilityEntry, _ caller: Caller, _ answer: @escaping (Result<UInt64, Refusal>) -> Void
    ) {
        guard let deposit = entry.deposit, !deposit.isBusy else { return answer(.failure(.busy)) }
        if let refusal = refusesRecord(caller) { return answer(.failure(refusal)) }
        deposits.goes(entry)
        let index = journal.nextIndex
        let waiter = Journal.Waiter.then { [self] outcome in
            guard outcome == .committed else {
                deposits.stays(entry)
                return answer(.failure(unrecorded))
            }
            deposits.leave(entry)
            answer(.success(index))
        }
        journal.append(
            .remove(
                Record.DepositEnd(
                    entry, deposit, request: grants.newRequestID(), policy: policy.stamp, peer: caller.peerText,
                    why: DepositEnd.asked.rawValue)),
            changes: [.depositRemoved(id: deposit.id)], waiter: waiter)
    }

    /// The other end of a deposit has hung up.
    /// - Returns: what it is, if that is news.
    package func hungUp(_ id: String) -> CapabilityEntry? {
        guard let entry = deposits.hungUp(id), let deposit = entry.deposit else { return nil }
        if journal.isWorking { journal.append(.hangUp(Record.DepositEnd(entry, deposit))) }
        if deposit.endsWithHangUp { deposits.end(entry, .hungUp) }
        return entry
    }
}
