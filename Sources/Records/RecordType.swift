// SPDX-License-Identifier: Apache-2.0

/// What a record tells, written as its `type`.
///
/// Types may be added; the meaning of one never changes, since the records of years ago stay readable. A log that a later
/// version wrote may have others: ``StoredRecord`` reads those too.
package enum RecordType: String, Sendable, CaseIterable {
    case start
    case stop
    case openFailed = "open.failed"
    case policyApply = "policy.apply"
    case ruleAdd = "rule.add"
    case ruleResume = "rule.resume"
    case capabilityAdd = "capability.add"
    case capabilityRemove = "capability.remove"
    case grant
    case deny
    case denySummary = "deny.summary"
    case delivery
    case leaseExpire = "lease.expire"
    case leaseRenew = "lease.renew"
    case leaseRelease = "lease.release"
    case revoke
    case holderExit = "holder.exit"
    case clockStep = "clock.step"
    case clockAccept = "clock.accept"
    case auditRead = "audit.read"
    case export
    case prune
    case cosignatureAdd = "cosignature.add"
    case originStart = "origin.start"
    case adminRecover = "admin.recover"
    case identityRefused = "identity.refused"
    case restore
}
