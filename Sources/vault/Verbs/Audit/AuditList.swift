// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import TerminalKit
import VaultInterface

/// `vault audit list`: the records that match.
struct AuditList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List records.",
        discussion: """
            Records must match every option that is given; of one that is given several times, one value. The oldest \
            come first. With --output jsonl each line is the record's exact bytes.

            --follow goes on with new records as they come, after the newest ten, or as many as -n says, or all since \
            --since. With --cursor-file a listing goes on behind the last record that the one before printed; where \
            that place is not in the log any more, because the log was replaced or cut, the exit status is 6. When the \
            broker stops, --follow ends with 3.

              vault audit list -n 20
              vault audit list --since '2h ago' --decision deny
              vault audit list --user alice --capability 'logs/**' --output csv
              vault audit list --follow --type deny
              vault audit list --output jsonl --cursor-file /var/lib/ship/cursor
            """)

    @OptionGroup var broker: SocketOption
    @OptionGroup var filter: AuditFilterOptions

    @Option(
        name: .customShort("n"),
        help: ArgumentHelp(
            "At most so many: the newest of those that match; with --cursor-file the next ones.", valueName: "count"))
    var limit: Int?

    @Flag(help: "The newest first.")
    var reverse = false

    @Flag(name: [.short, .long], help: "Go on with new records as they come.")
    var follow = false

    @Option(
        help: ArgumentHelp("Go on where the listing before with this file ended.", valueName: "path"),
        completion: .file())
    var cursorFile: String?

    @Option(name: [.customShort("o"), .long], help: ArgumentHelp("What to print.", valueName: "format"))
    var output = RecordFormat.text

    func validate() throws {
        if let limit, limit < 1 { throw ValidationError("-n counts from 1") }
        if reverse, follow || cursorFile != nil {
            throw ValidationError("--reverse does not go with --follow and --cursor-file, which go forward")
        }
        if follow, output == .json {
            throw ValidationError("--follow has no end, which an array needs; jsonl has a record on each line")
        }
        if follow, filter.until != nil { throw ValidationError("--follow has no end, and --until names one") }
        if follow, cursorFile != nil, limit != nil {
            throw ValidationError("with --cursor-file, --follow prints everything: -n has no meaning there")
        }
    }

    func run() throws {
        let filter = try self.filter.filter()
        let connection = try broker.connect()
        var place = try cursorFile.map { try CursorFile($0) }
        var parameters = AuditInterface.Query.Parameters(
            filter: filter, cursor: place?.cursor, follow: follow ? true : nil)
        // The newest are found from the end, and shown in their order.
        let turnsAround = place == nil && !follow && !reverse && limit != nil
        if follow, place == nil {
            // One call, whose own record of reading is not among what it prints.
            parameters.last = limit ?? (self.filter.since == nil ? 10 : nil)
        } else {
            parameters.limit = limit
            parameters.reverse = reverse || turnsAround ? true : nil
        }
        var printer = RecordPrinter(OutputFormat(rawValue: output.rawValue))
        var held: [AuditInterface.Entry] = []
        do {
            try connection.callMore(AuditInterface.Query.self, parameters, isEndless: follow) { reply in
                if turnsAround { held += reply.entries } else { try printer.print(reply.entries) }
                try place?.move(to: reply.cursor)
            }
        } catch let failure as Failure where failure.parameter == "cursor" {
            throw Failure(
                .usage, "\(place?.path ?? ""): this is no place in a log: '\(place?.cursor ?? "")'",
                next: "the file that a listing with --cursor-file wrote; without it one begins with the first record")
        }
        if follow {
            // It has no end of its own: whoever ships the log must not take a stop of the broker for one.
            throw Failure(
                .unavailable, "the broker stopped, and the following with it",
                next: "the same command when it runs again"
            )
        }
        try printer.print(held.reversed())
        try printer.finish()
    }
}
