// SPDX-License-Identifier: Apache-2.0

internal import JSONText
internal import VaultModel

extension Record {
    /// What a record tells; nil for a type that this version does not know, and where something lacks that its type always
    /// has. Texts that were cut stay so; what was left out for want of room is nil or empty.
    package init?(_ stored: StoredRecord) {
        guard let kind = stored.kind, let record = try? Self.read(stored, as: kind) else { return nil }
        self = record
    }

    private static func read(_ stored: StoredRecord, as kind: RecordType) throws(Missing) -> Record {
        switch kind {
        case .start: .start(try Start(stored))
        case .stop: .stop(records: try stored.require(stored.number(.records)))
        case .grant: .grant(try Grant(stored))
        case .deny: .deny(try Denial(stored))
        case .denySummary: .denySummary(try DenialSummary(stored))
        case .delivery: .delivery(try DeliveryReport(stored))
        case .openFailed: .openFailed(try OpenFailure(stored))
        case .identityRefused: .identityRefused(try RefusedCaller(stored), problem: try stored.requireText(.problem))
        case .leaseRenew: .leaseRenew(try LeaseEvent(stored))
        case .leaseRelease: .leaseRelease(try LeaseEvent(stored))
        case .leaseExpire: .leaseExpire(try LeaseEvent(stored))
        case .holderExit: .holderExit(try LeaseEvent(stored))
        case .policyApply: .policyApply(try Revision(stored), Applied(stored))
        case .ruleAdd:
            .ruleAdd(try Revision(stored), rule: try stored.requireText(.rule), document: stored.text(.document))
        case .ruleResume: .ruleResume(try Revision(stored), rule: try stored.requireText(.rule))
        case .revoke: .revoke(try Revision(stored), rules: stored.texts(.revoked) ?? [])
        case .adminRecover: .adminRecover(try Revision(stored))
        case .originStart:
            .originStart(stored.policy == nil ? nil : try Revision(stored), try NewOrigin(stored))
        case .capabilityAdd:
            .capabilityAdd(
                try Revision(stored), try stored.require(stored.capability), document: stored.text(.document))
        case .capabilityRemove: .capabilityRemove(try Revision(stored), try stored.require(stored.capability))
        case .clockStep: .clockStep(newestUSec: try stored.require(stored.integer(.newestUSec)))
        case .clockAccept: .clockAccept(try ClockAcceptance(stored))
        case .auditRead: .auditRead(peer: try stored.requirePeer(), method: try stored.requireText(.method))
        case .export:
            .export(
                peer: try stored.requirePeer(), from: try stored.require(stored.number(.from)),
                to: try stored.require(stored.number(.to)))
        case .prune: .prune(try Prune(stored))
        case .cosignatureAdd:
            .cosignatureAdd(
                peer: try stored.requirePeer(), size: try stored.require(stored.number(.size)),
                names: stored.texts(.names) ?? [])
        case .restore:
            .restore(try StoredDescriptor(stored), isKept: try stored.requireText(.outcome) == Self.kept)
        }
    }
}

/// A record lacks what its type always has.
private struct Missing: Error {}

extension StoredRecord {
    fileprivate func require<Value>(_ value: Value?) throws(Missing) -> Value {
        guard let value else { throw Missing() }
        return value
    }

    fileprivate func requireText(_ field: RecordField) throws(Missing) -> String { try require(text(field)) }

    fileprivate func requirePeer() throws(Missing) -> PeerText { try require(peerText) }
}

extension Record.Grant {
    fileprivate init(_ stored: StoredRecord) throws(Missing) {
        self.init(
            request: try stored.require(stored.request), policy: try stored.require(stored.policy),
            peer: try stored.requirePeer(), capability: try stored.require(stored.capability), rules: stored.rules,
            charged: stored.charged, reason: stored.reason, lease: stored.lease, copy: .init(stored))
        rulesMore = stored.number(.rulesMore) ?? 0
    }
}

extension Record.Copy {
    fileprivate init?(_ stored: StoredRecord) {
        guard let copy = stored[.copy], let uid = copy[.copyUID]?.integer.flatMap(UInt32.init(exactly:)),
            let gid = copy[.copyGID]?.integer.flatMap(UInt32.init(exactly:)),
            let mode = copy[.copyMode]?.string.flatMap({ UInt32($0, radix: 8) })
        else { return nil }
        self.init(uid: uid, gid: gid, mode: mode)
    }
}

extension Record.Denial {
    fileprivate init(_ stored: StoredRecord) throws(Missing) {
        self.init(
            request: try stored.require(stored.request), policy: try stored.require(stored.policy),
            peer: try stored.requirePeer(), capability: stored.capability, rules: stored.rules, failed: stored.failed,
            failedMore: stored.number(.failedMore) ?? 0, reason: stored.reason,
            action: stored.text(.action) ?? "", why: stored.text(.why) ?? "",
            chargedBefore: stored.counts(.chargedBefore))
        rulesMore = stored.number(.rulesMore) ?? 0
    }
}

extension Record.DenialSummary {
    fileprivate init(_ stored: StoredRecord) throws(Missing) {
        self.init(
            uid: stored.number(.uid), count: try stored.require(stored.number(.count)),
            firstUSec: try stored.require(stored.integer(.firstUSec)),
            lastUSec: try stored.require(stored.integer(.lastUSec)), kinds: stored.counts(.kinds))
    }
}

extension Record.OpenFailure {
    fileprivate init(_ stored: StoredRecord) throws(Missing) {
        self.init(
            request: stored.request, policy: stored.policy, peer: stored.peerText,
            capability: try stored.require(stored.capability), errno: try stored.requireText(.errno),
            problem: stored.text(.problem))
    }
}

extension Record.RefusedCaller {
    fileprivate init(_ stored: StoredRecord) throws(Missing) {
        if let peer = stored.peerText {
            self = .peer(peer)
        } else {
            self = .uid(try stored.require(stored.number(.uid)))
        }
    }
}

extension Record.LeaseEvent {
    fileprivate init(_ stored: StoredRecord) throws(Missing) {
        self.init(
            request: stored.request, policy: stored.policy, peer: try stored.requirePeer(),
            capability: try stored.require(stored.capability), lease: try stored.require(stored.lease),
            grant: try stored.require(stored.number(.grant)), rule: try stored.requireText(.rule),
            why: stored.text(.whyEnded))
    }
}

extension Record.Revision {
    fileprivate init(_ stored: StoredRecord) throws(Missing) {
        self.init(policy: try stored.require(stored.policy), peer: stored.peerText, reason: stored.reason)
    }
}

extension Record.Applied {
    fileprivate init(_ stored: StoredRecord) {
        self.init(
            directory: stored.text(.directory), files: stored.number(.files), changes: stored.number(.changes),
            resolved: stored.texts(.resolved))
    }
}

extension Record.NewOrigin {
    fileprivate init(_ stored: StoredRecord) throws(Missing) {
        self.init(
            name: try stored.requireText(.origin), key: try stored.requireText(.key),
            finding: try stored.requireText(.finding), previous: stored.text(.previous))
    }
}

extension Record.Start {
    fileprivate init(_ stored: StoredRecord) throws(Missing) {
        self.init(
            version: try stored.requireText(.version), undelivered: try stored.require(stored.number(.undelivered)),
            origin: stored.text(.origin))
    }
}

extension Record.ClockAcceptance {
    fileprivate init(_ stored: StoredRecord) throws(Missing) {
        self.init(
            peer: try stored.requirePeer(), reason: stored.reason,
            newestUSec: try stored.require(stored.integer(.newestUSec)),
            acceptedUSec: try stored.require(stored.integer(.acceptedUSec)))
    }
}

extension Record.Prune {
    fileprivate init(_ stored: StoredRecord) throws(Missing) {
        self.init(
            peer: try stored.requirePeer(), from: try stored.require(stored.number(.from)),
            before: try stored.require(stored.number(.before)), signed: try stored.require(stored.number(.signed)),
            archiveSHA256: stored.text(.archiveSHA256))
    }
}

extension Record.StoredDescriptor {
    fileprivate init(_ stored: StoredRecord) throws(Missing) {
        if let capability = stored.capability {
            self = .of(capability)
        } else {
            self = .undeclared(try stored.requireText(.stored))
        }
    }
}

extension DeliveryReport {
    fileprivate init(_ stored: StoredRecord) throws(Missing) {
        guard let report = try? DeliveryReport(parsing: stored.text) else { throw Missing() }
        self = report
    }
}
