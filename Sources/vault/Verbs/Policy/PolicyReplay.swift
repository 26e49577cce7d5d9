// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import VaultInterface

/// `vault policy replay`: recorded requests against a changed policy.
struct PolicyReplay: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "List which recorded requests a changed policy would decide otherwise.",
        discussion: """
            The files stand for the whole policy, as with apply. Nothing is changed, and no counter moves.

              vault policy replay Policies --since '7d ago'
            """)

    @OptionGroup var broker: BrokerOptions
    @OptionGroup var format: OutputOptions

    @Argument(help: "Files, or directories of which every *.yaml is read.", completion: .file(extensions: ["yaml"]))
    var files: [String]

    @Option(
        help: ArgumentHelp("Only requests that are not older. Else all.", valueName: "time"),
        transform: TimeArgument.init)
    var since: TimeArgument?

    func run() throws {
        let texts = try PolicyTexts.read(files)
        let table = Table([
            .init(title: "RECORD", alignsRight: true), .init(title: "BEFORE"), .init(title: "AFTER"),
            .init(title: "RULES"),
        ])
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
        var count: (decided: Int, changed: Int)?
        try broker.connect().callMore(AdminInterface.Replay.self, parameters) {
            if let decided = $0.decided, let changed = $0.changed { count = (decided, changed) }
            if $0.record != nil { try printer.print([$0]) }
        }
        try printer.finish()
        if let count, format.output == .text {
            try StandardOutput.write("\(count.decided) requests decided again, \(count.changed) come out otherwise\n")
        }
    }
}
