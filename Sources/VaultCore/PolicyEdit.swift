// SPDX-License-Identifier: Apache-2.0

import Records
import VaultModel
import VaultPolicy

/// What an act makes of the policy that is in force: the texts that are to be stored, what the ledger's tables are to hold,
/// and how it is recorded.
struct PolicyEdit {
    /// The most changes that a record lists.
    static let listedChanges = 64

    /// Its revision is the next one, where the act makes one.
    var stored: StoredPolicy
    var added: [StoredCapability]
    /// Capabilities that are added by command make no revision of the policy.
    var isRevision = true
    /// The files come from outside: they are checked in full, and stored with the revision.
    var bringsFiles = false
    /// What the names in it mean is looked up again, as if nothing had been read before.
    var looksAgain = false
    /// Rules that it takes away: by removing them, or by suspending them.
    var removed: Set<String> = []
    var suspended: Set<String> = []
    /// When the rules are applied that it brings, if it brings some.
    var anchor: TimeAnchor?
    /// What the ledger stores beside the revision. The argument is the index of the record.
    var changes: (_ record: UInt64) -> [StateChange] = { _ in [] }
    /// The record, of who, why and which revision.
    var record: (Record.Revision, PolicyOutcome) -> Record
    /// Why, where nobody said.
    var reason: String?
    var directory: DirectoryFiles?
    /// Whether a policy with errors in its texts, or one under which nobody administers the vault, is refused.
    var isChecked = true

    init(
        _ policy: PolicyInForce, revises: Bool = true, record: @escaping (Record.Revision, PolicyOutcome) -> Record
    ) {
        stored = policy.stored
        if revises { stored.revision += 1 }
        added = policy.added
        isRevision = revises
        self.record = record
    }

    // MARK: - Acts

    static func adding(_ rule: Rule, to policy: PolicyInForce, anchor: TimeAnchor?) throws(PolicyRefusal) -> PolicyEdit
    {
        guard policy.compiled.rule(rule.id) == nil else { throw .nameTaken(rule.id) }
        var edit = PolicyEdit(policy) { head, _ in .ruleAdd(head, rule: rule.id, document: rule.document) }
        let kept = StoredRule(
            id: rule.id, document: rule.document, origin: "granted", addedRevision: edit.stored.revision, anchor: anchor
        )
        edit.stored.rules.append(kept)
        edit.anchor = anchor
        edit.changes = { _ in [.ruleAdded(kept)] }
        return edit
    }

    static func resuming(_ id: String, in policy: PolicyInForce) throws(PolicyRefusal) -> PolicyEdit {
        guard policy.stored.suspensions.contains(where: { $0.rule == id }) else {
            guard let rule = policy.compiled.rule(id) else { throw .notFound(id) }
            throw .because(
                "the rule '\(id)' (\(rule.whence)) is not suspended: it is in force",
                remedy: "vault rules, which marks those that are suspended")
        }
        var edit = PolicyEdit(policy) { head, _ in .ruleResume(head, rule: id) }
        edit.stored.suspensions.removeAll { $0.rule == id }
        let revision = edit.stored.revision
        edit.changes = { _ in [.ruleResumed(id: id, revision: revision)] }
        return edit
    }

    /// Takes rules away: removes one that was granted, suspends one that a file holds.
    static func revoking(
        _ rules: [Rule], of policy: PolicyInForce, reason: String?, revises: Bool = true
    ) -> PolicyEdit {
        var edit = PolicyEdit(policy, revises: revises) { head, _ in .revoke(head, rules: rules.map(\.id)) }
        let ids = Set(rules.map(\.id))
        edit.removed = Set(edit.stored.rules.lazy.map(\.id).filter(ids.contains))
        edit.suspended = ids.subtracting(edit.removed)
        if !edit.removed.isEmpty { edit.stored.rules.removeAll { edit.removed.contains($0.id) } }
        let revision = edit.stored.revision
        let changes = rules.map { rule -> StateChange in
            edit.removed.contains(rule.id)
                ? .ruleRemoved(id: rule.id, revision: revision) : edit.stored.suspend(rule.id, reason)
        }
        edit.changes = { _ in changes }
        return edit
    }

    /// - Parameters:
    ///   - directory: what the files are, where a directory has them.
    ///   - isReread: it is the directory that is applied, not a command.
    static func replacing(
        _ files: [StoredFile], of directory: DirectoryFiles?, isReread: Bool, in policy: PolicyInForce,
        anchor: TimeAnchor?
    ) throws(PolicyRefusal) -> PolicyEdit {
        if let directory, isReread, files.isEmpty, !policy.stored.files.isEmpty {
            throw .because(
                "'\(directory.path)' holds no policy files any more",
                remedy: "to drop every rule, run `vault policy apply --empty`")
        }
        var edit = PolicyEdit(policy) { head, outcome in
            let changed = outcome.changes.prefix(Self.listedChanges).map { "\($0.kind.rawValue) \($0.subject)" }
            return .policyApply(
                head, directory: isReread ? directory?.path : nil, files: files.count, changes: outcome.changes.count,
                changed: changed.isEmpty ? nil : changed)
        }
        edit.stored.files = files
        edit.stored.filesAnchor = anchor
        edit.anchor = anchor
        edit.bringsFiles = true
        edit.looksAgain = true
        edit.directory = directory
        if isReread { edit.reason = "the directory changed" }
        let state = directory.map {
            PolicyDirectoryState(path: $0.path, sha256: $0.sha256, revision: edit.stored.revision)
        }
        edit.changes = { _ in state.map { [.directoryState($0)] } ?? [] }
        return edit
    }

    /// A suspension ends when its rule is in no file any more.
    /// - Returns: nil where none ends.
    func endingSuspensions(by built: BuiltPolicy) -> PolicyEdit? {
        let gone = Set(stored.suspensions.map(\.rule).filter { !built.policy.compiled.has($0) })
        guard bringsFiles, built.errors.isEmpty, !gone.isEmpty else { return nil }
        var edit = self
        edit.stored.suspensions.removeAll { gone.contains($0.rule) }
        let ended = gone.sorted().map { StateChange.ruleResumed(id: $0, revision: stored.revision) }
        edit.changes = { [changes] in changes($0) + ended }
        return edit
    }

    /// The texts as they are, with what their names and zones have come to mean.
    static func lookingAgain(_ policy: PolicyInForce) -> PolicyEdit {
        var edit = PolicyEdit(policy) { head, outcome in
            let names = outcome.built.resolved.map { "\($0.kind.rawValue) \($0.name)=\($0.id)" }
            return .policyApply(head, resolved: names)
        }
        edit.reason = "names and zones looked up again"
        edit.looksAgain = true
        edit.isChecked = false
        return edit
    }

    /// - Parameter record: the index of its record, as far as it is known.
    static func adding(
        _ capability: Capability, to policy: PolicyInForce, record: UInt64
    ) -> PolicyEdit {
        let text = CapabilityText(
            name: capability.name.text, kind: capability.kind.rawValue, rights: capability.rights.words,
            delivery: capability.delivery.rawValue)
        var edit = PolicyEdit(policy, revises: false) { head, _ in
            .capabilityAdd(head, text, document: capability.document)
        }
        let kept = { StoredCapability(name: text.name, document: capability.document, record: $0) }
        edit.added.append(kept(record))
        edit.changes = { [.capabilityAdded(kept($0))] }
        return edit
    }

    /// One that a file declares goes when the file no longer does.
    /// - Parameter entry: nil where it is stored and cannot be read, and so is in no table; it must be possible to be rid of it.
    static func removing(
        _ name: CapabilityName, _ entry: CapabilityEntry?, from policy: PolicyInForce
    ) throws(PolicyRefusal) -> PolicyEdit {
        guard policy.added.contains(where: { $0.name == name.text }) else {
            guard let entry else { throw .notFound(name.text) }
            let place = entry.capability.place.map { "\($0.path):\($0.line)" } ?? "a policy file"
            throw .because(
                "'\(name)' is declared in \(place)", remedy: "take it out of that file, then run `vault reload`")
        }
        let text = CapabilityText(name: name.text, kind: entry?.capability.kind.rawValue ?? "unknown")
        var edit = PolicyEdit(policy, revises: false) { head, _ in .capabilityRemove(head, text) }
        edit.added.removeAll { $0.name == name.text }
        edit.changes = { _ in [.capabilityRemoved(name: name.text)] }
        return edit
    }

    /// The owner's own rules, stored and visible like any other.
    /// - Returns: nil where they are all in force.
    static func restoringOwner(_ uid: UInt32, isRecovery: Bool, in policy: PolicyInForce) -> PolicyEdit? {
        let owner = Rule.bootstrap(owner: NamedID(id: uid))
        var edit = PolicyEdit(policy) { head, _ in
            isRecovery ? .adminRecover(head) : .policyApply(head)
        }
        edit.reason = "the owner of the vault may do everything"
        edit.isChecked = false
        let revision = edit.stored.revision
        var changes: [StateChange] = []
        for rule in owner where !edit.stored.rules.contains(where: { $0.id == rule.id }) {
            let kept = StoredRule(id: rule.id, document: rule.document, origin: "bootstrap", addedRevision: revision)
            edit.stored.rules.append(kept)
            changes.append(.ruleAdded(kept))
        }
        for suspension in edit.stored.suspensions where owner.contains(where: { $0.id == suspension.rule }) {
            changes.append(.ruleResumed(id: suspension.rule, revision: revision))
            edit.stored.suspensions.removeAll { $0.rule == suspension.rule }
        }
        if isRecovery {
            // A forbid wins over the rules that were put back.
            for rule in policy.compiled.rules where policy.compiled.isActive(rule) && rule.mayForbidAdmin(to: uid) {
                changes.append(edit.stored.suspend(rule.id, "--recover-admin: it may forbid admin to the owner"))
            }
        }
        edit.changes = { [changes] _ in changes }
        return changes.isEmpty ? nil : edit
    }

    /// Of a log that is not what was signed: rules that must not permit before somebody has looked are suspended, and limited
    /// uses are spent.
    static func accepting(
        _ finding: LogFinding, owner: UInt32, record: @escaping (Record.Revision) -> Record, spent: [StateChange],
        changes: @escaping (UInt64) -> [StateChange], in policy: PolicyInForce
    ) -> PolicyEdit {
        var edit = PolicyEdit(policy) { head, _ in record(head) }
        edit.reason = "--accept-rollback"
        edit.isChecked = false
        let reason = "the log was found to be another: \(finding)"
        let suspended = policy.unsure(after: finding, owner: owner).map { edit.stored.suspend($0, reason) }
        edit.changes = { spent + suspended + changes($0) }
        return edit
    }
}

extension StoredPolicy {
    fileprivate mutating func suspend(_ rule: String, _ reason: String?) -> StateChange {
        let suspension = Suspension(rule: rule, addedRevision: revision, reason: reason)
        suspensions.append(suspension)
        return .ruleSuspended(suspension)
    }
}

extension PolicyInForce {
    /// The rules that must not permit before somebody has looked: those that were granted by command, and those with uses for
    /// each principal, whose counts are not known; of a policy that was altered all but the owner's own.
    fileprivate func unsure(after finding: LogFinding, owner: UInt32) -> [String] {
        let ownersOwn = Rule.bootstrap(owner: NamedID(id: owner)).map(\.document)
        return compiled.rules.filter { rule in
            guard rule.effect == .permit, compiled.isActive(rule) else { return false }
            if finding.alteredRevision != nil { return !ownersOwn.contains(rule.document) }
            return rule.origin == .granted || rule.conditions.uses?.perPrincipal != nil
        }.map(\.id)
    }
}

extension Rule {
    /// Whether it forbids to administer to somebody who may be this user.
    fileprivate func mayForbidAdmin(to uid: UInt32) -> Bool {
        guard effect == .forbid, actions.contains(.admin) else { return false }
        let users = to.users.map(\.id) + to.uids
        return users.isEmpty || users.contains(uid)
    }
}
