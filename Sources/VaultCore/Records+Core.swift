// SPDX-License-Identifier: Apache-2.0

import Records
import VaultModel

/// What the core's records say, made of its own values.
extension CapabilityText {
    /// What leaves, as it was checked.
    init(_ capability: Capability, _ acquired: AcquiredDescriptor) {
        self.init(
            name: capability.name.text, kind: capability.kind.rawValue, rights: acquired.rights.words,
            delivery: acquired.delivery.rawValue)
    }
}

extension Record.Denial {
    init(_ denial: Denial, request: String, policy: PolicyStamp, _ caller: Caller) {
        self.init(
            request: request, policy: policy, peer: caller.peerText,
            capability: denial.name.map { CapabilityText(name: $0.text, rights: denial.asked?.words) },
            rules: denial.decision.rules, failed: denial.decision.failed, failedMore: denial.decision.failedMore,
            reason: denial.reason, action: denial.action.rawValue, why: denial.decision.why.rawValue,
            chargedBefore: denial.chargedBefore)
    }
}

extension Record.Grant {
    /// It is the content that leaves, and no descriptor.
    mutating func deliver(_ content: CapabilityContent) {
        capability.delivery = Record.Content.delivery
        self.content = Record.Content(size: content.bytes.count, sha256: content.sha256)
        copy = nil
    }
}

extension Record.Copy {
    init(_ copy: CopyStatus) { self.init(uid: copy.uid, gid: copy.gid, mode: copy.permissions) }
}

extension Record {
    /// It must get through on a full file system.
    var isEssential: Bool {
        switch self {
        case .revoke, .start, .stop: true
        default: false
        }
    }
}

extension Journal {
    /// Whether a commit is under way.
    package var isCommitting: Bool { commitBeganUSec != nil }
}

extension Record.DepositEnd {
    /// Of what is stored, and not held.
    init(_ stored: StoredDeposit, _ why: DepositEnd) {
        self.init(
            capability: CapabilityText(name: stored.name, kind: CapabilityKind.deposit.rawValue),
            deposit: Record.DepositText(id: stored.id, type: stored.type), deposited: stored.record,
            why: why.rawValue)
    }

    init(
        _ entry: CapabilityEntry, _ deposit: Deposit, request: String? = nil, policy: PolicyStamp? = nil,
        peer: PeerText? = nil, why: String? = nil
    ) {
        self.init(
            request: request, policy: policy, peer: peer,
            capability: CapabilityText(name: entry.capability.name.text, kind: CapabilityKind.deposit.rawValue),
            deposit: Record.DepositText(id: deposit.id, type: deposit.type), deposited: deposit.record,
            grant: peer == nil ? nil : deposit.taking?.grant, why: why)
    }
}
