// SPDX-License-Identifier: Apache-2.0

internal import JSONText
internal import VaultModel

extension Record {
    /// The most bytes a record has.
    package static let limit = 16 * 1024

    /// The outcome of what the service manager kept.
    private static let kept = "kept"

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

    private func write(to text: inout RecordText) {
        switch self {
        case .grant(let grant): grant.write(to: &text)
        case .deny(let denial): denial.write(to: &text)
        case .denySummary(let summary): summary.write(to: &text)
        case .delivery(let report): report.write(to: &text)
        case .openFailed(let request, let policy, let peer, let capability, let errno, let problem):
            text.text("request", request)
            text.policy(policy)
            text.peer(peer)
            text.capability(capability)
            text.value("errno", errno)
            text.text("problem", problem)
        case .identityRefused(let caller, let problem):
            caller.write(to: &text)
            text.text("problem", problem)
        case .leaseRenew(let event), .leaseRelease(let event), .leaseExpire(let event), .holderExit(let event):
            event.write(to: &text)
        case .policyApply(let revision, let directory, let files, let changes, let changed, let resolved):
            text.revision(revision)
            text.value("directory", directory)
            text.value("files", files)
            text.value("changes", changes)
            text.value("changed", changed)
            text.value("resolved", resolved)
        case .ruleAdd(let revision, let rule, let document):
            text.revision(revision)
            text.value("rule", rule)
            text.value("document", document)
        case .ruleResume(let revision, let rule):
            text.revision(revision)
            text.value("rule", rule)
        case .revoke(let revision, let rules):
            text.revision(revision)
            text.value("revoked", rules)
        case .adminRecover(let revision): text.revision(revision)
        case .originStart(let revision, let name, let key, let finding, let previous):
            if let revision { text.revision(revision) }
            text.value("origin", name)
            text.value("key", key)
            text.value("finding", finding)
            text.value("previous", previous)
        case .capabilityAdd(let revision, let capability, let document):
            text.revision(revision, capability)
            text.value("document", document)
        case .capabilityRemove(let revision, let capability): text.revision(revision, capability)
        case .capabilityRenew(let renewal): renewal.write(to: &text)
        case .deposit(let deposit): deposit.write(to: &text)
        case .remove(let end), .takeConfirm(let end), .hangUp(let end): end.write(to: &text)
        case .start(let version, let undelivered, let origin):
            text.value("version", version)
            text.value("undelivered", undelivered)
            text.value("origin", origin)
        case .stop(let records): text.value("records", records)
        case .clockStep(let newest): text.value("newestUSec", newest)
        case .clockAccept(let peer, let reason, let newest, let accepted):
            text.peer(peer)
            text.text("reason", reason)
            text.value("newestUSec", newest)
            text.value("acceptedUSec", accepted)
        case .auditRead(let peer, let method):
            text.peer(peer)
            text.value("method", method)
        case .export(let peer, let from, let to):
            text.peer(peer)
            text.value("from", from)
            text.value("to", to)
        case .prune(let peer, let from, let before, let signed, let archive):
            text.peer(peer)
            text.value("from", from)
            text.value("before", before)
            text.value("signed", signed)
            text.value("archiveSha256", archive)
        case .cosignatureAdd(let peer, let size, let names):
            text.peer(peer)
            text.value("size", size)
            text.value("names", names)
        case .restore(let descriptor, let isKept):
            descriptor.write(to: &text)
            text.value("outcome", isKept ? Self.kept : "closed")
        case .handover(let peer, let descriptors, let sha256):
            text.peer(peer)
            text.value("descriptors", descriptors)
            text.value("sha256", sha256)
        case .handoverEnd(let problem): text.value("problem", problem)
        }
    }

    // MARK: - Reading

    /// What a record tells; nil for a type that this version does not know, and where something lacks that its type always
    /// has. Texts that were cut stay so; what was left out for want of room is nil or empty.
    package init?(_ stored: StoredRecord) {
        guard let kind = stored.kind, let record = try? Self.read(stored, as: kind) else { return nil }
        self = record
    }

    private static func read(_ stored: StoredRecord, as kind: RecordType) throws(Missing) -> Record {
        switch kind {
        case .start:
            .start(
                version: try stored.require("version"), undelivered: try stored.require("undelivered"),
                origin: stored.text("origin"))
        case .stop: .stop(records: try stored.require("records"))
        case .grant: .grant(try Grant(stored))
        case .deny: .deny(try Denial(stored))
        case .denySummary: .denySummary(try DenialSummary(stored))
        case .delivery: .delivery(try stored.require(try? DeliveryReport(parsing: stored.text)))
        case .openFailed:
            .openFailed(
                request: stored.request, policy: stored.policy, peer: stored.peerText,
                try stored.require(stored.capability), errno: try stored.require("errno"),
                problem: stored.text("problem"))
        case .identityRefused: .identityRefused(try RefusedCaller(stored), problem: try stored.require("problem"))
        case .leaseRenew: .leaseRenew(try LeaseEvent(stored))
        case .leaseRelease: .leaseRelease(try LeaseEvent(stored))
        case .leaseExpire: .leaseExpire(try LeaseEvent(stored))
        case .holderExit: .holderExit(try LeaseEvent(stored))
        case .policyApply:
            .policyApply(
                try Revision(stored), directory: stored.text("directory"), files: stored.number("files"),
                changes: stored.number("changes"), changed: stored.texts("changed"),
                resolved: stored.texts("resolved"))
        case .ruleAdd:
            .ruleAdd(try Revision(stored), rule: try stored.require("rule"), document: stored.text("document"))
        case .ruleResume: .ruleResume(try Revision(stored), rule: try stored.require("rule"))
        case .revoke: .revoke(try Revision(stored), rules: stored.texts("revoked") ?? [])
        case .adminRecover: .adminRecover(try Revision(stored))
        case .originStart:
            .originStart(
                stored.policy == nil ? nil : try Revision(stored), name: try stored.require("origin"),
                key: try stored.require("key"), finding: try stored.require("finding"),
                previous: stored.text("previous"))
        case .capabilityAdd:
            .capabilityAdd(
                try Revision(stored), try stored.require(stored.capability), document: stored.text("document"))
        case .capabilityRemove: .capabilityRemove(try Revision(stored), try stored.require(stored.capability))
        case .capabilityRenew: .capabilityRenew(try Renewal(stored))
        case .clockStep: .clockStep(newestUSec: try stored.require("newestUSec"))
        case .clockAccept:
            .clockAccept(
                peer: try stored.require(stored.peerText), reason: stored.reason,
                newestUSec: try stored.require("newestUSec"), acceptedUSec: try stored.require("acceptedUSec"))
        case .auditRead: .auditRead(peer: try stored.require(stored.peerText), method: try stored.require("method"))
        case .export:
            .export(
                peer: try stored.require(stored.peerText), from: try stored.require("from"),
                to: try stored.require("to"))
        case .prune:
            .prune(
                peer: try stored.require(stored.peerText), from: try stored.require("from"),
                before: try stored.require("before"), signed: try stored.require("signed"),
                archiveSHA256: stored.text("archiveSha256"))
        case .cosignatureAdd:
            .cosignatureAdd(
                peer: try stored.require(stored.peerText), size: try stored.require("size"),
                names: stored.texts("names") ?? [])
        case .deposit: .deposit(try Deposit(stored))
        case .remove: .remove(try DepositEnd(stored))
        case .takeConfirm: .takeConfirm(try DepositEnd(stored))
        case .hangUp: .hangUp(try DepositEnd(stored))
        case .restore: .restore(try StoredDescriptor(stored), isKept: try stored.require("outcome") == kept)
        case .handover:
            .handover(
                peer: try stored.require(stored.peerText), descriptors: try stored.require("descriptors"),
                sha256: try stored.require("sha256"))
        case .handoverEnd: .handoverEnd(problem: try stored.require("problem"))
        }
    }
}

/// A record lacks what its type always has.
struct Missing: Error {}

extension StoredRecord {
    func require<Value>(_ value: Value?) throws(Missing) -> Value {
        guard let value else { throw Missing() }
        return value
    }

    func require(_ key: String) throws(Missing) -> String { try require(text(key)) }

    func require<Number: FixedWidthInteger>(_ key: String) throws(Missing) -> Number { try require(number(key)) }
}
