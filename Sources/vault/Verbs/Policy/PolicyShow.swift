// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import JSONText
import VaultInterface

/// `vault policy show`: the rules, written out.
struct PolicyShow: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show the rules in force, or those of an earlier revision, written out.",
        discussion: """
            The rules of files and those that were granted stand beside each other, each with its origin; the text is \
            that of a policy file. 'vault list' shows capabilities.

              vault policy show
              vault policy show --revision 12
            """)

    @OptionGroup var broker: BrokerOptions
    @OptionGroup var format: OutputOptions

    @Option(help: ArgumentHelp("An earlier revision.", valueName: "number"))
    var revision: Int?

    func run() throws {
        var shown: Int?
        var rules: [AdminInterface.Rule] = []
        try broker.connect().callMore(AdminInterface.Rules.self, .init(revision: revision)) {
            shown = $0.revision
            rules += $0.rules
        }
        let reply = AdminInterface.Rules.Reply(revision: shown ?? 0, rules: rules)
        guard format.output == .text else { return try StandardOutput.write(JSONOutput.text(reply, format.output)) }
        try StandardOutput.write(Self.text(reply))
    }

    static func text(_ reply: AdminInterface.Rules.Reply) -> String {
        var text = "# revision \(reply.revision)\nvault: 1\n\nrules:\(reply.rules.isEmpty ? " []" : "")\n"
        for rule in reply.rules {
            text += "  # \(rule.origin.escaped)\(rule.suspended ? ", suspended" : "")\n"
            let document = (try? JSONValue(parsing: rule.document)) ?? .string(rule.document)
            text += YAMLText.element(document).map { $0 + "\n" }.joined()
        }
        return text
    }
}
