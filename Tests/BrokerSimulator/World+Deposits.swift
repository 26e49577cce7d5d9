// SPDX-License-Identifier: Apache-2.0

import Records
import VaultCore
import VaultModel

/// A deposit that was sent to who takes it.
struct SentTake {
    /// What the taker confirms it by.
    let id: String
    let deposit: String
    let session: Session
}

/// What clients pass in, and what they do with what others have.
extension World {
    /// The first is declared now and then in files, the second by itself.
    static let depositNames = ["d1", "d2", "d3", "d4"]

    func chooseDepositLimits() -> DepositLimits {
        guard hasDeposits else { return depositLimits }
        let most = choices.pick(of: [8, 4])
        depositLimits = DepositLimits(inAll: most, perUser: most / 2 - 1)
        return depositLimits
    }

    func actOnDeposits() {
        switch choices.pick(14) {
        case 0...3: depositSomething()
        case 4...8: openDeposit()
        case 9, 10: confirmSomething()
        case 11: removeSomething()
        case 12: hangUp()
        default: letTimePass(choices.pick(of: [31_000_000, 3_000_000]))
        }
    }

    /// Somebody wants what is there.
    private func openDeposit() {
        guard administration.isServing, !sessions.isEmpty, !ledger.deposits.isEmpty else { return deliver() }
        let session = choices.pick(of: sessions)
        guard session.answers.count + session.waitingCalls < Self.mostCalls, session.caller != nil else {
            return deliver()
        }
        let name = OpenRequest.Name(
            capabilityName(choices.pick(of: ledger.deposits).name), takes: choices.isOne(in: 2))
        open(OpenRequest(choices.isOne(in: 8) ? [name, chooseDeposit()] : [name]), on: session)
    }

    func chooseDeposit() -> OpenRequest.Name {
        OpenRequest.Name(
            capabilityName(choices.pick(of: Self.depositNames)), asked: choices.pick(of: [nil, nil, .read]),
            takes: choices.isOne(in: 2))
    }

    // MARK: Coming

    private func depositSomething() {
        guard administration.isServing, core != nil else { return deliver() }
        if sessions.isEmpty { connect() }
        guard !sessions.isEmpty else { return }
        let session = choices.pick(of: sessions)
        guard session.otherCalls < 4 else { return deliver() }
        takeUp(session) { [self, weak session] in if let session { deposit(on: session) } }
    }

    private func deposit(on session: Session) {
        guard let core, let caller = session.caller else { return }
        var names: [String] = [chooseNameToDeposit()]
        if choices.isOne(in: 4) {
            let other = chooseNameToDeposit()
            if other != names[0] { names.append(other) }
        }
        let requests = names.map { request($0, session) }
        let passed = requests.map { WeakDescriptor(descriptor: $0.descriptor as? SimDescriptor) }
        let isPermitted = requests.allSatisfy { request in
            guard let descriptor = request.descriptor as? SimDescriptor else { return false }
            return checker.permits(.deposit, request.name.text, descriptor.rights, session.process, self)
        }
        depositsUnderWay += names.count
        let answered = answerOnce("a Deposit", session)
        core.deposit(requests, caller) { [self] result in
            guard !isMuted else { return }
            depositsUnderWay -= names.count
            answered()
            guard case .success(let records) = result else {
                return say("  connection \(session.number) deposits nothing: \(result)")
            }
            say("  connection \(session.number) has deposited \(names), records \(records)")
            if !isPermitted { checker.found(.permitted, "\(names) are deposited, and no rule permits it") }
            checker.areHeld(records, passed, self)
        }
    }

    private func chooseNameToDeposit() -> String {
        choices.isOne(in: 12)
            ? choices.pick(of: administration.inForce.capabilities).name.text : choices.pick(of: Self.depositNames)
    }

    private func request(_ name: String, _ session: Session) -> DepositRequest {
        let name = capabilityName(name)
        let rights: Rights = choices.pick(of: [.read, .read, [.read, .write], .use])
        let descriptor = SimDescriptor(
            registry, Capability(name: name, source: .deposit, rights: rights, delivery: .shared, opening: .atStart),
            rights)
        if choices.isOne(in: 6) { descriptor.needs = .directories }
        var request = DepositRequest(
            name: name, descriptor: descriptor, rights: choices.pick(of: [nil, nil, nil, rights, .read]),
            replaces: choices.isOne(in: 2),
            lastsUSec: choices.pick(of: [nil, nil, nil, 400_000, 3_000_000, 20_000_000]))
        request.endsWithHangUp = choices.isOne(in: 4)
        say("connection \(session.number) deposits \(name)\(request.replaces ? " in place of what is there" : "")")
        return request
    }

    /// What a call about deposits does when it is answered.
    private func answerOnce(_ what: String, _ session: Session) -> () -> Void {
        session.otherCalls += 1
        depositCalls += 1
        var isAnswered = false
        return { [self, weak session] in
            if isAnswered { checker.found(.answers, "\(what) is answered twice") }
            isAnswered = true
            session?.otherCalls -= 1
            depositCalls -= 1
        }
    }

    // MARK: Going

    /// What was sent for its taker alone is confirmed at once, or some time, or never.
    func noteTakes(_ call: OpenCall, _ session: Session) {
        for item in call.items {
            guard let taking = item.taking, let deposit = item.entry?.deposit else { continue }
            let take = SentTake(id: taking.id, deposit: deposit.id, session: session)
            sentTakes.append(take)
            if sentTakes.count > 6 { sentTakes.removeFirst() }
            guard choices.isOne(in: 2) else { continue }
            later("connection \(session.number) has what it takes") { [self] in confirm(take, on: session) }
        }
    }

    private func confirmSomething() {
        guard administration.isServing, !sentTakes.isEmpty, !sessions.isEmpty else { return deliver() }
        let take = choices.pick(of: sentTakes)
        confirm(take, on: choices.isOne(in: 6) ? choices.pick(of: sessions) : take.session)
    }

    private func confirm(_ take: SentTake, on session: Session) {
        guard let core, let caller = session.caller, !session.isClosed else { return }
        say("connection \(session.number) confirms \(take.id)")
        let answered = answerOnce("a Confirm", session)
        var isAnswered = false
        let isTakers = checker.mayConfirm(take, session, self)
        core.confirm(take.id, caller) { [self] refusal in
            guard !isMuted else { return }
            isAnswered = true
            answered()
            say("  \(take.id): \(refusal.map { "\($0)" } ?? "it has gone")")
            if isTakers, case .notHeld? = refusal { checker.found(.deposits, "\(take.id) is not its taker's any more") }
            checker.isConfirmed(take, session, refusal, self)
        }
        if !isAnswered { checker.confirms(take, session) }
    }

    private func removeSomething() {
        guard administration.isServing, let core, !sessions.isEmpty else { return deliver() }
        let session = choices.pick(of: sessions)
        let name = capabilityName(choices.pick(of: Self.depositNames))
        guard let caller = session.caller, let entry = core.holdings[name], let deposit = entry.deposit else {
            return deliver()
        }
        say("connection \(session.number) removes \(name)")
        let answered = answerOnce("a Remove", session)
        checker.isToGo(deposit.id)
        core.removeDeposit(entry, caller) { [self] result in
            guard !isMuted else { return }
            answered()
            say("  \(name): \(result)")
            if case .success(let record) = result { checker.isRemoved(deposit.id, record, self) }
        }
    }

    private func hangUp() {
        guard let core, !keptDeposits.isEmpty else { return deliver() }
        let id = choices.pick(of: keptDeposits.sorted())
        say("the other end of \(id) hangs up")
        checker.hangsUp(id)
        _ = core.hungUp(id)
        if core.hungUp(id) != nil { checker.found(.deposits, "a hang-up of \(id) is told twice") }
    }
}

extension World: DepositPort {
    func judge(_ descriptor: any PassableDescriptor) -> Result<JudgedDeposit, InvalidDeposit> {
        guard let own = descriptor as? SimDescriptor, !choices.isOne(in: 12) else {
            return .failure(InvalidDeposit("nobody can hold it"))
        }
        return .success(judged(own))
    }

    func judged(_ own: SimDescriptor) -> JudgedDeposit {
        JudgedDeposit(
            holding: SimHolding(own), type: own.needs.isEmpty ? "pipe" : "directory", rights: own.rights, flags: 0,
            inode: own.description, needs: own.needs)
    }

    func keeps(_ holding: any Holding, id: String) {
        if !keptDeposits.insert(id).inserted { checker.found(.deposits, "\(id) is kept twice") }
        returning.remove(id)
        if !isMuted, let own = (holding as? SimHolding)?.own { manager.keep(own, id) }
    }

    func gaveUp(id: String) {
        let isKnown = keptDeposits.remove(id) != nil || returning.remove(id) != nil
        guard !isMuted else { return }
        if !isKnown { checker.found(.deposits, "\(id) is given up twice") }
        manager.giveUp(id)
    }
}
