// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import TerminalKit
import VaultInterface

/// `vault audit show`: one record, and what belongs to it.
struct AuditShow: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show a record, and the others of the same request.",
        discussion: """
            A grant is shown with its delivery and what ended it; a denial with the rules that were tried and what was \
            wanted and found.

              vault audit show 17
              vault audit show 17 --output json
            """)

    @OptionGroup var broker: BrokerOptions
    @OptionGroup var format: OutputOptions

    @Argument(help: "The number of a record.")
    var record: Int

    func run() throws {
        let entries = try broker.connect().call(AuditInterface.Show.self, .init(record: record)).entries
        guard format.output == .text else {
            var printer = RecordPrinter(format.output)
            try printer.print(entries)
            return try printer.finish()
        }
        let colours = Terminal.output.hasColours
        try StandardOutput.write(entries.map { RecordSummary($0).report(colours: colours) }.joined(separator: "\n"))
    }
}
