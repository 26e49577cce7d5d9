// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import JSONText
import VaultInterface

/// `vault policy show`: the rules, written out.
struct PolicyShow: ParsableCommand, PagedVerb {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show the rules in force, or those of an earlier revision, written out.",
        discussion: """
            The rules of files and those that were granted stand beside each other, each with its origin; the text is \
            that of a policy file. 'vault list' shows capabilities. With --files the policy files are shown instead, as \
            they were applied, with their comments, capabilities and tests.

              vault policy show
              vault policy show --revision 12
              vault policy show --files --revision 12
            """)

    @OptionGroup var broker: BrokerOptions
    @OptionGroup var format: OutputOptions
    @OptionGroup var pager: PagerOption

    @Option(help: ArgumentHelp("An earlier revision.", valueName: "number"))
    var revision: Int?

    @Flag(help: "The policy files as they were applied.")
    var files = false

    func run() throws {
        var reply = AdminInterface.Rules.Reply(revision: 0, rules: [])
        let parameters = AdminInterface.Rules.Parameters(revision: revision, files: files ? true : nil)
        try broker.connect().callMore(AdminInterface.Rules.self, parameters) {
            reply.revision = $0.revision
            reply.rules += $0.rules
            if let files = $0.files { reply.files = (reply.files ?? []) + files }
        }
        try format.print(reply, text: files ? Self.text(of: reply.files ?? [], reply.revision) : Self.text(reply))
    }

    /// The files behind each other, each with its name; together no file themselves.
    private static func text(of files: [AdminInterface.File], _ revision: Int) -> String {
        if files.isEmpty { return "# revision \(revision) has no files\n" }
        return files.map { file in
            let lines = file.text.split(at: "\n", omittingEmpty: false).map { shown($0) }
            let text = lines.joined(separator: "\n")
            return "# revision \(revision): \(file.path.escaped)\n\(text)\(text.hasSuffix("\n") ? "" : "\n")"
        }.joined(separator: "\n")
    }

    /// A line as it stands in the file, except for what a terminal would act on.
    private static func shown(_ line: Substring) -> String {
        line.unicodeScalars.allSatisfy { !$0.isCommand || $0 == "\t" } ? String(line) : String(line).escaped
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
