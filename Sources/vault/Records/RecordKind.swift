// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// The types that records have, as one may ask for them.
enum RecordKind: String, CaseIterable, ExpressibleByArgument {
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
