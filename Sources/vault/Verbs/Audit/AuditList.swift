// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import TerminalKit
import VaultInterface

/// `vault audit list`: the records that match.
struct AuditList: ParsableCommand, PagedVerb {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List records.",
        discussion: """
            Records must match every option that is given; of one that is given several times, one value. The oldest \
            come first. With --output jsonl each line is the record's exact bytes.

            Records of deliveries and of reading the log (delivery, audit.read) are left out, unless --all, --type, \
            --not-type, --request or --cursor-file is given.

            --follow goes on with new records as they come, after the newest ten, or as many as -n says, or all since \
            --since. With --cursor-file a listing goes on behind the last record that the one before printed; where \
            that place is not in the log any more, because the log was replaced or cut, the exit status is 6. When the \
            broker stops, --follow ends with 3.

            --archive reads a file that 'vault audit prune' wrote in place of the log, after it was verified; that needs \
            no broker.

              vault audit list -n 20
              vault audit list --since -2h --decision deny
              vault audit list --all --not-type audit.read
              vault audit list --user alice --capability 'logs/**' --output csv
              vault audit list --follow --type deny
              vault audit list --output jsonl --cursor-file /var/lib/ship/cursor
              vault audit list --archive /archive/audit-2025 --user alice
            """)

    @OptionGroup var broker: SocketOption
    @OptionGroup var filter: AuditFilterOptions

    @Option(
        name: .customShort("n", allowingJoined: true),
        help: ArgumentHelp(
            "At most so many: the newest of those that match; with --cursor-file the next ones.", valueName: "count"))
    var limit: Int?

    @Flag(help: "Records of deliveries and of reading the log too.")
    var all = false

    @Flag(help: "The newest first.")
    var reverse = false

    @Flag(name: [.short, .long], help: "Go on with new records as they come.")
    var follow = false

    @Option(
        help: ArgumentHelp("Go on where the listing before with this file ended.", valueName: "path"),
        completion: .file())
    var cursorFile: String?

    @Option(
        help: ArgumentHelp("A file that prune or export wrote, in place of the log.", valueName: "path"),
        completion: .file())
    var archive: String?

    @Option(name: [.customShort("o"), .long], help: ArgumentHelp("What to print.", valueName: "format"))
    var output = RecordFormat.text

    @OptionGroup var option: PagerOption

    /// What is printed as it comes is not for a pager, which would keep it.
    var pager: PagerOption {
        var pager = option
        if follow { pager.noPager = true }
        return pager
    }

    func validate() throws {
        if let limit, limit < 1 { throw ValidationError("-n counts from 1") }
        if reverse, follow || cursorFile != nil {
            throw ValidationError("--reverse does not go with --follow and --cursor-file, which go forward")
        }
        if follow, output == .json {
            throw ValidationError("--follow has no end, which an array needs; jsonl has a record on each line")
        }
        if archive != nil, follow || cursorFile != nil || broker.socket != nil {
            throw ValidationError("--archive is a file: --follow, --cursor-file and --socket are for a broker's log")
        }
        if follow, filter.until != nil { throw ValidationError("--follow has no end, and --until names one") }
        if follow, cursorFile != nil, limit != nil {
            throw ValidationError("with --cursor-file, --follow prints everything: -n has no meaning there")
        }
    }

    func run() throws {
        if let archive { return try list(ArchivedRecords(verifying: archive)) }
        let connection = try broker.connect()
        var place = try cursorFile.map { try CursorFile($0) }
        var parameters = AuditInterface.Query.Parameters(
            filter: try shown.filter(), cursor: place?.cursor, follow: follow ? true : nil)
        // The newest are found from the end, and shown in their order.
        let turnsAround = place == nil && !follow && !reverse && limit != nil
        if follow, place == nil {
            // One call, whose own record of reading is not among what it prints.
            parameters.last = limit ?? (filter.since == nil ? 10 : nil)
        } else {
            parameters.limit = limit
            parameters.reverse = reverse || turnsAround ? true : nil
        }
        var printer = RecordPrinter(OutputFormat(rawValue: output.rawValue))
        var held: [AuditInterface.Entry] = []
        if follow {
            StandardOutput.endWithItsReader { StandardOutput.writeError($0.text(verb: "audit list")) }
        }
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

    /// What is asked for. Deliveries and readings are most of a log, and tell little to whoever looks for something;
    /// whoever ships it with a cursor gets everything.
    private var shown: AuditFilterOptions {
        var shown = filter
        if !all, cursorFile == nil, filter.type.isEmpty, filter.notType.isEmpty, filter.request == nil {
            shown.notType = [.delivery, .auditRead]
        }
        return shown
    }

    private func list(_ archive: ArchivedRecords) throws {
        var printer = RecordPrinter(OutputFormat(rawValue: output.rawValue))
        var page: [AuditInterface.Entry] = []
        // Those that are still to be printed in another order, or of which only the last are wanted.
        let isKept = limit != nil || reverse
        try archive.read(try shown.entryFilter()) { entry in
            page.append(entry)
            if let limit, page.count >= limit.saturatingAdding(limit) { page.removeFirst(page.count - limit) }
            guard !isKept, page.count == 500 else { return }
            try printer.print(page)
            page = []
        }
        if let limit { page = Array(page.suffix(limit)) }
        try printer.print(reverse ? page.reversed() : page)
        try printer.finish()
    }
}
