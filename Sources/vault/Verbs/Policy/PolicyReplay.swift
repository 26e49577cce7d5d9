// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import TerminalKit
import VaultInterface

/// `vault policy replay`: recorded requests against a changed policy.
struct PolicyReplay: ParsableCommand, PagedVerb {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "List which recorded requests a changed policy would decide otherwise.",
        discussion: """
            The files stand for the files of then, as with apply. All else is as it was at each request: the rules that were \
            granted or suspended by command, what had been used up, what was deposited, the clock. With the files that decided, nothing comes \
            out otherwise. Nothing is changed, and no counter moves.

            Of some requests it cannot be told: their records were cut, or what was used before is in records that were \
            pruned. They are counted. The exit status is 0 in any case.

              vault policy replay Policies --since '7d ago'
            """)

    @OptionGroup var broker: BrokerOptions
    @OptionGroup var format: OutputOptions
    @OptionGroup var pager: PagerOption

    @Argument(help: "Files, or directories of which every *.yaml is read.", completion: .file(extensions: ["yaml"]))
    var files: [String]

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Only requests that are not older. Else all.", valueName: "time"),
        transform: TimeArgument.init)
    var since: TimeArgument?

    func run() throws {
        let texts = try PolicyTexts.read(files)
        let table = Table(.right("RECORD"), "BEFORE", "AFTER", "RULES")
        var printer = ListingPrinter<AdminInterface.Replay.Reply>(format.output, table) { change in
            [
                .init(change.record.map(String.init) ?? "", .strong),
                .init(change.before ?? "", .of(decision: change.before ?? "")),
                .init(change.after ?? "", .of(decision: change.after ?? "")),
                .init(change.rules.joined(separator: ",")),
            ]
        }
        let parameters = AdminInterface.Replay.Parameters(
            files: texts, sinceUSec: since.map { Int($0.microseconds) })
        var last: AdminInterface.Replay.Reply?
        try broker.connect().callMore(AdminInterface.Replay.self, parameters) {
            if $0.decided != nil { last = $0 }
            if $0.record != nil { try printer.print([$0]) }
        }
        try printer.finish()
        guard format.output == .text, let last, let decided = last.decided, let changed = last.changed else { return }
        let unclear = last.unclear ?? 0
        let rest = unclear == 0 ? "" : "; of \(unclear) it cannot be told"
        try StandardOutput.write("\(decided) requests decided again, \(changed) come out otherwise\(rest)\n")
    }
}
