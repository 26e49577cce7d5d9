// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import TerminalKit
import Varlink
import VaultClient
import VaultInterface
import VaultModel

extension Failure {
    /// What the broker said, or why it said nothing.
    /// - Parameter method: that was called; it tells which listing helps with a name that is not there.
    init(_ error: VaultError, calling method: String = "") {
        switch error {
        case .denied(let name, let record, let message, let retry):
            let subject = name.isEmpty ? message : "\(name): \(message)"
            self.init(
                .refused, record.map { "\(subject), record \($0)" } ?? subject,
                next: retry.map(Self.again) ?? record.map { "vault audit show \($0), as somebody who may read the log" }
                    ?? "vault list")
            isDenial = true
        case .notFound(let name):
            self = Self.notFound(name, calling: method)
        case .nameTaken(let name):
            self = Self.nameTaken(name, calling: method)
        case .invalidDescriptor(let name, let message):
            self.init(.refused, "\(name): \(message)", next: "vault put --help; vault show \(name)")
        case .notHeld(let lease):
            self.init(.refused, "\(lease): this process holds no such lease", next: "vault leases")
        case .openFailed(let name, let error, _, let record):
            self.init(
                .system, "\(name): \(error.description)",
                next: record.map { "vault audit show \($0), or vault show \(name)" } ?? "vault show \(name)")
        case .quotaExceeded(let limit, let retry):
            self.init(
                .refused, "the limit '\(limit)' is reached",
                next: "\(retry.map(Self.again) ?? "the same command later"), or a higher limit in vaultd.yaml")
        case .auditUnavailable(let message):
            self.init(.unavailable, "the audit log is unavailable: \(message)", next: "vault status")
        case .busy:
            self.init(.unavailable, "the broker cannot do it just now", next: "the same command in a moment")
        case .refused(let error): self.init(error, calling: method)
        case .unavailable(let path, .permissionDenied):
            self.init(
                .unavailable, "you may not connect to \(path)",
                next: "ls -ld \(FilePath(path).removingLastComponent()) \(path), which shows who may")
        case .unavailable(let path, let error):
            self.init(.unavailable, "no broker answers at \(path): \(error.description)", next: Self.start(at: path))
        case .disconnected(let path):
            self.init(.unavailable, "the broker at \(path) hung up before it answered", next: "vault status")
        case .timedOut(let path):
            self.init(.unavailable, "the broker at \(path) did not answer in time", next: "vault status")
        case .cancelled(let path):
            self.init(.unavailable, "the call to the broker at \(path) was cancelled", next: "the same command again")
        case .failed(let path, let error):
            self.init(.unavailable, "the connection to \(path) failed: \(error.description)", next: "vault status")
        case .tooManyOpenFiles(let limit, _):
            self.init(
                .system, error.description,
                next: "ulimit -n \(max(min(limit, 1 << 20) * 2, 64)), or fewer capabilities at once")
        case .descriptorsMissing(let names, let records):
            let first = records.first.map(String.init) ?? "?"
            self.init(
                .system,
                "\(names.joined(separator: ", ")): granted, and the descriptor did not arrive, "
                    + "record \(records.map(String.init).joined(separator: ", "))",
                next: "the log of the security module (journalctl -k, ausearch -m AVC): it may not let this process "
                    + "receive \(names.first ?? ""); vault audit show \(first)")
        case .malformed(let what):
            self.init(
                .unavailable, "the answer is not one of a vault: \(what)", next: "vault and vaultd of the same version")
        }
    }

    /// When to do the same again.
    private static func again(_ time: Duration) -> String {
        // Whole seconds, and never too few.
        let (whole, part) = time.components
        let seconds = min(max(1, whole + (part > 0 ? 1 : 0)), 3_155_760_000)
        return "the same command in \(DurationText.text(seconds * 1_000_000))"
    }

    private init(_ error: VarlinkError, calling method: String) {
        if case .policyRefused(let problems)? = AdminError(error) {
            self.init(problems)
            return
        }
        if let error = AuditError(error) {
            self.init(error)
            return
        }
        switch error.name {
        case "org.varlink.service.InvalidParameter" where error.parameters["parameter"]?.string == "message":
            self.init(
                .usage, "the call is longer than one that the broker takes",
                next: (method == AdminInterface.ApplyPolicy.method
                    ? "the files in its policy directory, and vault reload (vault policy check looks at them before); or "
                    : "") + "limits: { message: 64MiB } in vaultd.yaml")
        case "org.varlink.service.InvalidParameter":
            let parameter = error.parameters["parameter"]?.string ?? "?"
            self.init(
                .usage, "the broker does not accept the parameter '\(parameter)'",
                next: (method == AuditInterface.Export.method ? Self.exportForm : Self.form)[parameter] ?? "")
            self.parameter = parameter
        case "org.varlink.service.MethodNotFound", "org.varlink.service.InterfaceNotFound",
            "org.varlink.service.MethodNotImplemented":
            self.init(.unavailable, "this broker does not know \(method)", next: "vault and vaultd of the same version")
        case "org.varlink.service.PermissionDenied":
            self.init(.refused, "not permitted", next: "vault whoami")
        default:
            self.init(.refused, "the broker refuses: \(error)", next: "vault status")
        }
    }

    private init(_ error: AuditError) {
        switch error {
        case .cursorLost(_, let message):
            self.init(
                .lost, "the place to go on from is lost: \(message)",
                next:
                    "vault audit verify --from CHECKPOINT, with one that was kept; then begin anew, without the cursor")
        case .pruned(let record, let before):
            self.init(
                .refused, "record \(record) was pruned: the log holds texts from record \(before) on",
                next: "the archive that 'vault audit prune' wrote then")
        case .noteRefused(let message):
            self.init(.refused, message, next: "vault audit checkpoint, for a checkpoint of this log")
        }
    }

    /// A rule, a capability or a policy that the broker cannot take. What is wrong with a document that this program
    /// wrote is told without a place in it.
    private init(_ problems: [AdminInterface.Problem]) {
        if problems.count == 1, let problem = problems.first {
            let hasPlace = !problem.path.isEmpty && problem.path != "document"
            let line = problem.line > 0 ? ":\(problem.line):\(problem.column)" : ""
            let place = hasPlace ? "\(problem.path)\(line): " : ""
            self.init(.refused, place + problem.message, next: problem.remedy)
        } else {
            self.init(
                .refused, "nothing was changed", next: "the same again when that is corrected",
                details: ProblemReport.text(of: problems))
        }
    }

    /// What parameters have to look like.
    private static let form = [
        "name": "a name such as logs/web: A-Z a-z 0-9 . _ - @ + in segments joined by '/'",
        "pattern": "a pattern such as 'logs/**': the characters of names, * and **",
        "capability": "a pattern such as 'logs/**': the characters of names, * and **",
        "from": "user:NAME, uid:N, group:NAME or gid:N",
        "since": "a size that the log has reached: vault audit checkpoint prints the present one",
        "record": "the number of a record: vault audit list",
        "before": "a later record or time: what is older was pruned already, or is not settled yet",
        "fdName": "--fdname with 1 to 255 printable ASCII characters other than ':'",
        "take": "vault cat or vault exec, without taking it",
        "by": "vault and vaultd of the same version",
    ]

    private static let exportForm = [
        "from": "a record that the log has: vault audit list -n 1 shows the newest",
        "to": "a record behind --from that the log has: vault audit list -n 1 shows the newest",
    ]

    /// What there is none of depends on what was called.
    private static func notFound(_ name: String, calling method: String) -> Failure {
        switch method {
        case AdminInterface.Revoke.method:
            Failure(.refused, "no rule is called '\(name)'", next: "vault rules; or --from, to revoke by name and user")
        case AdminInterface.Resume.method:
            Failure(
                .refused, "no rule is called '\(name)', so none is suspended",
                next: "vault rules; a suspension ends when no file holds its rule any more")
        case AdminInterface.Rules.method, AdminInterface.ApplyPolicy.method:
            Failure(.refused, "there is no \(name) of the policy", next: "vault policy history")
        case AdminInterface.Explain.method:
            Failure(.refused, "there is no \(name)", next: "vault audit list")
        case _ where method.hasPrefix(AuditInterface.name):
            Failure(.refused, "there is no \(name)", next: "vault audit list")
        default:
            Failure(.refused, "\(name): there is no capability of this name", next: "vault list")
        }
    }

    private static func nameTaken(_ name: String, calling method: String) -> Failure {
        switch method {
        case AdminInterface.Grant.method:
            Failure(.refused, "a rule is called '\(name)' already", next: "another --id; vault rules shows them")
        case BrokerInterface.Deposit.method:
            Failure(
                .refused, "\(name): there is a capability of this name already",
                next: "--replace, where it is a deposit; or another name")
        default:
            Failure(.refused, "\(name): there is a capability of this name already", next: "another name; vault list")
        }
    }

    /// How to start a broker that would listen there.
    private static func start(at path: String) -> String {
        switch path {
        case BrokerLocation.system.resolvedPath: "systemctl start vaultd, or as root: vaultd"
        case BrokerLocation.user.resolvedPath: "vaultd, in another terminal"
        default: "vaultd --socket \(path), in another terminal"
        }
    }
}
