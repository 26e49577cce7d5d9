// SPDX-License-Identifier: Apache-2.0

/// What the documentation says of one type of record.
package struct RecordReference: Sendable {
    /// A key that it has, behind those that all have.
    package struct Listed: Sendable {
        package let field: RecordField
        /// When it is there; nil: always.
        package let condition: String?
    }

    package let meaning: String
    /// The version of the program that wrote it first.
    package let since: String
    package let fields: [Listed]

    init(_ meaning: String, since: String = "0.1.0", _ fields: [Listed]) {
        self.meaning = meaning
        self.since = since
        self.fields = fields
    }
}

extension RecordField {
    fileprivate var always: RecordReference.Listed { .init(field: self, condition: nil) }

    fileprivate func when(_ condition: String) -> RecordReference.Listed { .init(field: self, condition: condition) }

    /// A change of authority by command.
    fileprivate static var command: [RecordReference.Listed] {
        [policy.always, peer.always, reason.when("one was given")]
    }

    /// A change of authority, by command or by the daemon.
    fileprivate static var revision: [RecordReference.Listed] {
        [policy.always, peer.when("somebody asked for it"), reason.when("one was given")]
    }
}

extension RecordType {
    /// Its keys in their order.
    package var reference: RecordReference {
        switch self {
        case .grant, .deny, .denySummary, .delivery, .openFailed, .identityRefused: referenceOfCall
        case .leaseRenew, .leaseRelease, .leaseExpire, .holderExit: referenceOfLease
        case .policyApply, .ruleAdd, .ruleResume, .revoke, .adminRecover, .originStart, .capabilityAdd,
            .capabilityRemove:
            referenceOfChange
        case .start, .stop, .clockStep, .clockAccept, .auditRead, .export, .prune, .cosignatureAdd, .restore:
            referenceOfLog
        }
    }

    private var referenceOfCall: RecordReference {
        switch self {
        case .grant:
            .init(
                "A descriptor is permitted. It leaves when this is durable; a `delivery` tells whether it did.",
                [
                    RecordField.request.always, RecordField.policy.always, RecordField.peer.always,
                    RecordField.capability.always, RecordField.decision.always, RecordField.rules.always,
                    RecordField.rulesMore.when("there was no room for all"),
                    RecordField.charged.when("a rule counts it"), RecordField.reason.when("one was given"),
                    RecordField.lease.when("it is followed until it ends"),
                    RecordField.copy.when("it is a copy of a secret"),
                ])
        case .deny:
            .init(
                "Something is not permitted.",
                [
                    RecordField.request.always, RecordField.policy.always, RecordField.peer.always,
                    RecordField.capability.when("it is about one, known or not"), RecordField.decision.always,
                    RecordField.rules.always, RecordField.rulesMore.when("there was no room for all"),
                    RecordField.failed.always, RecordField.failedMore.when("there were more"),
                    RecordField.reason.when("one was given"), RecordField.action.always, RecordField.why.always,
                    RecordField.chargedBefore.when("earlier names of the call would have been charged"),
                ])
        case .denySummary:
            .init(
                "Denials that got no record of their own, since there were too many.",
                [
                    RecordField.uid.when("it is about one user; else about all others"), RecordField.count.always,
                    RecordField.firstUSec.always, RecordField.lastUSec.always, RecordField.kinds.always,
                ])
        case .delivery:
            .init(
                "What became of grants.",
                [RecordField.sent.always, RecordField.notSent.always, RecordField.unknown.always])
        case .openFailed:
            .init(
                "A capability could not be opened.",
                [
                    RecordField.request.when("it was for a call"), RecordField.policy.when("it was for a call"),
                    RecordField.peer.when("it was for a call"), RecordField.capability.always,
                    RecordField.errno.always, RecordField.problem.when("the error alone does not say it"),
                ])
        default:
            .init(
                "A connection was refused, or ended for what came in over it.",
                [
                    RecordField.peer.when("it is known who it was"), RecordField.uid.when("no more is known"),
                    RecordField.problem.always,
                ])
        }
    }

    private var referenceOfLease: RecordReference {
        switch self {
        case .leaseRenew:
            .init(
                "A lease is extended.",
                [
                    RecordField.request.always, RecordField.policy.always, RecordField.peer.always,
                    RecordField.capability.always, RecordField.lease.always, RecordField.grant.always,
                    RecordField.rule.always,
                ])
        case .leaseRelease:
            .init(
                "Its holder gave a lease back.",
                [
                    RecordField.request.always, RecordField.peer.always, RecordField.capability.always,
                    RecordField.lease.always, RecordField.grant.always, RecordField.rule.always,
                ])
        default:
            .init(
                self == .leaseExpire
                    ? "A lease is over: its time has come, or what permitted it is gone."
                    : "A lease is over, since the process that got it has ended.",
                [
                    RecordField.peer.always, RecordField.capability.always, RecordField.lease.always,
                    RecordField.grant.always, RecordField.rule.always, RecordField.whyEnded.always,
                ])
        }
    }

    private var referenceOfChange: RecordReference {
        switch self {
        case .policyApply:
            .init(
                "A policy is in force: of files, of the policy directory, of the same files with names looked up again, "
                    + "or, where there was none, the owner's own rules.",
                RecordField.revision + [
                    RecordField.directory.when("it was read from the policy directory"),
                    RecordField.files.when("files were applied"), RecordField.changes.when("files were applied"),
                    RecordField.resolved.when("names were looked up again"),
                ])
        case .ruleAdd:
            .init(
                "A rule was made by command.",
                RecordField.command + [RecordField.rule.always, RecordField.document.always])
        case .ruleResume:
            .init("A suspended rule is in force again.", RecordField.command + [RecordField.rule.always])
        case .revoke:
            .init(
                "Rules are in force no longer: what was made by command is removed, what files hold is suspended.",
                RecordField.revision + [RecordField.revoked.always])
        case .adminRecover:
            .init(
                "The owner's own rules were put back (`vaultd --recover-admin`).",
                [RecordField.policy.always, RecordField.reason.always])
        case .originStart:
            .init(
                "The log goes on under another name, since it was found not to be what had been signed "
                    + "(`vaultd --accept-rollback`).",
                [
                    RecordField.policy.when("one was stored, and is narrower from here on"),
                    RecordField.reason.when("there is a policy"), RecordField.origin.always, RecordField.key.always,
                    RecordField.finding.always, RecordField.previous.when("there was one"),
                ])
        case .capabilityAdd:
            .init(
                "A capability was added by command.",
                [
                    RecordField.policy.always, RecordField.peer.always, RecordField.capability.always,
                    RecordField.reason.when("one was given"), RecordField.document.always,
                ])
        default:
            .init(
                "A capability that was added by command is taken away.",
                [
                    RecordField.policy.always, RecordField.peer.always, RecordField.capability.always,
                    RecordField.reason.when("one was given"),
                ])
        }
    }

    private var referenceOfLog: RecordReference {
        switch self {
        case .start:
            .init(
                "A run of the daemon begins.",
                [RecordField.version.always, RecordField.undelivered.always, RecordField.origin.always])
        case .stop: .init("A run of the daemon ends in order.", [RecordField.records.always])
        case .clockStep:
            .init("The wall clock has been set back: rules with times do not permit.", [RecordField.newestUSec.always])
        case .clockAccept:
            .init(
                "The wall clock is taken for right, though records have later times.",
                [
                    RecordField.peer.always, RecordField.reason.when("one was given"), RecordField.newestUSec.always,
                    RecordField.acceptedUSec.always,
                ])
        case .auditRead:
            .init("The log was read.", [RecordField.peer.always, RecordField.method.always])
        case .export:
            .init(
                "Records were given out whole.",
                [RecordField.peer.always, RecordField.from.always, RecordField.to.always])
        case .prune:
            .init(
                "The texts of old records are deleted; their hashes stay.",
                [
                    RecordField.peer.always, RecordField.from.always, RecordField.before.always,
                    RecordField.signed.always, RecordField.archiveSHA256.when("an archive was named"),
                ])
        case .cosignatureAdd:
            .init(
                "Signatures of others are kept with a checkpoint.",
                [RecordField.peer.always, RecordField.size.always, RecordField.names.always])
        default:
            .init(
                "What the service manager kept over a restart was taken up, or closed.",
                [
                    RecordField.capability.when("one is declared"), RecordField.stored.when("none is declared"),
                    RecordField.outcome.always,
                ])
        }
    }
}
