// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import TerminalKit
import VaultInterface

/// `vault revoke`: permits are taken back.
struct Revoke: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke",
        abstract: "Take back what a rule, or what all rules, let somebody have.",
        discussion: """
            Without --from the argument is the id of a rule: one made by 'vault grant' is removed, one of a policy file \
            is suspended until 'vault policy resume'. With --from it is a name or a pattern, and every permit that gives \
            such names to that principal alone is revoked.

            It holds at once. For each holder that is followed a line says what was done, and what the holder can still do: \
            a plain file that is open cannot be called back. For each user it is told how many grants went out under the \
            rule since the daemon started; who has passed a descriptor on cannot be known. Revoking a rule that forbids \
            lifts it: the permits that hold now are named. If a rule still permits it to the principal, it is \
            named, and the exit status is 1; so it is if there is nothing to revoke. Of a rule it is told which others \
            surely permit some of it to a user or group \
            that the rule named.

              vault revoke granted-12
              vault revoke 'logs/**' --from user:alice --dry-run
              vault revoke 'logs/**' --from user:alice --reason 'left the team'
            """)

    @OptionGroup var broker: BrokerOptions
    @OptionGroup var format: OutputOptions

    @Argument(help: "The id of a rule, or with --from a name or pattern.", completion: Completion.rulesOrNames)
    var target: String

    @Option(help: ArgumentHelp("From whom: user:NAME, uid:N, group:NAME or gid:N.", valueName: "principal"))
    var from: String?

    @OptionGroup var why: ReasonOption

    @Flag(help: "Tell what would happen, and change nothing.")
    var dryRun = false

    func run() throws {
        let connection = try broker.connect()
        let principal = try from.map(Self.principal)
        let reply = try connection.call(
            AdminInterface.Revoke.self,
            .init(
                rule: from == nil ? target : nil, pattern: from == nil ? nil : target, from: principal,
                reason: why.reason,
                dryRun: dryRun ? true : nil))
        let report = RevocationReport(reply: reply, isDryRun: dryRun)
        try format.print(reply, text: report.text(colours: Terminal.output.hasColours))
        if reply.durable == false {
            throw Failure(
                .unavailable, "it holds, but nothing could be written: a crash of the broker would undo it",
                next: "vault status")
        }
        if reply.rules.isEmpty, reply.stillPermittedBy.isEmpty, let problem = reply.problems?.first {
            throw Failure(.refused, problem.message, next: problem.remedy)
        }
        // A rule that was named is gone, as was asked; that others permit some of it too is in the report.
        if let principal, let first = reply.stillPermittedBy.first {
            // Each is the id of a rule and its place: `web-reads (Policies/web.yaml:12)`.
            let id = String(first.unicodeScalars.prefix { $0 != " " })
            let rules = reply.stillPermittedBy.joined(separator: ", ")
            throw Failure(
                .refused, "\(principal) may still open it, by \(rules)",
                next:
                    "vault revoke \(id), or a rule that forbids it: vault grant '\(target)' --to \(principal) --forbid")
        }
    }

    /// `me` is spelled out; the broker reads the rest.
    private static func principal(_ argument: String) throws -> String {
        let selector: SelectorArgument
        do {
            selector = try SelectorArgument(argument)
        } catch {
            throw Failure(.usage, "\(error)", next: "--from user:NAME")
        }
        guard let kind = selector.kind, selector.values.count == 1 else {
            throw Failure(
                .usage, "'\(argument)' is not one principal", next: "--from user:NAME, uid:N, group:NAME or gid:N")
        }
        return "\(kind.rawValue):\(selector.values[0])"
    }
}
