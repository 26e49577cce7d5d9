// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import VaultInterface

/// `vault policy diff`: what applying files would change.
struct PolicyDiff: ParsableCommand, PagedVerb {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Show what applying files, or an earlier revision, would change.",
        discussion: """
            Rules and capabilities are compared one by one; nothing is changed. The exit status is 1 if the policy could \
            not be applied.

              vault policy diff /etc/vaultd/policies
              vault policy diff --revision 12
            """)

    @OptionGroup var broker: BrokerOptions
    @OptionGroup var format: OutputOptions
    @OptionGroup var pager: PagerOption

    @Argument(help: "Files, or directories of which every *.yaml is read.", completion: .file(extensions: ["yaml"]))
    var files: [String] = []

    @Option(help: ArgumentHelp("An earlier revision, in place of files.", valueName: "number"))
    var revision: Int?

    func validate() throws {
        if files.isEmpty == (revision == nil) { throw ValidationError("write files, or --revision") }
    }

    func run() throws {
        let texts = try PolicyTexts.read(files)
        let reply = try broker.connect().call(
            AdminInterface.ApplyPolicy.self,
            .init(files: revision == nil ? texts : nil, revision: revision, dryRun: true))
        try PolicyAnswer(reply: reply, files: texts, isDryRun: true).print(format, tellsSource: false)
    }
}
