// SPDX-License-Identifier: Apache-2.0

import PolicyFiles
import Records
import Varlink
import VaultCore
import VaultInterface
import VaultLedger
import VaultModel
import VaultPolicy

/// Whence the files of the policy in force are. The directory of policy files and `vault policy apply` both can set them;
/// one of them did so last, and is the source.
enum PolicySource: String {
    /// They are what the directory held when it was applied.
    case directory
    /// Somebody applied them, and the directory holds or held others.
    case command
    /// No files were ever applied.
    case none
}

extension Broker {
    var policySource: PolicySource { source(of: policy) }

    /// What the source would be with another policy in force, with the directory as it was applied last.
    func source(of policy: PolicyInForce) -> PolicySource {
        let applied = configuration.policyDirectory.flatMap(core.administration.applied)
        if applied == policy.filesSHA256 { return .directory }
        return policy.stored.files.isEmpty && applied == nil ? .none : .command
    }

    /// What `status` says of the directory, and of what a reload would do.
    struct DirectoryReport {
        /// Whether what lies there is the policy in force.
        var isInForce: Bool
        /// What applying it would change; empty where it is in force.
        var changes: [Change] = []
        /// What keeps it from being applied: it cannot be read, or has errors.
        var errors: [PolicyProblem] = []
        var unread: [PolicyProblem] = []
        /// Whether the next reload or start would apply it.
        var isDue = false
    }

    /// What a directory would change in a policy.
    struct DirectoryComparison {
        var sha256: String
        var revision: Int
        var added: [StoredCapability]
        var changes: [Change]
        var errors: [PolicyProblem]
    }

    /// nil where there is no directory.
    func directoryReport() async -> DirectoryReport? {
        guard configuration.policyDirectory != nil else { return nil }
        let directory: PolicyDirectory
        do throws(VarlinkError) {
            guard let found = try await readDirectory() else { return nil }
            directory = found
        } catch {
            guard case .policyRefused(let problems)? = AdminError(error) else { return nil }
            return DirectoryReport(
                isInForce: false,
                errors: problems.map {
                    PolicyProblem(
                        path: $0.path, line: $0.line, column: $0.column, message: $0.message, remedy: $0.remedy)
                })
        }
        var report = DirectoryReport(
            isInForce: directory.sha256 == policy.filesSHA256, unread: directory.unread,
            isDue: directory.sha256 != core.administration.applied(directory.path))
        guard !report.isInForce else { return report }
        let comparison: DirectoryComparison
        // Nothing is read and compared again while neither side has changed: the state is asked for every few seconds.
        if let known = directoryComparison, known.sha256 == directory.sha256, known.revision == policy.revision,
            known.added == policy.added
        {
            comparison = known
        } else {
            let before = policy
            let built = await buildDirectory(directory, on: before)
            comparison = DirectoryComparison(
                sha256: directory.sha256, revision: before.revision, added: before.added,
                changes: built.changes ?? [], errors: built.errors)
            directoryComparison = comparison
        }
        report.changes = comparison.changes
        report.errors = comparison.errors
        return report
    }

    /// A policy as it would be with the files of the directory, and what is other in it.
    func buildDirectory(_ directory: PolicyDirectory, on policy: PolicyInForce) async -> BuiltPolicy {
        var wanted = PolicyBuild(policy.stored, policy.added)
        wanted.stored.revision += 1
        wanted.stored.files = directory.stored.files
        wanted.filesAreNew = true
        wanted.looksAgain = true
        wanted.before = policy
        wanted.isTrial = true
        return await build(wanted).0
    }

    /// Whether files are just those of the directory, wherever they lie.
    func isDirectory(_ directory: PolicyDirectory?, _ files: [StoredFile]) async -> Bool {
        guard let directory else { return false }
        return await work.run {
            PolicyDirectory.hash(of: files.map { PolicyFile(path: $0.path, text: $0.text) }) == directory.sha256
        }
    }

    // MARK: Status

    func policyStatus(_ report: DirectoryReport?) -> AdminInterface.PolicyStatus {
        .init(
            revision: policy.revision, sha256: policy.compiled.sha256, rules: policy.compiled.rules.count,
            suspended: policy.compiled.suspended.sorted(), source: policySource.rawValue,
            directory: configuration.policyDirectory, isTheDirectorys: report?.isInForce,
            reloadWouldChange: report?.changes.map(\.summary), unread: report?.unread.map(\.path))
    }

    /// What is wrong with the last reload, or keeps the directory from being what is in force.
    func reloadProblems(_ report: DirectoryReport?) -> [StatusProblem] {
        var problems: [StatusProblem] = []
        if let failure = reloadFailure {
            // What could not be recorded may have turned out to be stored, and is in force then.
            let stays = report?.isInForce == true ? "" : ", and the policy before it stays in force"
            problems += failure.lines.map {
                .init(
                    "the last reload failed\(stays): \($0)",
                    remedy: reloadIsWanted || isReloadingAgain
                        ? "wait: it is done when the log can be written" : "mend it, then vault reload")
            }
        }
        if let report { problems += directoryProblems(report) }
        return problems
    }

    private func directoryProblems(_ report: DirectoryReport) -> [StatusProblem] {
        let path = configuration.policyDirectory ?? ""
        if reloadFailure == nil, let error = report.errors.first {
            return [
                .init("the policy directory cannot be applied: \(error.summary)", remedy: "mend it, then vault reload")
            ]
        }
        guard !report.isInForce, report.errors.isEmpty else { return [] }
        let would = report.changes.isEmpty ? "" : "; it would change: \(Self.list(report.changes))"
        switch (policySource, report.isDue) {
        case (.command, true):
            return [
                .init(
                    "the policy in force was applied by command and is not the directory's: the next reload or start "
                        + "applies \(path)\(would)",
                    remedy: "write what was applied into \(path) to keep it, or vault reload to drop it")
            ]
        case (.command, false):
            return [
                .init(
                    "the policy in force was applied by command and is not the directory's: a change in \(path) would "
                        + "replace it\(would)",
                    remedy: "write what was applied into \(path), or vault policy apply \(path) to go back to that")
            ]
        default:
            return [
                .init(
                    "the policy in force is not the directory's: \(path) has changed\(would)",
                    remedy: "vault reload, which applies it; with --dry-run it shows the difference")
            ]
        }
    }

    private static func list(_ changes: [Change]) -> String {
        let shown = changes.prefix(8).map(\.summary).joined(separator: ", ")
        return changes.count > 8 ? "\(shown) and \(changes.count - 8) more" : shown
    }
}

extension Change {
    /// `rule.remove web-reads`.
    var summary: String { "\(kind.rawValue) \(subject)" }
}

extension StatusProblem {
    init(_ problem: PolicyProblem) {
        var withoutRemedy = problem
        withoutRemedy.remedy = ""
        self.init(withoutRemedy.summary, remedy: problem.remedy)
    }
}
