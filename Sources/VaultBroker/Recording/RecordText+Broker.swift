// SPDX-License-Identifier: Apache-2.0

import JSONText
import Records
import VaultLedger
import VaultModel

/// What the broker's records say, in its own terms.
extension RecordText {
    mutating func policy(_ stamp: PolicyStamp) {
        policy(revision: stamp.revision, sha256: stamp.sha256)
    }

    /// What leaves, as it was checked.
    mutating func capability(_ capability: Capability, _ acquired: AcquiredDescriptor) {
        self.capability(
            name: capability.name.text, kind: capability.kind.rawValue, rights: acquired.rights.words,
            delivery: acquired.delivery.rawValue)
    }

    /// Whose a copy of a secret is, and with which mode. Behind everything that all records have.
    mutating func copy(_ acquired: AcquiredDescriptor) {
        guard let copy = acquired.copy else { return }
        let digits = String(copy.permissions, radix: 8)
        value(
            "copy",
            JSONValue.object([
                "uid": .integer(Int64(copy.uid)), "gid": .integer(Int64(copy.gid)), "mode": .string("0" + digits),
            ]))
    }

    /// What was asked and why it was denied.
    mutating func denied(_ denial: Denial) {
        if let name = denial.name { capability(name: name.text, rights: denial.asked?.words) }
        decision(permit: false)
        rules(denial.decision.rules)
        failed(denial.decision.failed, more: denial.decision.failedMore)
        if let reason = denial.reason { self.reason(reason) }
        value("action", denial.action.rawValue)
        value("why", denial.decision.why.rawValue)
        if !denial.chargedBefore.isEmpty {
            var before = JSONObject()
            for (rule, count) in denial.chargedBefore.sorted(by: { $0.key < $1.key }) {
                before[rule] = .integer(Int64(count))
            }
            value("chargedBefore", JSONValue.object(before))
        }
    }

    mutating func problem(_ problem: OpenProblem) {
        value("errno", problem.errno.name)
        if let explanation = problem.explanation { text("problem", explanation) }
    }

    /// A summary of denials that got no record of their own.
    mutating func folded(_ summary: DenialFold.Summary) {
        if let uid = summary.uid { value("uid", uid) }
        value("count", summary.count)
        value("firstUSec", summary.firstUSec)
        value("lastUSec", summary.lastUSec)
        var kinds = JSONObject()
        for (kind, count) in summary.kinds.sorted(by: { $0.key < $1.key }) { kinds[kind] = .integer(Int64(count)) }
        value("kinds", JSONValue.object(kinds))
    }
}
