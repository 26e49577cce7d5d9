// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import JSONText
import TerminalKit
import VaultInterface

/// `vault rules`: the rules in force, or one of them whole.
struct Rules: ParsableCommand, PagedVerb {
    static let configuration = CommandConfiguration(
        commandName: "rules",
        abstract: "List the rules.",
        discussion: """
            The origin is the file and line that a rule was written at, 'granted' for one of 'vault grant', or \
            'bootstrap' for one of the first start. A suspended rule was revoked although its file still holds it. With \
            the id of a rule it is shown whole: its text, where it is from, what is left of its uses, and to whoever may \
            read the log the newest grants by it.

              vault rules 'logs/**'
              vault rules web-reads-its-log
              vault rules --output jsonl | jq -r 'select(.suspended) | .id'
            """)

    @OptionGroup var broker: BrokerOptions
    @OptionGroup var format: OutputOptions
    @OptionGroup var pager: PagerOption

    @Argument(
        help: "The id of a rule, or only rules about names that match.", completion: Completion.rulesOrNames)
    var pattern: String?

    func run() throws {
        let connection = try broker.connect()
        if let id = pattern, !id.utf8.contains(where: { $0 == 0x2A || $0 == 0x2F }), try show(id, connection) { return }
        let table = Table(
            "RULE", "EFFECT", "CAPABILITY", "TO", "RIGHTS", .right("USES LEFT"), "ORIGIN", "CONDITIONS")
        try format.list(connection, AdminInterface.Rules.self, .init(pattern: pattern), \.rules, in: table) {
            rule in
            let summary = RuleSummary(rule)
            let effect = "\(summary.isForbid ? "forbid" : "permit") \(summary.actions.joined(separator: ","))"
            return [
                .init(rule.id, .strong),
                rule.suspended ? .init("suspended", .doubtful) : .init(effect, summary.isForbid ? .bad : .plain),
                .init(summary.capabilities.isEmpty ? "-" : summary.capabilities.joined(separator: ",")),
                .init(summary.principals.joined(separator: " ")),
                .init(summary.rights.isEmpty ? "all" : summary.rights.joined(separator: ",")),
                .init(rule.usesLeft.map(String.init) ?? "-", rule.usesLeft == 0 ? .doubtful : .plain),
                .init(rule.origin), .init(summary.conditions.joined(separator: ", ")),
            ]
        }
    }

    /// - Returns: false where no rule is called so, and it can be a name that rules are about.
    private func show(_ id: String, _ connection: BrokerConnection) throws -> Bool {
        let found: AdminInterface.Rule?
        do throws(Failure) {
            found = try connection.call(AdminInterface.Rules.self, .init(rule: id)).rules.first
        } catch {
            if error.status == .refused, !error.isDenial { return false }
            throw error
        }
        guard let rule = found, rule.id == id else { return false }
        var fields = Fields()
        fields.add("rule", rule.id, .strong)
        fields.add("origin", rule.origin)
        fields.add("state", rule.suspended ? "suspended" : "in force", rule.suspended ? .doubtful : .good)
        fields.add("uses left", rule.usesLeft.map(String.init), rule.usesLeft == 0 ? .doubtful : .plain)
        var sections = Sections(rule, text: fields.text(colours: Terminal.output.hasColours))
        let document = (try? JSONValue(parsing: rule.document)) ?? .string(rule.document)
        let lines = YAMLText.element(document).map { String($0.dropFirst(2)) }
        sections.add("document", .string(rule.document), title: "text", lines.joined(separator: "\n"))
        sections.add(grants: try connection.newestGrants(.init(rule: [id])))
        try format.print(sections.object, text: sections.text)
        return true
    }
}
