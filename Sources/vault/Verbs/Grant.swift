// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import JSONText
import TerminalKit
import VaultInterface
import VaultModel

/// `vault grant`: a rule is added.
struct Grant: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "grant",
        abstract: "Add a rule that lets somebody have a capability.",
        discussion: """
            The rule holds at once, for connections that are open too, until it is revoked. NAME can be a pattern: * is \
            one segment or a part of one, ** any number of segments. Several --to must all hold; a list in one of them \
            means any of its values. A name that nothing has and no rule lets be deposited, or rights that it has not, are \
            warned of; the rule is made all the same.

              vault grant logs/web --to user:alice --rights read --expires 1h
              vault grant 'logs/**' --to group:adm,staff --to unit:report.service
              vault grant secrets/db --to user:mallory --forbid
            """)

    @OptionGroup var broker: BrokerOptions
    @OptionGroup var format: OutputOptions

    @Argument(
        help: "The capability, or a pattern; nothing for the actions audit and admin.",
        completion: Completion.names)
    var name: String?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Whom: me, anyone, or one of user uid group gid label cgroup unit loginuid namespace exe sha256 container pod with a value.",
            valueName: "selector:value"),
        transform: SelectorArgument.init)
    var to: [SelectorArgument] = []

    @Option(
        help: ArgumentHelp(
            "The most that may be had: read, write, append, use, with commas. Else all.", valueName: "rights"))
    var rights: Rights?

    @Option(help: ArgumentHelp("What is permitted. Again for more.", valueName: "action"))
    var action: [Action] = [.open]

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Until when the rule holds: 1h, or a time such as 2026-12-31T18:00.", valueName: "time"),
        transform: { try LocalTime.parse(expiry: $0) })
    var expires: Int64?

    @Option(
        help: ArgumentHelp("How long each grant lasts, such as 10m.", valueName: "time"),
        transform: DurationText.parse(argument:))
    var lease: Int64?

    @Option(
        help: ArgumentHelp("How far a lease can be renewed in all.", valueName: "time"),
        transform: DurationText.parse(argument:))
    var maxLease: Int64?

    @Option(help: ArgumentHelp("How often it can be used in all.", valueName: "count"))
    var uses: Int?

    @Flag(help: "Forbid it instead: no rule permits what one forbids.")
    var forbid = false

    @Option(help: ArgumentHelp("The name of the rule; else the broker makes one.", valueName: "id"))
    var id: String?

    @OptionGroup var why: ReasonOption

    @Flag(help: "Check the rule and change nothing.")
    var dryRun = false

    func validate() throws {
        guard !to.isEmpty else { throw ValidationError("to whom? Write --to user:NAME, --to me or --to anyone") }
        try to.check()
        if let uses, uses < 1 { throw ValidationError("--uses counts from 1") }
        let needsName = action.contains { $0.takesCapability }
        if needsName, name == nil { throw ValidationError("which capability? Write its name, or a pattern") }
        if !needsName, name != nil {
            throw ValidationError("the actions audit and admin are about the broker: no NAME")
        }
    }

    func run() throws {
        let document = try rule().document
        let reply = try broker.connect().call(
            AdminInterface.Grant.self,
            .init(document: document, reason: why.reason, dryRun: dryRun ? true : nil))
        if format.output == .text { ProblemReport.warn(of: reply.problems ?? []) }
        let rule = reply.rule.escaped
        try format.print(
            reply,
            text: reply.record.map { "rule \(rule) is in force (record \($0))\nundo: vault revoke \(rule)\n" }
                ?? "the rule is right; nothing was changed\n\(document.escaped)\n")
    }

    /// As a policy file would hold it. Names of users and groups are for the broker to look up.
    private func rule() throws -> Rule {
        do throws(InvalidText) {
            if let id { try Rule.checkID(id) }
            return Rule(
                id: id ?? "", effect: forbid ? .forbid : .permit, actions: ActionSet(action),
                capabilities: try name.map { name throws(InvalidText) in [try NamePattern(name)] } ?? [],
                to: try SelectorSet(to), rights: rights,
                conditions: Conditions(
                    notAfterUSec: expires, leaseUSec: lease, maxLeaseUSec: maxLease,
                    uses: uses.map { Limit(inAll: UInt64($0)) }), origin: .granted)
        } catch {
            throw Failure(.usage, error.message, next: error.remedy)
        }
    }
}
