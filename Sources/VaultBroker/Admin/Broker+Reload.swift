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
        let reply = try await reload(
            Rereading(author: Author(session), reason: parameters.reason, isDryRun: parameters.dryRun == true))
        if parameters.dryRun != true { await renewStale() }
        return reply
    }

    /// As `vault reload` does, on a signal. What keeps it from being done is said in the log, and by `Status` until a
    /// reload succeeds. During a start, which may have read the directory already, it is remembered, and done before the
    /// broker is ready.
    /// - Parameter begins: called when it is done now.
    /// - Returns: whether it was done now, in vain or not.
    package func reload(_ begins: @Sendable () -> Void = {}) async -> Bool {
        guard phase != .starting else {
            reloadIsWanted = true
            return false
        }
        begins()
        _ = await reloadUnasked()
        return true
    }

    /// Does what was put off.
    func reloadIfWanted() async {
        while reloadIsWanted, journal.isWorking {
            reloadIsWanted = false
            isReloadingAgain = true
            defer { isReloadingAgain = false }
            // Of a log that has failed once more it is heard when that is back.
            if await !reloadUnasked(), !journal.isWorking { reloadIsWanted = true }
        }
    }

    /// - Returns: whether the directory's policy is in force now.
    private func reloadUnasked() async -> Bool {
        do {
            let reply = try await reload(Rereading())
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
        var author: Author?
        var reason: String?
        var isDryRun = false
        /// At a start names and zones were looked up just now.
        var isStart = false
    }

    /// A failure is kept for `Status` until one succeeds.
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
        let outcome = try await change(
            .reread(directory?.stored, isStart: reading.isStart), by: reading.author, reason: reading.reason,
            isDryRun: reading.isDryRun)
        let unread = directory?.unread ?? []
        // At a start the opener has said by itself what it cannot open.
        let isNew = outcome.isDirectorys || !reading.isStart
        let places = isNew ? await placeProblems(of: outcome.built.policy.capabilities) : []
        if !reading.isDryRun { log(unread + policy.problems) }
        let changes = outcome.changes
        return .init(
            revision: policy.revision, record: outcome.record.map { Int($0) },
            changes: changes.prefix(Self.mostChanges).map(\.onWire),
            problems: (unread + outcome.built.problems + places).map(\.onWire), source: policySource.rawValue,
            directory: configuration.policyDirectory,
            changesLeft: changes.count > Self.mostChanges ? changes.count - Self.mostChanges : nil)
    }

    /// nil where there is no policy directory.
    func readDirectory() async throws(VarlinkError) -> PolicyDirectory? {
        guard let path = configuration.policyDirectory else { return nil }
        let mayBeMissing = configuration.policyDirectoryMayBeMissing && core.administration.applied(path) == nil
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

    /// So many changes are listed: a reply has an end, and a policy can be as large as its files.
    static let mostChanges = 1000

    /// What could not be opened is tried again: its path may be another by now.
    private func openFailedAgain() {
        openAtStart(table.sorted { $0.problem != nil })
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

extension PolicyDirectory {
    /// What is applied and stored of it.
    var stored: DirectoryFiles {
        DirectoryFiles(path: path, sha256: sha256, files: files.map { StoredFile(path: $0.path, text: $0.text) })
    }
}
