// SPDX-License-Identifier: Apache-2.0

/// What a record of the ledger tells, written as its `type`.
///
/// Types may be added; the meaning of one never changes, since the records of years ago stay readable.
package enum RecordType: String, Sendable, CaseIterable {
    case start
    case stop
    case openFailed = "open.failed"
    case policyApply = "policy.apply"
    case ruleAdd = "rule.add"
    case ruleRemove = "rule.remove"
    case ruleSuspend = "rule.suspend"
    case ruleResume = "rule.resume"
    case capabilityAdd = "capability.add"
    case capabilityRemove = "capability.remove"
    case grant
    case deny
    case denySummary = "deny.summary"
    case delivery
    case deposit
    case remove
    case leaseExpire = "lease.expire"
    case leaseRenew = "lease.renew"
    case leaseRelease = "lease.release"
    case takeConfirm = "take.confirm"
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
    case signal
}
