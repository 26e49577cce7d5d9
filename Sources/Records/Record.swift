// SPDX-License-Identifier: Apache-2.0

/// What one record tells, apart from where in the log it stands and when it was made.
///
/// There is a case for each ``RecordType``. ``encoded(_:hash:)`` writes it, ``StoredRecord`` reads it, and
/// <doc:RecordReference> documents it.
package enum Record: Sendable, Equatable {
    /// A run of the daemon begins.
    /// - Parameters:
    ///   - undelivered: how many grants of the run before have an outcome that nobody knows.
    ///   - origin: under which name the log signs; nil in a log of before there were signatures.
    case start(version: String, undelivered: Int, origin: String?)
    /// - Parameter records: how many there are, this one among them.
    case stop(records: UInt64)

    case grant(Grant)
    case deny(Denial)
    case denySummary(DenialSummary)
    case delivery(DeliveryReport)
    /// A capability could not be opened: for a call, or by itself. Then there is no request, policy and peer.
    /// - Parameters:
    ///   - errno: the name of the error, such as `ENOENT`.
    ///   - problem: what it means here, where that is not evident.
    case openFailed(
        request: String? = nil, policy: PolicyStamp? = nil, peer: PeerText? = nil, CapabilityText, errno: String,
        problem: String? = nil)
    case identityRefused(RefusedCaller, problem: String)

    case leaseRenew(LeaseEvent)
    case leaseRelease(LeaseEvent)
    case leaseExpire(LeaseEvent)
    case holderExit(LeaseEvent)

    /// What a policy was made from. Nothing of it where the owner's own rules were put in place.
    /// - Parameters:
    ///   - directory: the policy directory, where the files were read from there.
    ///   - files: how many files there were.
    ///   - changes: how many rules and capabilities are other than before.
    ///   - changed: which they are, the first of them, such as `rule.add web`.
    ///   - resolved: the ids of names, where only they were looked up again; empty too where there were too many for a
    ///     record.
    case policyApply(
        Revision, directory: String? = nil, files: Int? = nil, changes: Int? = nil, changed: [String]? = nil,
        resolved: [String]? = nil)
    /// - Parameter document: nil where it was too large for a record.
    case ruleAdd(Revision, rule: String, document: String?)
    case ruleResume(Revision, rule: String)
    /// - Parameter rules: that were taken away or suspended.
    case revoke(Revision, rules: [String])
    case adminRecover(Revision)
    /// The log goes on under another name, since it was found not to be what had been signed.
    /// - Parameters:
    ///   - revision: nil where no policy is stored that it could have made narrower.
    ///   - key: the verifier key.
    ///   - finding: what was found.
    ///   - previous: the newest checkpoint of before.
    case originStart(Revision?, name: String, key: String, finding: String, previous: String?)
    /// - Parameter document: nil where it was too large for a record.
    case capabilityAdd(Revision, CapabilityText, document: String?)
    case capabilityRemove(Revision, CapabilityText)
    /// What is held of a file was opened anew, or read anew into memory.
    case capabilityRenew(Renewal)

    /// A client's descriptor is held under a name from here on.
    case deposit(Deposit)
    /// A deposit is not held any more.
    case remove(DepositEnd)
    /// Who took a deposit has said that it has the descriptor: it is not held any more.
    case takeConfirm(DepositEnd)
    /// The other end of a deposit has hung up. It is held on.
    case hangUp(DepositEnd)

    case clockStep(newestUSec: Int64)
    /// The wall clock is right as it is, though records have later times. `CLOCK_REALTIME`, microseconds.
    case clockAccept(peer: PeerText, reason: String?, newestUSec: Int64, acceptedUSec: Int64)

    case auditRead(peer: PeerText, method: String)
    /// - Parameter to: the record behind the last one.
    case export(peer: PeerText, from: UInt64, to: UInt64)
    /// The texts of old records are deleted, from one up to another.
    /// - Parameters:
    ///   - signed: how many records a signed checkpoint covers.
    ///   - archiveSHA256: of the archive that was written before; nil: none.
    case prune(peer: PeerText, from: UInt64, before: UInt64, signed: UInt64, archiveSHA256: String?)
    case cosignatureAdd(peer: PeerText, size: UInt64, names: [String])
    case restore(StoredDescriptor, isKept: Bool)
    /// All that is held is about to be handed to another daemon, which goes on with this log.
    /// - Parameters:
    ///   - descriptors: how many there are.
    ///   - sha256: of their names.
    case handover(peer: PeerText, descriptors: Int, sha256: String)
    /// That came to nothing: this daemon goes on.
    case handoverEnd(problem: String)

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
        case .capabilityRenew: .capabilityRenew
        case .deposit: .deposit
        case .remove: .remove
        case .takeConfirm: .takeConfirm
        case .hangUp: .hangUp
        case .clockStep: .clockStep
        case .clockAccept: .clockAccept
        case .auditRead: .auditRead
        case .export: .export
        case .prune: .prune
        case .cosignatureAdd: .cosignatureAdd
        case .restore: .restore
        case .handover: .handover
        case .handoverEnd: .handoverEnd
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
    case handover
    case handoverEnd = "handover.end"
    case deposit
    case remove
    case takeConfirm = "take.confirm"
    case hangUp = "deposit.hangup"
    case capabilityRenew = "capability.renew"

    /// Those that tell who watches a name what became of it.
    package static let watched: Set<RecordType> = [
        .deposit, .remove, .takeConfirm, .hangUp, .capabilityAdd, .capabilityRemove, .capabilityRenew, .leaseExpire,
        .leaseRenew,
    ]

    /// Those after which another may watch it, or not any more.
    package static let ofRules: Set<RecordType> = [.policyApply, .ruleAdd, .ruleResume, .revoke]
}
