// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Records
import Varlink
import VaultInterface
import VaultLedger
import VaultModel
import VaultPolicy

/// Asking the policy, and saying no.
extension Broker {
    /// The answer to whoever may not see a name is the same whether or not there is such a thing.
    static let denialText = "not permitted"
    /// How long a denial waits for its record before it is answered without the number, in microseconds.
    static let denialPatienceUSec: Int64 = 1_000_000

    func decision(
        _ action: Action, _ name: CapabilityName?, asked: Rights? = nil, entry: CapabilityEntry? = nil,
        reason: String? = nil, _ session: Session, _ moment: Moment
    ) -> Decision {
        counters.nowUSec = moment.bootUSec
        return policy.compiled.decide(
            request(action, name, asked: asked, entry: entry, reason: reason, session, moment), counters: counters)
    }

    func request(
        _ action: Action, _ name: CapabilityName?, asked: Rights?, entry: CapabilityEntry?, reason: String?,
        _ session: Session, _ moment: Moment
    ) -> DecisionRequest {
        DecisionRequest(
            identity: session.identity, action: action, name: name, asked: asked,
            offered: entry?.capability.rights ?? .all, hasReason: reason != nil, wallUSec: moment.wallUSec,
            bootUSec: moment.bootUSec, clockIsTrusted: isTrusted(moment))
    }

    /// Whether this caller may see that the name exists.
    func maySee(_ name: CapabilityName, _ session: Session, _ moment: Moment = .now()) -> Bool {
        decision(.list, name, session, moment).isPermitted
    }

    /// Asks for permission to do something that is not about one name (`admin`, `audit`); a denial is recorded and answered.
    func permits(_ action: Action, _ answer: Answer, _ session: Session) -> Bool {
        let moment = Moment.now()
        let decision = decision(action, nil, session, moment)
        if decision.isPermitted { return true }
        deny(
            Denial(action: action, name: nil, asked: nil, decision: decision, moment: moment),
            request: newRequestID(), answer, session)
        return false
    }

    /// Asks again in the middle of an answer that takes long: what has changed since holds for all that is still to be
    /// sent. A denial is recorded before it is told.
    func stillPermits(_ action: Action, _ session: Session) async throws(VarlinkError) {
        let moment = Moment.now()
        let decision = decision(action, nil, session, moment)
        if decision.isPermitted { return }
        var index: UInt64?
        if recording.isWorking, admitDenial(action.rawValue, session.identity.uid, moment) {
            let denial = Denial(action: action, name: nil, asked: nil, decision: decision, moment: moment)
            index = try? await record(.deny(denialRecord(denial, request: newRequestID(), session)), at: moment)
        }
        throw BrokerError.denied(name: "", record: index.map(Int.init), message: Self.denialText).varlinkError
    }

    // MARK: Denials

    /// Records a denial and answers it: after the commit, or without a record number when the log has not committed for a
    /// second, when it cannot be written, or when the uid has had its share of records.
    func deny(_ denial: Denial, request: String, _ answer: Answer, _ session: Session) {
        let moment = denial.moment
        let (text, retryAfter) = denialText(denial, session)
        let refusal = { (record: UInt64?) in
            BrokerError.denied(
                name: denial.name?.text ?? "", record: record.map(Int.init), message: text, retryAfterUSec: retryAfter)
        }
        guard recording.isWorking, admitDenial(denial.action.rawValue, session.identity.uid, moment) else {
            return answer.refuse(refusal(nil))
        }
        let index = recording.nextIndex
        append(
            .deny(denialRecord(denial, request: request, session)), at: moment,
            waiter: .then { answer.refuse(refusal($0 == .committed ? index : nil)) })
        impatient.append(
            Impatient(answer: answer, refusal: refusal(nil), untilUSec: moment.bootUSec + Self.denialPatienceUSec))
    }

    private func denialRecord(_ denial: Denial, request: String, _ session: Session) -> Record.Denial {
        .init(
            request: request, policy: policy.stamp, peer: session.peerText,
            capability: denial.name.map { CapabilityText(name: $0.text, rights: denial.asked?.words) },
            rules: denial.decision.rules, failed: denial.decision.failed, failedMore: denial.decision.failedMore,
            reason: denial.reason, action: denial.action.rawValue, why: denial.decision.why.rawValue,
            chargedBefore: denial.chargedBefore)
    }

    /// Answers the denials whose records have taken too long; their records come all the same.
    func answerImpatient(_ nowUSec: Int64) {
        impatient.removeAll { denial in
            if denial.untilUSec <= nowUSec { denial.answer.refuse(denial.refusal) }
            return denial.answer.isGiven
        }
    }

    /// Counts a denial; `false` when it is folded into a summary.
    func admitDenial(_ kind: String, _ uid: UInt32, _ moment: Moment) -> Bool {
        denials.admit(uid: uid, kind: kind, bootUSec: moment.bootUSec, wallUSec: moment.wallUSec)
    }

    /// What the caller may know, and in how long there is room again for what is used up.
    private func denialText(_ denial: Denial, _ session: Session) -> (String, retryAfterUSec: Int?) {
        guard let name = denial.name, maySee(name, session, denial.moment) else { return (Self.denialText, nil) }
        if let hint = denial.hint { return ("\(Self.denialText): \(hint)", nil) }
        let text = "\(Self.denialText): \(denial.decision.why.explanation)"
        guard denial.decision.why == .usedUp, let usedUp = denial.decision.usedUp else { return (text, nil) }
        guard let again = usedUp.againBootUSec else { return ("\(text) (\(usedUp.limit))", nil) }
        let wait = max(0, again - denial.moment.bootUSec)
        let at = TimeText.text((denial.moment.advanced(byUSec: wait).wallUSec / 1_000_000 + 1) * 1_000_000)
        return ("\(text) (\(usedUp.limit)); again at \(at)", Int(wait))
    }

    /// Whether the uid may write so many more records in this second.
    func admit(records: Int, _ session: Session) -> Bool {
        pace.admit(
            records, uid: session.identity.uid, limit: configuration.limits.recordsPerUser,
            bootUSec: SystemClock.bootTimeUSec())
    }
}

/// A denial that waits for its record.
struct Impatient {
    let answer: Answer
    /// The answer without a record number.
    let refusal: BrokerError
    /// When to stop waiting (boot clock).
    let untilUSec: Int64
}

extension Decision.Reason {
    /// For one who may see the capability.
    var explanation: String {
        switch self {
        case .permitted: "permitted, but it cannot be delivered so"
        case .forbidden: "a rule forbids it"
        case .noPermit: "no rule permits it"
        case .rightsExceeded: "more rights were asked than may be had"
        case .outsideTimes: "no rule permits it at this time"
        case .reasonRequired: "a reason has to be given"
        case .usedUp: "what the rule allows is used up"
        }
    }
}
