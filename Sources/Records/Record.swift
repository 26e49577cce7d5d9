// SPDX-License-Identifier: Apache-2.0

/// What one record tells, apart from where in the log it stands and when it was made.
///
/// There is a case for each ``RecordType``. ``encoded(_:hash:)`` writes it, ``StoredRecord`` reads it, and
/// ``RecordType/reference`` documents it.
package enum Record: Sendable, Equatable {
    case start(Start)
    /// - Parameter records: how many there are, this one among them.
    case stop(records: UInt64)

    case grant(Grant)
    case deny(Denial)
    case denySummary(DenialSummary)
    case delivery(DeliveryReport)
    case openFailed(OpenFailure)
    case identityRefused(RefusedCaller, problem: String)

    case leaseRenew(LeaseEvent)
    case leaseRelease(LeaseEvent)
    case leaseExpire(LeaseEvent)
    case holderExit(LeaseEvent)

    case policyApply(Revision, Applied)
    /// - Parameter document: nil where it was too large for a record.
    case ruleAdd(Revision, rule: String, document: String?)
    case ruleResume(Revision, rule: String)
    /// - Parameter rules: that were taken away or suspended.
    case revoke(Revision, rules: [String])
    case adminRecover(Revision)
    /// - Parameter revision: nil where no policy is stored that it could have made narrower.
    case originStart(Revision?, NewOrigin)
    /// - Parameter document: nil where it was too large for a record.
    case capabilityAdd(Revision, CapabilityText, document: String?)
    case capabilityRemove(Revision, CapabilityText)

    case clockStep(newestUSec: Int64)
    case clockAccept(ClockAcceptance)

    case auditRead(peer: PeerText, method: String)
    /// - Parameter to: the record behind the last one.
    case export(peer: PeerText, from: UInt64, to: UInt64)
    case prune(Prune)
    case cosignatureAdd(peer: PeerText, size: UInt64, names: [String])
    case restore(StoredDescriptor, isKept: Bool)

    package var type: RecordType {
        switch self {
        case .start: .start
        case .stop: .stop
        case .grant: .grant
        case .deny: .deny
        case .denySummary: .denySummary
        case .delivery: .delivery
        case .openFailed: .openFailed
        case .identityRefused: .identityRefused
        case .leaseRenew: .leaseRenew
        case .leaseRelease: .leaseRelease
        case .leaseExpire: .leaseExpire
        case .holderExit: .holderExit
        case .policyApply: .policyApply
        case .ruleAdd: .ruleAdd
        case .ruleResume: .ruleResume
        case .revoke: .revoke
        case .adminRecover: .adminRecover
        case .originStart: .originStart
        case .capabilityAdd: .capabilityAdd
        case .capabilityRemove: .capabilityRemove
        case .clockStep: .clockStep
        case .clockAccept: .clockAccept
        case .auditRead: .auditRead
        case .export: .export
        case .prune: .prune
        case .cosignatureAdd: .cosignatureAdd
        case .restore: .restore
        }
    }
}

/// Where in the log a record stands, and when it was made.
package struct RecordHead: Sendable, Equatable {
    package var index: UInt64
    /// `CLOCK_REALTIME`, microseconds.
    package var timeUSec: Int64
    /// `CLOCK_BOOTTIME`, microseconds.
    package var bootTimeUSec: Int64
    package var bootID: String

    package init(index: UInt64, timeUSec: Int64, bootTimeUSec: Int64, bootID: String) {
        self.index = index
        self.timeUSec = timeUSec
        self.bootTimeUSec = bootTimeUSec
        self.bootID = bootID
    }
}

/// Which policy a record speaks of.
package struct PolicyStamp: Sendable, Hashable {
    package var revision: Int
    /// Over all texts of the policy, in lowercase hexadecimal.
    package var sha256: String

    package init(revision: Int, sha256: String) {
        self.revision = revision
        self.sha256 = sha256
    }
}

/// A capability as a record names it. What a kind of record does not tell is nil.
package struct CapabilityText: Sendable, Hashable {
    package var name: String
    package var kind: String?
    /// Words, such as `read`.
    package var rights: [String]?
    package var delivery: String?

    package init(name: String, kind: String? = nil, rights: [String]? = nil, delivery: String? = nil) {
        self.name = name
        self.kind = kind
        self.rights = rights
        self.delivery = delivery
    }
}

/// A lease as a record names it.
package struct LeaseText: Sendable, Hashable {
    package var id: String
    /// When it ends, `CLOCK_REALTIME` in microseconds; nil: with its holder.
    package var expiresUSec: Int64?

    package init(id: String, expiresUSec: Int64?) {
        self.id = id
        self.expiresUSec = expiresUSec
    }
}
