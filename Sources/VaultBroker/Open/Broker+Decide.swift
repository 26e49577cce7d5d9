// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Varlink
import VaultCore
import VaultInterface
import VaultModel
import VaultPolicy

/// Asking the policy for what is not an `Open`.
extension Broker {
    func decision(_ action: Action, _ name: CapabilityName?, _ session: Session, _ moment: Moment) -> Decision {
        core.policy.decide(action, name, session.identity, moment)
    }

    /// Asks for permission to do something that is not about one name (`admin`, `audit`); a denial is recorded and answered.
    func permits(_ action: Action, _ answer: Answer, _ session: Session) -> Bool {
        let moment = Moment.now()
        let decision = decision(action, nil, session, moment)
        if decision.isPermitted { return true }
        deny(Denial(action: action, name: nil, asked: nil, decision: decision, moment: moment), answer, session)
        return false
    }

    func deny(_ denial: Denial, _ answer: Answer, _ session: Session) {
        core.denials.deny(denial, request: core.grants.newRequestID(), session.caller) { answer.refuse($0) }
    }

    /// Asks again in the middle of an answer that takes long: what has changed since holds for all that is still to be
    /// sent. A denial is recorded before it is answered.
    func stillPermits(_ action: Action, _ session: Session) async throws(VarlinkError) {
        let moment = Moment.now()
        let decision = decision(action, nil, session, moment)
        if decision.isPermitted { return }
        let denial = Denial(action: action, name: nil, asked: nil, decision: decision, moment: moment)
        var index: UInt64?
        if journal.isWorking, core.denials.admit(action.rawValue, session.identity.uid, moment) {
            let next = journal.nextIndex
            let outcome = await withCheckedContinuation { continuation in
                _ = core.denials.record(
                    denial, core.grants.newRequestID(), session.caller,
                    waiter: .then { continuation.resume(returning: $0) })
            }
            if outcome == .committed { index = next }
        }
        throw BrokerError.denied(name: "", record: index.map(Int.init), message: Refusal.denialText).varlinkError
    }
}
