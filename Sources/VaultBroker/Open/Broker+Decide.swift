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

    /// Asks for permission to do something, with one name or (`admin`, `audit`) with none; a denial is recorded, and then told.
    /// - Parameter orAdmin: whether who may administer may too.
    func permits(
        _ action: Action, _ name: CapabilityName?, _ caller: Caller, orAdmin: Bool = false,
        denied: @escaping (Refusal) -> Void
    ) -> Bool {
        let moment = Moment.now()
        let decision = core.policy.decide(action, name, caller.identity, moment)
        if decision.isPermitted { return true }
        if orAdmin, core.policy.decide(.admin, nil, caller.identity, moment).isPermitted { return true }
        let denial = Denial(action: action, name: name, asked: nil, decision: decision, moment: moment)
        core.denials.deny(denial, request: core.grants.newRequestID(), caller, denied)
        return false
    }

    func permits(_ action: Action, _ answer: Answer, _ session: Session) -> Bool {
        permits(action, nil, session.caller) { answer.refuse($0) }
    }

    /// The name that a call is about, for whom a rule permits that, or to administer: one call serves both, and a refusal is one
    /// record.
    /// - Returns: nil where it has been answered why not.
    func name(_ text: String, to action: Action, _ answer: Answer, _ session: Session) -> CapabilityName? {
        guard let name = try? CapabilityName(text) else {
            answer.refuse(VarlinkError.invalidParameter("name"))
            return nil
        }
        return permits(action, name, session.caller, orAdmin: true) { answer.refuse($0) } ? name : nil
    }
}
