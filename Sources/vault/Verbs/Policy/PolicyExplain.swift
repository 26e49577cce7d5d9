// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import JSONText
import TerminalKit
import VaultInterface
import VaultModel

/// `vault policy explain`: why something was, or would be, decided as it is.
struct PolicyExplain: ParsableCommand, PagedVerb {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Explain a decision: for each rule, what was wanted and what was found.",
        discussion: """
            Give the number of a record: it is decided again by the policy that decided it, with what had been used up then. \
            Or say who would ask for what: that is decided by the policy in force, as of now.

            The first word is permit or deny, and the exit status 0 or 1. Of a record it can be unclear, with status 1: then it \
            depends on what the records do not hold, since they were cut or pruned.

            The rules about the action and the name come first; the others are counted, and listed with --all.

              vault policy explain 17
              vault policy explain --user alice --name logs/web --rights read
              vault policy explain --uid 1000 --unit web.service --name web/port
            """)

    @OptionGroup var broker: SocketOption
    @OptionGroup var subject: SubjectOptions

    @Option(
        help: ArgumentHelp("The capability that is asked for.", valueName: "name"),
        completion: Completion.names)
    var name: String?

    @Option(help: ArgumentHelp("What is asked. Else open.", valueName: "action"))
    var action: Action?

    @Option(help: ArgumentHelp("The rights that are asked for, with commas.", valueName: "rights"))
    var rights: Rights?

    @Option(
        parsing: .unconditional, help: ArgumentHelp("When. Else now.", valueName: "time"), transform: TimeArgument.init)
    var at: TimeArgument?

    @Flag(help: "Rules that are about something else, too.")
    var all = false

    @OptionGroup var format: OutputOptions
    @OptionGroup var pager: PagerOption

    @Argument(help: "The number of a record.", completion: Completion.records)
    var record: Int?

    func run() throws {
        let subject = try subject.subject()
        guard (record == nil) != (subject == nil) else {
            throw Failure(
                .usage, "say either which record, or who asks for what",
                next: "vault policy explain 17, or vault policy explain --user alice --name logs/web")
        }
        let reply = try broker.connect().call(
            AdminInterface.Explain.self,
            .init(
                record: record, subject: subject, action: action?.rawValue, name: name, rights: rights?.words,
                atUSec: at.map { Int($0.microseconds) }))
        try format.print(reply, text: text(of: reply, colours: Terminal.output.hasColours))
        if reply.decision != "permit" { throw ExitCode(Failure.Status.refused.rawValue) }
    }

    private func text(of reply: AdminInterface.Explain.Reply, colours: Bool) -> String {
        var table = Table("RULE", "SELECTOR", "WANTED", "GOT", "MATCHED")
        let elsewhere = Self.rulesAboutOthers(reply.findings)
        for finding in reply.findings where !elsewhere.contains(finding.rule) { table.add(Self.cells(of: finding)) }
        if all {
            for finding in reply.findings where elsewhere.contains(finding.rule) { table.add(Self.cells(of: finding)) }
        }
        let count = elsewhere.count
        let rest = all || count == 0 ? "" : "\(count) rule\(count == 1 ? " is" : "s are") about something else: --all\n"
        let decision = Style.of(decision: reply.decision).applied(to: reply.decision.escaped, colours: colours)
        let rules = reply.rules.isEmpty ? "by no rule" : "by \(reply.rules.joined(separator: ", "))"
        let recorded = reply.recorded.map { $0 == reply.decision ? "" : " (the record says \($0))" } ?? ""
        return "\(decision) \(rules.escaped)\(recorded.escaped)\n\(table.take(colours: colours))"
            + Style.faint.applied(to: rest, colours: colours)
    }

    /// Those of which the broker says only that their action or their names are others.
    private static func rulesAboutOthers(_ findings: [AdminInterface.Finding]) -> Set<String> {
        let apart = Dictionary(grouping: findings, by: \.rule).filter { _, findings in
            findings.count == 1 && findings[0].matched == false
                && ["permit", "forbid", "capability"].contains(findings[0].selector)
        }
        return Set(apart.keys)
    }

    private static func cells(of finding: AdminInterface.Finding) -> [Table.Cell] {
        let matched: Table.Cell =
            switch finding.matched {
            case true?: .init("yes", .good)
            case false?: .init("no", .bad)
            case nil: .init("unknown", .doubtful)
            }
        return [
            .init(finding.rule, .strong), .init(finding.selector), .init(finding.wanted), .init(finding.got ?? "?"),
            matched,
        ]
    }
}
