// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import TerminalKit
import VaultInterface
import VaultModel

/// `vault policy diff`: what applying files would change.
struct PolicyDiff: ParsableCommand, PagedVerb {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Show what applying files would change, or what two revisions differ in.",
        discussion: """
            Rules and capabilities are compared one by one; nothing is changed. The exit status is 1 if the policy could \
            not be applied. Two numbers are revisions, and what the second has that the first has not, and the other way \
            round, is shown; what 'vault add' made belongs to none.

              vault policy diff /etc/vaultd/policies
              vault policy diff --revision 12
              vault policy diff 3 5
            """)

    @OptionGroup var broker: BrokerOptions
    @OptionGroup var format: OutputOptions
    @OptionGroup var pager: PagerOption

    @Argument(
        help: "Files, or directories of which every *.yaml is read; or two revisions.",
        completion: .file(extensions: ["yaml"]))
    var files: [String] = []

    @Option(help: ArgumentHelp("An earlier revision, in place of files.", valueName: "number"))
    var revision: Int?

    func validate() throws {
        if files.isEmpty == (revision == nil) { throw ValidationError("write files, or --revision") }
    }

    /// Two numbers; a file that is called so is written ./3.
    private var revisions: (Int, Int)? {
        let numbers = files.compactMap { $0.utf8.allSatisfy(isDigit) ? Int($0) : nil }
        return files.count == 2 && numbers.count == 2 ? (numbers[0], numbers[1]) : nil
    }

    func run() throws {
        if let (from, to) = revisions {
            let changes = try broker.connect().call(AdminInterface.Compare.self, .init(from: from, to: to))
            let text = ChangeReport.text(of: changes.changes, colours: Terminal.output.hasColours)
            return try format.print(changes, text: text.isEmpty ? "no difference\n" : text)
        }
        let texts = try PolicyTexts.read(files)
        let reply = try broker.connect().call(
            AdminInterface.ApplyPolicy.self,
            .init(files: revision == nil ? texts : nil, revision: revision, dryRun: true))
        try PolicyAnswer(reply: reply, files: texts, isDryRun: true).print(format, tellsSource: false)
    }
}
