// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import JSONText
import TerminalKit
import VaultInterface

/// `vault reload`: the directory of policy files is read again.
struct Reload: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reload",
        abstract: "Let the broker read its policy files again, and look names up again.",
        discussion: """
            The files are applied as one new revision if they have changed since they were applied last, and what changes \
            is shown, as 'vault policy diff' does. Users, groups and time zones are looked up again in any case: a name \
            that has another id now is a new revision, one that is gone keeps its id and is warned of. What is held and \
            stale by now (its file was replaced, or a secret written anew) is opened anew.

            With a mistake in one of the files, or with a directory that cannot be read, nothing changes, the mistake is \
            shown with its place and what to do, and the exit status is 1: so 'systemctl reload' fails, too. 'vault \
            status' says it until a reload succeeds. What lies in the directory and is not read is warned of.

              vault reload --dry-run
              vault reload --reason 'new web server'
            """)

    @OptionGroup var broker: BrokerOptions
    @OptionGroup var format: OutputOptions

    @Flag(help: "Check and compare, and change nothing.")
    var dryRun = false

    @OptionGroup var why: ReasonOption

    func run() throws {
        let reply = try broker.connect().call(
            AdminInterface.Reload.self, .init(reason: why.reason, dryRun: dryRun ? true : nil))
        if format.output == .text { ProblemReport.warn(of: reply.problems ?? []) }
        try format.print(reply, text: text(of: reply, colours: Terminal.output.hasColours))
    }

    private func text(of reply: AdminInterface.Reload.Reply, colours: Bool) -> String {
        var text = ChangeReport.text(of: reply.changes ?? [], colours: colours)
        if let left = reply.changesLeft { text += "and \(left) more changes\n" }
        if let record = reply.record {
            text += "revision \(reply.revision) is in force (record \(record))\n"
        } else if dryRun, reply.changes?.isEmpty == false {
            text += "nothing was changed: revision \(reply.revision) is in force\n"
        } else {
            text += "no difference: revision \(reply.revision) is in force\n"
        }
        guard reply.source == "command", let directory = reply.directory?.escaped, !dryRun else { return text }
        return text + """
            its files came by 'vault policy apply'; \(directory) has not changed since it was applied
            to go back to the directory: vault policy apply \(directory)

            """
    }
}
