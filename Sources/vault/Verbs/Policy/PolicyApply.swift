// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import TerminalKit
import VaultInterface

/// `vault policy apply`: files become the policy in force.
struct PolicyApply: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apply",
        abstract: "Make files, or those of an earlier revision, the policy in force.",
        discussion: """
            The files are the whole policy: what other files declared before is dropped, and what 'vault grant' and \
            'vault add' made stays. With a mistake in any of them nothing changes, every mistake is shown with its place, \
            and the exit status is 1. A policy under which nobody may administer the vault is refused.

            The files become the source of the policy. If they are not those of the broker's directory, it is said what a \
            reload would bring back: a directory is applied again when a file in it has changed. If they are, the \
            directory is the source. They go in one call, which has a limit (limits: { message: … } in vaultd.yaml, 1 MiB \
            unless it says so); a reload of the broker's directory has none.

              vault policy apply /etc/vaultd/policies --dry-run
              vault policy apply web.yaml backup.yaml --reason 'new web server'
              vault policy apply --revision 12 --reason 'as it was yesterday'
            """)

    @OptionGroup var broker: BrokerOptions
    @OptionGroup var format: OutputOptions

    @Argument(help: "Files, or directories of which every *.yaml is read.", completion: .file(extensions: ["yaml"]))
    var files: [String] = []

    @Flag(help: "Check and compare, and change nothing.")
    var dryRun = false

    @OptionGroup var why: ReasonOption

    @Option(help: ArgumentHelp("An earlier revision, in place of files.", valueName: "number"))
    var revision: Int?

    @Flag(help: "Drop every rule and capability that came from a file.")
    var empty = false

    func validate() throws {
        let sources = [!files.isEmpty, revision != nil, empty].count { $0 }
        if sources == 0 { throw ValidationError("which files? To drop all that came from files, write --empty") }
        if sources > 1 { throw ValidationError("files, --revision and --empty exclude each other") }
    }

    func run() throws {
        let texts = try PolicyTexts.read(files)
        if texts.isEmpty, !files.isEmpty {
            throw Failure(
                .usage, "there is no *.yaml in \(files.joined(separator: ", "))",
                next: "vault policy apply --empty, if every rule that came from a file is to be dropped")
        }
        let reply = try broker.connect().call(
            AdminInterface.ApplyPolicy.self,
            .init(
                files: revision == nil ? texts : nil, revision: revision, reason: why.reason,
                dryRun: dryRun ? true : nil))
        try PolicyAnswer(reply: reply, files: texts, isDryRun: dryRun).print(format)
    }
}
