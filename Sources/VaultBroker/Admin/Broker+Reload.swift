// SPDX-License-Identifier: Apache-2.0

import PolicyFiles
import Records
import SystemPackage
import Varlink
import VaultCore
import VaultInterface
import VaultLedger
import VaultModel
import VaultPolicy

/// Reading the policy directory again, and with it everything outside of the texts on which a decision rests: the ids of
/// names, the tables of time zones.
extension Broker {
    func reload(
        _ parameters: AdminInterface.Reload.Parameters, _ session: Session
    ) async throws(VarlinkError) -> AdminInterface.Reload.Reply {
        let reply = try await policyTurn.run { () throws(VarlinkError) in
            try await self.reload(
                Rereading(author: session, reason: parameters.reason, isDryRun: parameters.dryRun == true))
        }
        if parameters.dryRun != true { await renewStale() }
        return reply
    }

    /// As `vault reload` does, on a signal. What keeps it from being done is said in the log, and by `Status` until a
    /// reload succeeds.
    /// - Returns: whether the directory's policy is in force now.
    @discardableResult
    package func reload() async -> Bool {
        do {
            let reply = try await policyTurn.run { () throws(VarlinkError) in try await self.reload(Rereading()) }
            await renewStale()
            log.notice(
                "reloaded", metadata: ["policy": "\(reply.revision)", "changes": "\(reply.changes?.count ?? 0)"])
            return true
        } catch {
            for line in Self.lines(of: error) { log.error("nothing was reloaded: \(line)") }
            return false
        }
    }

    /// One reading of what the policy rests on.
    struct Rereading {
        /// nil for a start or a signal.
        var author: Session?
        var reason: String?
        var isDryRun = false
        /// At a start names and zones were looked up just now.
        var isStart = false
    }

    /// Call in turn. A failure is kept for `Status` until one succeeds.
    @discardableResult
    func reload(_ reading: Rereading) async throws(VarlinkError) -> AdminInterface.Reload.Reply {
        do throws(VarlinkError) {
            let reply = try await reread(reading)
            if !reading.isDryRun {
                reloadFailure = nil
                // Whoever has an id now may be called otherwise.
                users = UserNames()
                openFailedAgain()
            }
            return reply
        } catch {
            if !reading.isDryRun { reloadFailure = ReloadFailure(lines: Self.lines(of: error), at: Moment.now()) }
            throw error
        }
    }

    private func reread(_ reading: Rereading) async throws(VarlinkError) -> AdminInterface.Reload.Reply {
        let directory = try await readDirectory()
        var reply: AdminInterface.Reload.Reply
        if let directory, directory.sha256 != directoryHashes[directory.path] {
            reply = try await apply(directory, reading)
        } else if reading.isStart {
            reply = self.reply(changes: [], problems: policy.problems)
        } else {
            reply = try await lookAgain(reading)
        }
        let unread = directory?.unread ?? []
        reply.problems = unread.map(\.onWire) + (reply.problems ?? [])
        if !reading.isDryRun { log(unread + policy.problems) }
        return reply
    }

    /// nil where there is no policy directory.
    func readDirectory() async throws(VarlinkError) -> PolicyDirectory? {
        guard let path = configuration.policyDirectory else { return nil }
        let mayBeMissing = configuration.policyDirectoryMayBeMissing && directoryHashes[path] == nil
        let read = await work.run { () -> Result<PolicyDirectory?, PolicyProblem> in
            if mayBeMissing, !PolicyDirectory.isThere(path) { return .success(nil) }
            do throws(PolicyProblem) {
                return .success(try PolicyDirectory.read(path))
            } catch {
                return .failure(error)
            }
        }
        switch read {
        case .success(let directory): return directory
        case .failure(let problem): throw AdminError.policyRefused(problems: [problem.onWire]).varlinkError
        }
    }

    /// Makes what the directory holds the policy, as a whole or not at all.
    private func apply(
        _ directory: PolicyDirectory, _ reading: Rereading
    ) async throws(VarlinkError) -> AdminInterface.Reload.Reply {
        var stored = policy.stored
        stored.revision += 1
        stored.files = directory.files.map { StoredFile(path: $0.path, text: $0.text) }
        stored.filesAnchor = currentAnchor()
        let state = PolicyDirectoryState(path: directory.path, sha256: directory.sha256, revision: stored.revision)
        let (built, ended) = await buildEndingSuspensions(stored)
        try refuseProblems(built.errors)
        try refuseOrphan(built)
        guard !directory.files.isEmpty || policy.stored.files.isEmpty else {
            throw refusal(
                "'\(directory.path)' holds no policy files any more",
                "to drop every rule, run `vault policy apply --empty`")
        }
        let changes = policy.changes(to: built.policy)
        let warnings = built.problems + (await placeProblems(of: built.policy.capabilities))
        guard !reading.isDryRun else { return reply(changes: changes, problems: warnings) }
        let change = PolicyChange(
            author: reading.author, reason: reading.reason ?? "the directory changed", policy: built.policy.stored,
            added: policy.added, files: stored.files, anchor: stored.filesAnchor,
            changes: [.directoryState(state)] + ended
        ) { [count = directory.files.count] in
            .policyApply($0, directory: directory.path, files: count, changes: changes.count)
        }
        let index = try await commit(change, built)
        directoryHashes[directory.path] = directory.sha256
        return reply(changes: changes, problems: warnings, record: index)
    }

    /// Looks up names and zones again under the texts that are in force: what differs is a new revision.
    private func lookAgain(_ reading: Rereading) async throws(VarlinkError) -> AdminInterface.Reload.Reply {
        var stored = policy.stored
        stored.revision += 1
        let built = await build(stored, policy.added)
        let changes = policy.changes(to: built.policy)
        let warnings = built.problems + (await placeProblems(of: built.policy.capabilities))
        guard !changes.isEmpty || !built.resolved.isEmpty else {
            if !reading.isDryRun { policy.problems = built.problems }
            return reply(changes: [], problems: warnings)
        }
        guard !reading.isDryRun else { return reply(changes: changes, problems: warnings) }
        let index = try await recordChangedNames(built, by: reading.author, reason: reading.reason)
        return reply(changes: changes, problems: warnings, record: index)
    }

    /// A user or group whose id has changed, or a zone whose table has, makes a new revision.
    @discardableResult
    func recordChangedNames(
        _ built: PolicyBuilder.Built, by author: Session? = nil, reason: String? = nil
    ) async throws(VarlinkError) -> UInt64 {
        let change = PolicyChange(
            author: author, reason: reason ?? "names and zones looked up again", policy: built.policy.stored,
            added: policy.added
        ) { revision in
            .policyApply(revision, resolved: built.resolved.map { "\($0.kind.rawValue) \($0.name)=\($0.id)" })
        }
        return try await commit(change, built)
    }

    private func reply(
        changes: [Change], problems: [PolicyProblem], record: UInt64? = nil
    ) -> AdminInterface.Reload.Reply {
        .init(
            revision: policy.revision, record: record.map { Int($0) },
            changes: changes.prefix(Self.mostChanges).map(\.onWire), problems: problems.map(\.onWire),
            source: policySource.rawValue, directory: configuration.policyDirectory,
            changesLeft: changes.count > Self.mostChanges ? changes.count - Self.mostChanges : nil)
    }

    /// So many changes are listed: a reply has an end, and a policy can be as large as its files.
    static let mostChanges = 1000

    /// What could not be opened is tried again: its path may be another by now.
    private func openFailedAgain() {
        openAtStart(table.sorted.filter { $0.problem != nil })
    }

    // MARK: What is said

    /// What is wrong with the policy, in the daemon's log.
    func log(_ problems: [PolicyProblem]) {
        for problem in problems { log.warning("the policy: \(problem.summary)") }
    }

    /// What a refusal says, a line for each problem.
    static func lines(of error: VarlinkError) -> [String] {
        guard case .policyRefused(let problems)? = AdminError(error) else {
            guard case .auditUnavailable(let message)? = BrokerError(error) else { return ["\(error)"] }
            return ["the log cannot be written: \(message)"]
        }
        return problems.map { problem in
            PolicyProblem(
                path: problem.path, line: problem.line, column: problem.column, message: problem.message,
                remedy: problem.remedy
            ).summary
        }
    }
}

/// Why the last reload did not come about.
struct ReloadFailure {
    /// One for each problem, with its place and remedy.
    var lines: [String]
    var at: Moment

    init(lines: [String], at moment: Moment) {
        self.lines = lines
        at = moment
    }
}
