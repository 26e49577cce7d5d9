// SPDX-License-Identifier: Apache-2.0

internal import JSONText

extension Record {
    /// The bytes that are stored and hashed, at most ``limit``.
    ///
    /// The keys stand in one order in all records. What a client controls is cut, and what has no room is left out; both are
    /// listed in `truncated` with the hash of the whole.
    /// - Parameter hash: of what is cut.
    package func encoded(_ head: RecordHead, hash: @escaping SHA256Text) -> [UInt8] {
        var text = RecordText(head, type, hash: hash)
        write(to: &text)
        return text.finish()
    }

    /// The outcome of what the service manager kept.
    static let kept = "kept"

    /// The most bytes a record has.
    package static let limit = 16 * 1024

    private func write(to text: inout RecordText) {
        switch self {
        case .grant(let grant): grant.write(to: &text)
        case .deny(let denial): denial.write(to: &text)
        case .denySummary(let summary): summary.write(to: &text)
        case .delivery(let report): text.delivery(report)
        case .openFailed(let failure): failure.write(to: &text)
        case .identityRefused(let caller, let problem):
            caller.write(to: &text)
            text.text(.problem, problem)
        case .leaseRenew(let event), .leaseRelease(let event), .leaseExpire(let event), .holderExit(let event):
            event.write(to: &text)
        case .policyApply(let revision, let applied):
            text.revision(revision)
            applied.write(to: &text)
        case .ruleAdd(let revision, let rule, let document):
            text.revision(revision)
            text.value(.rule, rule)
            text.optional(.document, document)
        case .ruleResume(let revision, let rule):
            text.revision(revision)
            text.value(.rule, rule)
        case .revoke(let revision, let rules):
            text.revision(revision)
            text.value(.revoked, rules)
        case .adminRecover(let revision): text.revision(revision)
        case .originStart(let revision, let origin):
            if let revision { text.revision(revision) }
            origin.write(to: &text)
        case .capabilityAdd(let revision, let capability, let document):
            text.revision(revision, capability)
            text.optional(.document, document)
        case .capabilityRemove(let revision, let capability): text.revision(revision, capability)
        case .start(let start): start.write(to: &text)
        case .stop(let records): text.value(.records, records)
        case .clockStep(let newest): text.value(.newestUSec, newest)
        case .clockAccept(let acceptance): acceptance.write(to: &text)
        case .auditRead(let peer, let method):
            text.peer(peer)
            text.value(.method, method)
        case .export(let peer, let from, let to):
            text.peer(peer)
            text.value(.from, from)
            text.value(.to, to)
        case .prune(let prune): prune.write(to: &text)
        case .cosignatureAdd(let peer, let size, let names):
            text.peer(peer)
            text.value(.size, size)
            text.value(.names, names)
        case .restore(let descriptor, let isKept):
            descriptor.write(to: &text)
            text.value(.outcome, isKept ? Self.kept : "closed")
        }
    }
}

extension Record.Grant {
    fileprivate func write(to text: inout RecordText) {
        text.request(request)
        text.policy(policy)
        text.peer(peer)
        text.capability(capability)
        text.decision(permit: true)
        text.rules(rules, more: rulesMore)
        if let charged { text.charged(charged) }
        if let reason { text.reason(reason) }
        if let lease { text.lease(lease) }
        if let copy { text.value(.copy, copy) }
    }
}

extension Record.Copy: JSONWritable {
    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member(RecordField.copyUID.key, uid)
        writer.member(RecordField.copyGID.key, gid)
        writer.member(RecordField.copyMode.key, "0" + String(mode, radix: 8))
        writer.endObject()
    }
}

extension Record.Denial {
    fileprivate func write(to text: inout RecordText) {
        text.request(request)
        text.policy(policy)
        text.peer(peer)
        if let capability { text.capability(capability) }
        text.decision(permit: false)
        text.rules(rules, more: rulesMore)
        text.failed(failed, more: failedMore)
        if let reason { text.reason(reason) }
        text.value(.action, action)
        text.value(.why, why)
        if !chargedBefore.isEmpty { text.value(.chargedBefore, Counts(chargedBefore)) }
    }
}

extension Record.DenialSummary {
    fileprivate func write(to text: inout RecordText) {
        text.optional(.uid, uid)
        text.value(.count, count)
        text.value(.firstUSec, firstUSec)
        text.value(.lastUSec, lastUSec)
        text.value(.kinds, Counts(kinds))
    }
}

extension Record.OpenFailure {
    fileprivate func write(to text: inout RecordText) {
        if let request { text.request(request) }
        if let policy { text.policy(policy) }
        if let peer { text.peer(peer) }
        text.capability(capability)
        text.value(.errno, errno)
        if let problem { text.text(.problem, problem) }
    }
}

extension Record.LeaseEvent {
    fileprivate func write(to text: inout RecordText) {
        if let request { text.request(request) }
        if let policy { text.policy(policy) }
        text.peer(peer)
        text.capability(capability)
        text.lease(lease)
        text.value(.grant, grant)
        text.value(.rule, rule)
        text.optional(.whyEnded, why)
    }
}

extension Record.RefusedCaller {
    fileprivate func write(to text: inout RecordText) {
        switch self {
        case .uid(let uid): text.value(.uid, uid)
        case .peer(let peer): text.peer(peer)
        }
    }
}

extension Record.Applied {
    fileprivate func write(to text: inout RecordText) {
        text.optional(.directory, directory)
        text.optional(.files, files)
        text.optional(.changes, changes)
        text.optional(.resolved, resolved)
    }
}

extension Record.NewOrigin {
    fileprivate func write(to text: inout RecordText) {
        text.value(.origin, name)
        text.value(.key, key)
        text.value(.finding, finding)
        text.optional(.previous, previous)
    }
}

extension Record.Start {
    fileprivate func write(to text: inout RecordText) {
        text.value(.version, version)
        text.value(.undelivered, undelivered)
        text.optional(.origin, origin)
    }
}

extension Record.ClockAcceptance {
    fileprivate func write(to text: inout RecordText) {
        text.peer(peer)
        if let reason { text.reason(reason) }
        text.value(.newestUSec, newestUSec)
        text.value(.acceptedUSec, acceptedUSec)
    }
}

extension Record.Prune {
    fileprivate func write(to text: inout RecordText) {
        text.peer(peer)
        text.value(.from, from)
        text.value(.before, before)
        text.value(.signed, signed)
        text.optional(.archiveSHA256, archiveSHA256)
    }
}

extension Record.StoredDescriptor {
    fileprivate func write(to text: inout RecordText) {
        switch self {
        case .of(let capability): text.capability(capability)
        case .undeclared(let name): text.value(.stored, name)
        }
    }
}

/// How many of each, in the order of the keys.
private struct Counts<Number: FixedWidthInteger>: JSONWritable {
    private let counts: [String: Number]

    init(_ counts: [String: Number]) {
        self.counts = counts
    }

    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        for (key, count) in counts.sorted(by: { $0.key < $1.key }) {
            writer.key(key)
            writer.integer(count)
        }
        writer.endObject()
    }
}
