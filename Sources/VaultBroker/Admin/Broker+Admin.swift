// SPDX-License-Identifier: Apache-2.0

import JSONText
import PolicyFiles
import Records
import Varlink
import VaultCore
import VaultInterface
import VaultLedger
import VaultModel
import VaultPolicy

/// `io.vaultd.Admin`: rules, capabilities and policies changed by command.
extension Broker {
    // MARK: Rules

    func grant(
        _ parameters: AdminInterface.Grant.Parameters, _ session: Session
    ) async throws(VarlinkError) -> AdminInterface.Grant.Reply {
        try await policyTurn.run { () throws(VarlinkError) in
            var stored = policy.stored
            stored.revision += 1
            let names = await read(rule: parameters.document, defaultID: "granted-\(stored.revision)")
            let rule = try names.get()
            guard policy.compiled.rule(rule.id) == nil else {
                throw BrokerError.nameTaken(name: rule.id).varlinkError
            }
            let kept = StoredRule(
                id: rule.id, document: rule.document, origin: "granted", addedRevision: stored.revision,
                anchor: currentAnchor())
            stored.rules.append(kept)
            let built = await build(stored, policy.added)
            try refuseProblems(built.errors)
            // A forbid can lock everybody out.
            try refuseOrphan(built)
            let warnings = RuleReach(built.policy.capabilities).problems(of: rule).map(\.onWire)
            if parameters.dryRun == true { return .init(rule: rule.id, record: nil, problems: warnings) }
            let change = PolicyChange(
                author: session, reason: parameters.reason, policy: stored, added: policy.added,
                anchor: kept.anchor, changes: [.ruleAdded(kept)]
            ) { .ruleAdd($0, rule: rule.id, document: rule.document) }
            let index = try await commit(change, built)
            return .init(rule: rule.id, record: Int(index), problems: warnings)
        }
    }

    func resume(
        _ parameters: AdminInterface.Resume.Parameters, _ session: Session
    ) async throws(VarlinkError) -> AdminInterface.Resume.Reply {
        try await policyTurn.run { () throws(VarlinkError) in
            var stored = policy.stored
            guard stored.suspensions.contains(where: { $0.rule == parameters.rule }) else {
                guard let rule = policy.compiled.rule(parameters.rule) else {
                    throw BrokerError.notFound(name: parameters.rule).varlinkError
                }
                throw refusal(
                    "the rule '\(rule.id)' (\(Self.origin(of: rule))) is not suspended: it is in force",
                    "vault rules, which marks those that are suspended")
            }
            stored.revision += 1
            stored.suspensions.removeAll { $0.rule == parameters.rule }
            let built = await build(stored, policy.added)
            try refuseProblems(built.errors)
            try refuseOrphan(built)
            let change = PolicyChange(
                author: session, reason: parameters.reason, policy: stored, added: policy.added,
                changes: [.ruleResumed(id: parameters.rule, revision: stored.revision)]
            ) { .ruleResume($0, rule: parameters.rule) }
            return .init(record: Int(try await commit(change, built)))
        }
    }

    func rules(
        _ parameters: AdminInterface.Rules.Parameters, _ session: Session
    ) async throws(VarlinkError) -> AdminInterface.Rules.Reply {
        let pattern = try parameters.pattern.map { text throws(VarlinkError) in try Self.pattern(text) }
        var shown = policy
        if let revision = parameters.revision, revision != policy.revision {
            // By the names of then: what it is shown for is what it meant.
            guard let past = try await pastPolicy(revision, bootID, files: nil) else {
                throw Self.noRevision(revision)
            }
            shown = past
        }
        let files = parameters.files == true ? shown.stored.files : nil
        let rules = shown.compiled.rules.filter { rule in
            pattern.map { pattern in rule.capabilities.contains { $0.text == pattern.text || pattern.covers($0) } }
                ?? true
        }
        return .init(
            revision: shown.revision,
            rules: rules.map { rule in
                .init(
                    id: rule.id, origin: Self.origin(of: rule),
                    suspended: shown.compiled.suspended.contains(rule.id), usesLeft: usesLeft(rule),
                    document: rule.document)
            }, files: files?.map { .init(path: $0.path, text: $0.text) })
    }

    /// Where a rule comes from: a place in a file, or how it was made.
    static func origin(of rule: Rule) -> String {
        guard case .file(let path) = rule.origin, let place = rule.place else { return "\(rule.origin)" }
        return "\(path):\(place.line)"
    }

    private func usesLeft(_ rule: Rule) -> Int? {
        guard let limit = rule.conditions.uses?.inAll else { return nil }
        let used = counters.used(rule: rule.id, principal: nil)
        return Int(clamping: limit > used ? limit - used : 0)
    }

    func revisions(
        _ parameters: AdminInterface.Revisions.Parameters, _ session: Session
    ) async throws(VarlinkError) -> AdminInterface.Revisions.Reply {
        do {
            return .init(revisions: try await reader.revisions().map(\.described))
        } catch {
            throw BrokerError.auditUnavailable(message: error.message).varlinkError
        }
    }

    private static func noRevision(_ revision: Int) -> VarlinkError {
        BrokerError.notFound(name: "revision \(revision)").varlinkError
    }

    private func storedPolicy(_ revision: Int) async throws(VarlinkError) -> StoredPolicy {
        let found: StoredPolicy?
        do {
            found = try await reader.policy(revision: revision)
        } catch {
            throw BrokerError.auditUnavailable(message: error.message).varlinkError
        }
        guard let found else { throw Self.noRevision(revision) }
        return found
    }

    // MARK: Whole policies

    func applyPolicy(
        _ parameters: AdminInterface.ApplyPolicy.Parameters, _ session: Session
    ) async throws(VarlinkError) -> AdminInterface.ApplyPolicy.Reply {
        try await policyTurn.run { () throws(VarlinkError) in
            var files = parameters.files?.map { StoredFile(path: $0.path, text: $0.text) }
            if let revision = parameters.revision {
                guard files == nil else { throw .invalidParameter("revision") }
                files = try await storedPolicy(revision).files
            }
            guard var files else { throw .invalidParameter("files") }
            // Files that are just those of the directory make it the source, and lie where it has them.
            let onDisk = try? await readDirectory()
            let directory = await isDirectory(onDisk, files) ? onDisk : nil
            if let directory { files = directory.files.map { StoredFile(path: $0.path, text: $0.text) } }
            var stored = policy.stored
            stored.revision += 1
            stored.files = files
            stored.filesAnchor = currentAnchor()
            let (built, ended) = await buildEndingSuspensions(stored)
            let warnings = built.problems + (await placeProblems(of: built.policy.capabilities))
            let changes = policy.changes(to: built.policy).map(\.onWire)
            var reply = AdminInterface.ApplyPolicy.Reply(changes: changes, problems: warnings.map(\.onWire))
            guard built.errors.isEmpty else { return reply }
            try refuseOrphan(built)
            reply.directory = configuration.policyDirectory
            reply.source = (directory == nil ? source(of: built.policy) : .directory).rawValue
            if reply.source == PolicySource.command.rawValue, let onDisk {
                let reloaded = await buildDirectory(onDisk).policy
                reply.reloadChanges = built.policy.changes(to: reloaded).prefix(Self.mostChanges).map(\.onWire)
            }
            if parameters.dryRun == true { return reply }
            let state = directory.map { directory in
                StateChange.directoryState(
                    .init(path: directory.path, sha256: directory.sha256, revision: stored.revision))
            }
            let change = PolicyChange(
                author: session, reason: parameters.reason, policy: built.policy.stored,
                added: policy.added, files: stored.files, anchor: stored.filesAnchor,
                changes: [state].compactMap { $0 } + ended
            ) { [count = files.count] in .policyApply($0, files: count, changes: changes.count) }
            reply.record = Int(try await commit(change, built))
            reply.revision = built.policy.revision
            if let directory {
                directoryHashes[directory.path] = directory.sha256
                reloadFailure = nil
            }
            return reply
        }
    }

    /// Builds a policy with other files. A suspension ends when its rule is in no file any more.
    /// - Returns: what was built, and what the ledger is to store of the suspensions that end.
    func buildEndingSuspensions(_ stored: StoredPolicy) async -> (built: PolicyBuilder.Built, ended: [StateChange]) {
        let built = await build(stored, policy.added, filesAreNew: true)
        let gone = Set(stored.suspensions.map(\.rule).filter { built.policy.compiled.rule($0) == nil })
        guard built.errors.isEmpty, !gone.isEmpty else { return (built, []) }
        var stored = stored
        stored.suspensions.removeAll { gone.contains($0.rule) }
        let ended = gone.sorted().map { StateChange.ruleResumed(id: $0, revision: stored.revision) }
        return (await build(stored, policy.added, filesAreNew: true), ended)
    }

    // MARK: Capabilities

    func addCapability(
        _ parameters: AdminInterface.AddCapability.Parameters, _ session: Session
    ) async throws(VarlinkError) -> AdminInterface.AddCapability.Reply {
        try await policyTurn.run { () throws(VarlinkError) in
            let capability = try await read(capability: parameters.document).get()
            guard table[capability.name] == nil else {
                throw BrokerError.nameTaken(name: capability.name.text).varlinkError
            }
            var added = policy.added
            let kept = StoredCapability(
                name: capability.name.text, document: capability.document, record: journal.nextIndex)
            added.append(kept)
            let built = await build(policy.stored, added)
            try refuseProblems(built.errors)
            let index = try await record(
                .capabilityAdd(
                    revision(of: session, parameters.reason),
                    CapabilityText(
                        name: capability.name.text, kind: capability.kind.rawValue, rights: capability.rights.words,
                        delivery: capability.delivery.rawValue), document: capability.document),
                changes: { [.capabilityAdded(StoredCapability(name: kept.name, document: kept.document, record: $0))] })
            recorded.capabilities = added
            adopt(built.policy)
            let warnings = await placeProblems(of: [capability])
            return .init(record: Int(index), problems: warnings.map(\.onWire))
        }
    }

    func removeCapability(
        _ parameters: AdminInterface.RemoveCapability.Parameters, _ session: Session
    ) async throws(VarlinkError) -> AdminInterface.RemoveCapability.Reply {
        guard let name = try? CapabilityName(parameters.name) else { throw .invalidParameter("name") }
        return .init(record: try await remove(name, reason: parameters.reason, session))
    }

    /// `Remove` of the broker's interface: for whom a rule permits to remove the name, or to administer, so that one call
    /// serves both and a refusal is one record.
    func remove(
        _ parameters: BrokerInterface.Remove.Parameters, _ answer: Answer, _ session: Session
    ) {
        guard let name = try? CapabilityName(parameters.name) else {
            return answer.refuse(VarlinkError.invalidParameter("name"))
        }
        let moment = Moment.now()
        let decision = decision(.remove, name, session, moment)
        guard decision.isPermitted || self.decision(.admin, nil, session, moment).isPermitted else {
            return deny(
                Denial(action: .remove, name: name, asked: nil, decision: decision, moment: moment), answer, session)
        }
        Task {
            do throws(VarlinkError) {
                answer.reply(BrokerInterface.Remove.Reply(record: try await remove(name, reason: nil, session)))
            } catch {
                answer.refuse(error)
            }
        }
    }

    /// Takes an added capability out of the table. One that a file declares goes when the file no longer does.
    private func remove(
        _ name: CapabilityName, reason: String?, _ session: Session
    ) async throws(VarlinkError) -> Int {
        try await policyTurn.run { () throws(VarlinkError) in
            let entry = table[name]
            // One that is stored and cannot be read is in no table; it must be possible to be rid of it.
            guard policy.added.contains(where: { $0.name == name.text }) else {
                guard let entry else { throw BrokerError.notFound(name: name.text).varlinkError }
                let place = entry.capability.place.map { "\($0.path):\($0.line)" } ?? "a policy file"
                throw refusal(
                    "'\(name)' is declared in \(place)", "take it out of that file, then run `vault reload`")
            }
            let built = await build(policy.stored, policy.added.filter { $0.name != name.text })
            // What ends authority is in force before it is recorded.
            adopt(built.policy)
            await account(for: session)
            let changes = { (_: UInt64) in [StateChange.capabilityRemoved(name: name.text)] }
            let removed = CapabilityText(name: name.text, kind: entry?.capability.kind.rawValue ?? "unknown")
            let index = try await record(.capabilityRemove(revision(of: session, reason), removed), changes: changes)
            recorded.capabilities = policy.added
            return Int(index)
        }
    }

    /// What is changed by command beside the rules, under the policy that is in force.
    private func revision(of session: Session, _ reason: String?) -> Record.Revision {
        .init(policy: policy.stamp, peer: session.author ?? session.peerText, reason: reason)
    }
}
