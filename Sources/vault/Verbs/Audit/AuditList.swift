// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import VaultInterface

/// `vault audit list`: the records that match.
struct AuditList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List records.",
        discussion: """
            Records must match every option that is given; of one that is given several times, one value. The oldest \
            come first. With --output jsonl each line is the record's exact bytes.

              vault audit list -n 20
              vault audit list --since '2h ago' --decision deny
              vault audit list --user alice --capability 'logs/**' --output csv
            """)

    @OptionGroup var broker: SocketOption
    @OptionGroup var filter: AuditFilterOptions

    @Option(
        name: .customShort("n"),
        help: ArgumentHelp("At most so many: the newest of those that match.", valueName: "count"))
    var limit: Int?

    @Flag(help: "The newest first.")
    var reverse = false

    @Option(name: [.customShort("o"), .long], help: ArgumentHelp("What to print.", valueName: "format"))
    var output = RecordFormat.text

    func validate() throws {
        if let limit, limit < 1 { throw ValidationError("-n counts from 1") }
    }

    func run() throws {
        let filter = try filter.filter()
        let connection = try broker.connect()
        var printer = RecordPrinter(output)
        // The newest are found from the end, and shown in their order.
        var held: [AuditInterface.Entry] = []
        let turnsAround = limit != nil && !reverse
        let parameters = AuditInterface.Query.Parameters(
            filter: filter, limit: limit, reverse: reverse || turnsAround ? true : nil)
        try connection.callMore(AuditInterface.Query.self, parameters) {
            if turnsAround { held += $0.entries } else { try printer.print($0.entries) }
        }
        try printer.print(held.reversed())
        try printer.finish()
    }
}
