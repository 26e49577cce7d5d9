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
        let outcome = try await change(
            .addRule(document: parameters.document), by: Author(session), reason: parameters.reason,
            isDryRun: parameters.dryRun == true)
        guard let rule = outcome.rule else { return .init(rule: "", record: outcome.record.map(Int.init)) }
        // Each name is looked at.
        let capabilities = outcome.built.policy.capabilities + (await deposits(for: rule, session))
        // The owner may deposit what it likes, and can be wrong about a name all the same.
        let rules = outcome.built.policy.compiled.rules.filter { $0.origin != .bootstrap }
        let problems = await questions.run { RuleReach(capabilities, depositedBy: rules).problems(of: [rule]) }
        return .init(rule: rule.id, record: outcome.record.map(Int.init), problems: problems.map(\.onWire))
    }

    /// What is deposited under names that a rule is about.
    private func deposits(for rule: Rule, _ session: Session) async -> [Capability] {
        var found: [Capability] = []
        guard core.deposits.count > 0 else { return found }
        for pattern in rule.capabilities {
            var walk = NameWalk(pattern)
            while !walk.isAtEnd, !session.isClosed {
                let piece = await inTurn(of: session, &walk) { walk in
                    walk.next(in: table) { $0.deposit != nil }.map(\.capability)
                }
                found += piece ?? []
            }
        }
        return found
    }

    func resume(
        _ parameters: AdminInterface.Resume.Parameters, _ session: Session
    ) async throws(VarlinkError) -> AdminInterface.Resume.Reply {
        let outcome = try await change(.resume(rule: parameters.rule), by: Author(session), reason: parameters.reason)
        return .init(record: try record(of: outcome))
    }

    /// Of an act that is recorded or refused.
    private func record(of outcome: PolicyOutcome) throws(VarlinkError) -> Int {
        guard let record = outcome.record else { throw refusal("nothing was changed", "vault status") }
        return Int(record)
    }

    func rules(
        _ parameters: AdminInterface.Rules.Parameters, _ session: Session
    ) async throws(VarlinkError) -> WrittenReply<AdminInterface.Rules> {
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
        let (revision, compiled, counters) = (shown.revision, shown.compiled, counters.now)
        if let id = parameters.rule, compiled.rule(id) == nil { throw BrokerError.notFound(name: id).varlinkError }
        // There may be many, and each is written out.
        return await questions.run {
            let rules = compiled.rules.lazy.filter { rule in
                guard parameters.rule.map({ $0 == rule.id }) ?? true else { return false }
                guard let pattern else { return true }
                return rule.capabilities.contains { $0.text == pattern.text || pattern.covers($0) }
            }.map { rule in
                AdminInterface.Rule(
                    id: rule.id, origin: rule.whence,
                    suspended: compiled.suspended.contains(rule.id), usesLeft: Self.usesLeft(rule, counters),
                    document: rule.document)
            }
            return .init(
                .init(
                    revision: revision, rules: Array(rules),
                    files: files?.map { .init(path: $0.path, text: $0.text) }))
        }
    }

    private static func usesLeft(_ rule: Rule, _ counters: Counters) -> Int? {
        guard let limit = rule.conditions.uses?.inAll else { return nil }
        let used = counters.used(rule: rule.id, principal: nil)
        return Int(clamping: limit > used ? limit - used : 0)
    }

    func revisions(
        _ parameters: AdminInterface.Revisions.Parameters, _ session: Session
    ) async throws(VarlinkError) -> AdminInterface.Revisions.Reply {
        do {
            var revisions: [AdminInterface.Revision] = []
            for revision in try await reader.revisions() {
                var described = revision.described
                if let entry = try await reader.record(revision.record) {
                    (described.changed, described.changes) = Self.changes(told: StoredRecord(reading: entry.text))
                }
                revisions.append(described)
            }
            return .init(revisions: revisions)
        } catch {
            throw BrokerError.auditUnavailable(message: error.message).varlinkError
        }
    }

    /// What a record of a change tells of it. One that was pruned tells nothing.
    private static func changes(told stored: StoredRecord) -> (Int?, [String]?) {
        switch Record(stored) {
        case .policyApply(_, _, _, let count, let changed, _): return (count, changed)
        case .ruleAdd(_, let rule, _): return (1, ["rule.add \(rule)"])
        case .ruleResume(_, let rule): return (1, ["rule.resume \(rule)"])
        case .revoke(_, let rules): return (rules.count, rules.map { "revoke \($0)" })
        default: return (nil, nil)
        }
    }

    func compare(
        _ parameters: AdminInterface.Compare.Parameters, _ session: Session
    ) async throws(VarlinkError) -> AdminInterface.Compare.Reply {
        guard let one = try await pastPolicy(parameters.from, bootID, files: nil) else {
            throw Self.noRevision(parameters.from)
        }
        guard let other = try await pastPolicy(parameters.to, bootID, files: nil) else {
            throw Self.noRevision(parameters.to)
        }
        return .init(changes: await work.run { one.changes(to: other) }.map(\.onWire))
    }

    func declaration(
        _ parameters: AdminInterface.Declaration.Parameters
    ) throws(VarlinkError) -> AdminInterface.Declaration.Reply {
        guard let name = try? CapabilityName(parameters.name) else { throw .invalidParameter("name") }
        guard let capability = policy.capabilities.first(where: { $0.name == name }) else {
            throw BrokerError.notFound(name: name.text).varlinkError
        }
        let place = capability.place.map { "\($0.path):\($0.line)" }
        return .init(document: capability.document, origin: place ?? "added")
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
        var files = parameters.files?.map { StoredFile(path: $0.path, text: $0.text) }
        if let revision = parameters.revision {
            guard files == nil else { throw .invalidParameter("revision") }
            files = try await storedPolicy(revision).files
        }
        guard var files else { throw .invalidParameter("files") }
        // Files that are just those of the directory make it the source, and lie where it has them.
        let onDisk = try? await readDirectory()
        let directory = await isDirectory(onDisk, files) ? onDisk : nil
        if let directory { files = directory.stored.files }
        let author = Author(session)
        let result = await attempt(
            .replaceFiles(files, of: directory?.stored), by: author, reason: parameters.reason,
            isDryRun: parameters.dryRun == true)
        let outcome: PolicyOutcome
        switch result {
        case .success(let done): outcome = done
        case .failure(.problems(_, let built?)):
            return .init(
                changes: (built.changes ?? []).map(\.onWire), problems: await problems(of: built))
        case .failure(let refusal): throw await refused(refusal, author)
        }
        let built = outcome.built
        var reply = AdminInterface.ApplyPolicy.Reply(
            changes: outcome.changes.map(\.onWire), problems: await problems(of: built))
        reply.directory = configuration.policyDirectory
        reply.source = (directory == nil ? source(of: built.policy) : .directory).rawValue
        if reply.source == PolicySource.command.rawValue, let onDisk {
            let reloadChanges = await buildDirectory(onDisk, on: built.policy).changes ?? []
            reply.reloadChanges = reloadChanges.prefix(Self.mostChanges).map(\.onWire)
        }
        guard let record = outcome.record else { return reply }
        reply.record = Int(record)
        reply.revision = built.policy.revision
        if directory != nil { reloadFailure = nil }
        return reply
    }

    private func problems(of built: BuiltPolicy) async -> [AdminInterface.Problem] {
        (built.problems + (await placeProblems(of: built.policy.capabilities))).map(\.onWire)
    }

    // MARK: Capabilities

    func addCapability(
        _ parameters: AdminInterface.AddCapability.Parameters, _ session: Session
    ) async throws(VarlinkError) -> AdminInterface.AddCapability.Reply {
        let capability: Capability
        do throws(PolicyRefusal) {
            capability = try await read(capability: parameters.document).get()
        } catch {
            throw error.varlinkError
        }
        let outcome = try await change(.addCapability(capability), by: Author(session), reason: parameters.reason)
        let warnings = await placeProblems(of: [capability])
        return .init(record: try record(of: outcome), problems: warnings.map(\.onWire))
    }

    func removeCapability(
        _ parameters: AdminInterface.RemoveCapability.Parameters, _ session: Session
    ) async throws(VarlinkError) -> AdminInterface.RemoveCapability.Reply {
        guard let name = try? CapabilityName(parameters.name) else { throw .invalidParameter("name") }
        return .init(record: try await remove(name, reason: parameters.reason, Author(session)))
    }

    /// `Remove` of the broker's interface.
    func remove(
        _ parameters: BrokerInterface.Remove.Parameters, _ answer: Answer, _ session: Session
    ) {
        guard let name = name(parameters.name, to: .remove, answer, session) else { return }
        if let entry = table[name], entry.deposit != nil { return removeDeposit(entry, answer, session) }
        let author = Author(session, by: [.init(action: .remove, name: name), .init(action: .admin)])
        Task {
            do throws(VarlinkError) {
                answer.reply(BrokerInterface.Remove.Reply(record: try await remove(name, reason: nil, author)))
            } catch {
                answer.refuse(error)
            }
        }
    }

    /// Takes an added capability out of the table.
    private func remove(
        _ name: CapabilityName, reason: String?, _ author: Author
    ) async throws(VarlinkError) -> Int {
        try record(of: try await change(.removeCapability(name), by: author, reason: reason))
    }
}
