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
}
