// SPDX-License-Identifier: Apache-2.0

import Processes
import Varlink
import VaultCore
import VaultInterface
import VaultModel
import VaultPolicy

/// Who calls, at every call and in the turn of every effect: a connection is only where words come from. Whoever inherited
/// it may have the pid by now of the process that made it, that process may have given up its user, and what it was
/// permitted may have been taken away while it waited.
extension Broker {
    /// Whether the process at the other end lives and has the ids with which it connected. Where not, that is recorded, and
    /// the connection is ended.
    func isStillThere(_ session: Session) -> Bool {
        guard !session.isClosed else { return false }
        guard case .refused(let refusal) = identification.recheck(session.peer, using: []) else { return true }
        recordRefusal("identity", "\(refusal)", session)
        close(session)
        return false
    }

    /// Asks again, right before an effect or an answer, what was asked when the call came: what has changed since holds for
    /// all that is still to be done or sent. When this returns nobody else has had a turn since it looked last. A denial is
    /// recorded before it is answered.
    func stillPermits(_ actions: [Action], _ session: Session) async throws(VarlinkError) {
        var seenByOpener: ProcessFactKinds = []
        while true {
            guard isStillThere(session) else { throw Self.denied(nil) }
            let moment = Moment.now()
            var kinds: SelectorKinds = []
            for action in actions {
                let decision = decision(action, nil, session, moment)
                guard decision.isPermitted else { throw await denied(action, decision, session, moment) }
                kinds.formUnion(decision.kinds)
            }
            let facts = ProcessFactKinds(kinds).subtracting(seenByOpener)
            switch identification.recheck(session.peer, using: facts) {
            case .unchanged:
                return
            case .needsOpener(let facts):
                guard let now = await inspect(session.peer, facts),
                    now.differences(from: session.peer.facts, among: facts).isEmpty
                else { throw changed(session) }
                seenByOpener.formUnion(facts)
            case .changed, .refused:
                throw changed(session)
            }
        }
    }

    /// The same without waiting for anybody: whether one of these is permitted now, to the process that connected. What only
    /// the opener can see it has seen when the call was taken up.
    func permitsNow(_ rights: [Author.Right], _ session: Session) -> Bool {
        guard !session.isClosed else { return false }
        let moment = Moment.now()
        return rights.contains { right in
            let decision = decision(right.action, right.name, session, moment)
            guard decision.isPermitted else { return false }
            switch identification.recheck(session.peer, using: ProcessFactKinds(decision.kinds)) {
            case .unchanged, .needsOpener: return true
            case .changed, .refused: return false
            }
        }
    }

    /// The process is another program than the one that a rule trusted, or has left what the rule names: it hears that, and the
    /// connection ends.
    private func changed(_ session: Session) -> VarlinkError {
        recordRefusal("identity", "the process is not any more what the deciding rule names", session)
        session.mustClose = true
        return Self.denied(nil)
    }

    private func denied(
        _ action: Action, _ decision: Decision, _ session: Session, _ moment: Moment
    ) async -> VarlinkError {
        let denial = Denial(action: action, name: nil, asked: nil, decision: decision, moment: moment)
        core.denials.count(denial)
        guard journal.isWorking, core.denials.admit(action.rawValue, session.identity.uid, moment) else {
            return Self.denied(nil)
        }
        let index = journal.nextIndex
        let outcome = await withCheckedContinuation { continuation in
            _ = core.denials.record(
                denial, core.grants.newRequestID(), session.caller,
                waiter: .then { continuation.resume(returning: $0) })
        }
        return Self.denied(outcome == .committed ? index : nil)
    }

    /// What is answered to who is not permitted any more.
    static func denied(_ record: UInt64?) -> VarlinkError {
        BrokerError.denied(name: "", record: record.map(Int.init), message: Refusal.denialText).varlinkError
    }
}
