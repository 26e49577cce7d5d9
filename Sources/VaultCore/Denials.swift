// SPDX-License-Identifier: Apache-2.0

import Records
import VaultModel
import VaultPolicy

/// A call that the policy does not permit, on its way to its record and its answer.
package struct Denial {
    package let action: Action
    /// nil for what is not about a name.
    package let name: CapabilityName?
    package let asked: Rights?
    package let decision: Decision
    /// The moment that was decided for: its record has that time, so that the decision can be made again.
    package let moment: Moment
    /// The reason that the caller gave.
    package var reason: String?
    /// What the caller can do about it; only a caller who may see the name is answered so.
    package var hint: String?
    /// What the names before this one in the same call would have been charged, by rule. They were not granted either.
    package var chargedBefore: [String: Int] = [:]

    package init(
        action: Action, name: CapabilityName?, asked: Rights?, decision: Decision, moment: Moment,
        reason: String? = nil,
        hint: String? = nil, chargedBefore: [String: Int] = [:]
    ) {
        self.action = action
        self.name = name
        self.asked = asked
        self.decision = decision
        self.moment = moment
        self.reason = reason
        self.hint = hint
        self.chargedBefore = chargedBefore
    }
}

/// Saying no: a denial is recorded, then answered; beyond a measure denials are counted together, and who is denied does
/// not wait for a log that does not answer.
package final class Denials {
    /// How long a denial waits for its record before it is answered without the number, in microseconds.
    private static let patienceUSec: Int64 = 1_000_000

    private struct Impatient {
        let state: State
        let untilUSec: Int64
    }

    /// One denial: it is answered once, by the commit or for want of patience.
    private final class State {
        private var answer: ((Refusal) -> Void)?
        private let refusal: (UInt64?) -> Refusal
        init(_ refusal: @escaping (UInt64?) -> Refusal, _ answer: @escaping (Refusal) -> Void) {
            self.refusal = refusal
            self.answer = answer
        }
        var isAnswered: Bool { answer == nil }
        func refuse(_ record: UInt64?) {
            answer?(refusal(record))
            answer = nil
        }
    }

    private let journal: Journal
    private let policy: PolicyRoom
    private var fold = DenialFold()
    private var impatient: [Impatient] = []
    /// How many there were, for each reason; permitted is what cannot be delivered so.
    package private(set) var counts: [Decision.Reason: UInt64] = [:]

    package init(journal: Journal, policy: PolicyRoom) {
        self.journal = journal
        self.policy = policy
    }

    /// Records a denial and answers it: after the commit, or without a record number when the log has not committed for a
    /// second, when it cannot be written, or when the uid has had its share of records.
    package func deny(
        _ denial: Denial, request: String, _ caller: Caller, _ answer: @escaping (Refusal) -> Void
    ) {
        count(denial)
        let (text, retryAfter) = text(denial, caller.identity)
        let name = denial.name?.text ?? ""
        let state = State(
            { .denied(name: name, record: $0, message: text, retryAfterUSec: retryAfter) }, answer)
        guard journal.isWorking, admit(denial.action.rawValue, caller.identity.uid, denial.moment) else {
            return state.refuse(nil)
        }
        let index = journal.nextIndex
        record(denial, request, caller, waiter: .then { state.refuse($0 == .committed ? index : nil) })
        impatient.append(Impatient(state: state, untilUSec: denial.moment.bootUSec + Self.patienceUSec))
    }

    /// Counts one that is not answered here.
    package func count(_ denial: Denial) { counts[denial.decision.why, default: 0] += 1 }

    /// Appends the record of a denial. Call only while the log can be written.
    @discardableResult
    package func record(
        _ denial: Denial, _ request: String, _ caller: Caller, waiter: Journal.Waiter? = nil
    ) -> UInt64 {
        journal.append(
            .deny(Record.Denial(denial, request: request, policy: policy.stamp, caller)), at: denial.moment,
            waiter: waiter)
    }

    /// Answers the denials whose records have taken too long; their records come all the same.
    package func answerImpatient(_ bootUSec: Int64) {
        impatient.removeAll { denial in
            if denial.untilUSec <= bootUSec { denial.state.refuse(nil) }
            return denial.state.isAnswered
        }
    }

    /// Counts a denial, or what else was refused; `false` when it is folded into a summary.
    package func admit(_ kind: String, _ uid: UInt32, _ moment: Moment) -> Bool {
        fold.admit(uid: uid, kind: kind, bootUSec: moment.bootUSec, wallUSec: moment.wallUSec)
    }

    /// Records what was counted together.
    package func recordFolded() {
        guard journal.isWorking else { return }
        for summary in fold.summaries() { journal.append(.denySummary(summary)) }
    }

    /// What the caller may know, and in how long there is room again for what is used up.
    private func text(_ denial: Denial, _ identity: Identity) -> (String, retryAfterUSec: Int?) {
        guard let name = denial.name, policy.maySee(name, identity, denial.moment) else {
            return (Refusal.denialText, nil)
        }
        if let hint = denial.hint { return ("\(Refusal.denialText): \(hint)", nil) }
        let text = "\(Refusal.denialText): \(denial.decision.why.explanation)"
        guard denial.decision.why == .usedUp, let usedUp = denial.decision.usedUp else { return (text, nil) }
        guard let again = usedUp.againBootUSec else { return ("\(text) (\(usedUp.limit))", nil) }
        let wait = max(0, again - denial.moment.bootUSec)
        let at = TimeText.text((denial.moment.advanced(byUSec: wait).wallUSec / 1_000_000 + 1) * 1_000_000)
        return ("\(text) (\(usedUp.limit)); again at \(at)", Int(wait))
    }
}

extension Decision.Reason {
    /// For one who may see the capability.
    package var explanation: String {
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
