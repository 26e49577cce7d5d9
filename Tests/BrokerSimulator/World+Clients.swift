// SPDX-License-Identifier: Apache-2.0

import VaultCore
import VaultModel

/// What clients do, and how their answers leave.
extension World {
    static let programs = ["/usr/bin/one", "/usr/bin/two"]
    static let uids: [UInt32] = [1_000, 1_001, 1_002]
    private static let mostSessions = 5
    static let mostCalls = 6

    func connect() {
        guard administration.isServing, sessions.count < Self.mostSessions else { return deliver() }
        nextSession += 1
        // Some processes have several connections.
        let process: SimProcess
        if !processes.isEmpty, choices.isOne(in: 3) {
            process = choices.pick(of: processes)
        } else {
            nextPid += 1
            process = SimProcess(
                uid: choices.pick(of: Self.uids), pid: nextPid, program: choices.pick(of: Self.programs))
            processes.append(process)
        }
        say("connection \(nextSession) of process \(process.pid), uid \(process.uid)")
        let session = Session(self, number: nextSession, process)
        session.isReading = !choices.isOne(in: 4)
        guard let core, let caller = session.caller else { return }
        sessions.append(session)
        guard core.begin(caller) else {
            say("  there is no place for it")
            session.end()
            return sessions.removeAll { $0 === session }
        }
    }

    func openSomething() {
        guard administration.isServing, core != nil else { return deliver() }
        if sessions.isEmpty { connect() }
        guard !sessions.isEmpty else { return }
        let session = choices.pick(of: sessions)
        guard session.answers.count + session.waitingCalls < Self.mostCalls, session.caller != nil else {
            return deliver()
        }
        open(on: session)
        // Who does not read asks for more all the same.
        while !session.isReading, !session.isClosed, session.answers.count + session.waitingCalls < Self.mostCalls,
            choices.pick(4) > 0
        {
            open(on: session)
        }
    }

    private func open(on session: Session) {
        let count = choices.isOne(in: 3) ? 2 + choices.pick(3) : 1
        // Mostly a client asks for what it asked for before.
        let asked =
            session.opened.flatMap { choices.isOne(in: hasPlainRules ? 8 : 3) ? nil : $0 }
            ?? (choices.isOne(in: 6) ? chooseContent() : OpenRequest((0..<count).map { _ in chooseName() }))
        open(asked, on: session)
    }

    func open(_ asked: OpenRequest, on session: Session) {
        let names = asked.names
        session.opened = asked
        let reason = choices.isOne(in: 3) ? "because" : nil
        let told = names.map { "\($0.takes ? "(to take) " : "")\($0.name) \($0.asked?.description ?? "any")" }
        say("connection \(session.number) \(asked.takesContent ? "reads" : "opens") \(told)")
        takeUp(session) { [self, weak session] in
            guard let core, let session, let caller = session.caller else { return }
            let answer = SimAnswer(self, session, names: names, hasReason: reason != nil)
            session.answers.append(answer)
            core.open(asked, reason: reason, caller, answer)
        }
    }

    private func chooseName() -> OpenRequest.Name {
        guard !choices.isOne(in: 16) else { return .init(capabilityName("nothing")) }
        if hasDeposits, choices.isOne(in: 2) { return chooseDeposit() }
        let capability = choices.pick(of: administration.inForce.capabilities)
        switch capability.source {
        case .pipe, .fifo: return .init(capability.name, asked: choices.pick(of: [.read, .write, .read, .write, nil]))
        default: return .init(capability.name, asked: choices.pick(of: [nil, nil, .read, .write]))
        }
    }

    /// Mostly of what can be read.
    private func chooseContent() -> OpenRequest {
        let all = administration.inForce.capabilities
        let readable = all.filter { $0.hintOfContent == nil }
        return OpenRequest(contentOf: choices.pick(of: readable.isEmpty || choices.isOne(in: 8) ? all : readable).name)
    }

    func disturbSession() {
        guard !sessions.isEmpty else { return deliver() }
        let session = choices.pick(of: sessions)
        switch choices.pick(4) {
        case 0:
            session.isReading = true
            // So does, with another, who was left with something.
            if !left.isEmpty { choices.pick(of: left).unread.isReading = true }
        case 1: session.isReading = false
        case 2:
            say("connection \(session.number) ends")
            close(session)
        default: letTimePass()
        }
    }

    func close(_ session: Session, reason: DeliveryLog.Reason? = nil) {
        guard !session.isClosed else { return }
        session.isClosed = true
        // The client may read on, or not.
        if session.unread.messages > 0 { left.append((session.process.uid, session.unread)) }
        if let caller = session.caller { core?.closed(caller, reason: reason) }
        session.end()
        sessions.removeAll { $0 === session }
    }

    func disturbProcess() {
        guard !processes.isEmpty else { return deliver() }
        let process = choices.pick(of: processes)
        if choices.isOne(in: 3) {
            say("process \(process.pid) runs another program")
            process.hasChanged = true
        } else {
            exit(process)
            for session in sessions where session.process === process {
                later("the end of connection \(session.number) is seen") { [self] in close(session) }
            }
        }
    }

    func renewOrRelease() {
        guard administration.isServing, let core, !sessions.isEmpty else { return deliver() }
        let session = choices.pick(of: sessions)
        let leases = ledger.leases.filter { $0.pid == session.process.pid }
        guard let caller = session.caller, !leases.isEmpty else { return deliver() }
        let id = choices.pick(of: leases).id
        session.otherCalls += 1
        var isAnswered = false
        let answered = { [checker, weak session] in
            if isAnswered { checker.found(.answers, "a call about a lease is answered twice") }
            isAnswered = true
            session?.otherCalls -= 1
        }
        if choices.isOne(in: 2) {
            say("connection \(session.number) releases \(id)")
            core.release(id, caller) { _ in answered() }
        } else {
            say("connection \(session.number) renews \(id)")
            let isOver = core.leases[id]?.expires.map { $0.bootUSec <= bootUSec } ?? false
            core.renew(id, caller) { [checker] result in
                if isOver, case .success = result { checker.found(.leases, "\(id) had expired, and is renewed") }
                answered()
            }
        }
    }

    // MARK: Sending

    func pumpSoon(_ session: Session) {
        guard !isMuted, !session.isPumpDue, !session.isClosed else { return }
        session.isPumpDue = true
        let isFirst = !sessions.contains { $0 !== session && $0.isPumpDue }
        guard isFirst else { return }
        afterTurn.append { [self] in
            // In an order that does not depend on where in memory they lie.
            for session in sessions where session.isPumpDue {
                session.isPumpDue = false
                pump(session)
            }
        }
    }

    func retry(_ session: Session) {
        let label = "connection \(session.number) is looked at again"
        guard !events.contains(where: { $0.label == label }) else { return }
        later(label) { [self] in pump(session) }
    }

    /// Sends what may be sent, in the order of the calls.
    private func pump(_ session: Session) {
        guard !session.isClosed, let core, let caller = session.caller else { return }
        var passings: [(call: UInt64, failure: String?)] = []
        var isFailed = false
        flush: while let answer = session.answers.first {
            switch answer.state {
            case .waiting, .given: break flush
            case .refused(let refusal): leave(answer, session, refusal)
            case .granted(let call):
                switch core.verdict(call.number, caller) {
                case .hold: break flush
                case .refuse(let refusal): leave(answer, session, refusal)
                case .refuseAndEnd(let refusal):
                    leave(answer, session, refusal)
                    isFailed = true
                case .send:
                    switch choices.pick(16) {
                    case 14:
                        say("  connection \(session.number): too many descriptors are in flight")
                        core.sessions.waits(caller)
                        break flush
                    case 15:
                        say("  connection \(session.number): sendmsg fails")
                        for case .granted(let call) in session.answers.map(\.state) {
                            passings.append((call.number, "ECONNRESET"))
                        }
                        isFailed = true
                        break flush
                    default:
                        checker.sends(call, answer, session, self)
                        if hasDeposits { noteTakes(call, session) }
                        if !call.asked.takesContent { session.unread.sent(call.items.count) }
                        passings.append((call.number, nil))
                        noteGrants(call, session)
                        answer.leaves()
                        session.answers.removeFirst()
                    }
                }
            }
        }
        for passing in passings { core.passed(passing.call, caller, failure: passing.failure) }
        if isFailed { close(session) }
    }

    private func leave(_ answer: SimAnswer, _ session: Session, _ refusal: Refusal) {
        say("  connection \(session.number) is refused: \(refusal)")
        answer.leaves()
        session.answers.removeFirst()
    }
}
