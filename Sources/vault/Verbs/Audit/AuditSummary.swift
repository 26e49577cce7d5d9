// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import JSONText
import TerminalKit
import VaultInterface
import VaultModel

/// `vault audit summary`: how many grants and denials.
struct AuditSummary: ParsableCommand, PagedVerb {
    static let configuration = CommandConfiguration(
        commandName: "summary",
        abstract: "Count grants and denials by capability, user, rule or time.",
        discussion: """
            The most frequent come first; by time, spans in their order, those without a record left out. Records are \
            chosen as with 'vault audit list'. What a flood of denials folded into records of the type deny.summary is not \
            counted. MISSING are those of the grants whose descriptors have not arrived, as their clients say.

              vault audit summary --by user --since today
              vault audit summary --by time --every 1h --since '24h ago'
              vault audit summary --by capability --decision deny -n 10
            """)

    @OptionGroup var broker: SocketOption
    @OptionGroup var filter: AuditFilterOptions

    @Option(help: "What to count by.")
    var by: Key

    @Option(
        help: ArgumentHelp("By time: the length of a span, such as 15m, 1h or 1d. Else a day.", valueName: "duration"),
        transform: DurationText.parse(argument:))
    var every: Int64?

    @Option(
        name: .customShort("n", allowingJoined: true),
        help: ArgumentHelp("At most so many lines.", valueName: "count"))
    var limit: Int?

    @OptionGroup var format: OutputOptions
    @OptionGroup var pager: PagerOption

    enum Key: String, CaseIterable, ExpressibleByArgument {
        case capability, user, uid, rule, exe, unit, time
    }

    func validate() throws {
        if every != nil, by != .time { throw ValidationError("--every goes with --by time") }
        if let limit, limit < 1 { throw ValidationError("-n counts from 1") }
    }

    func run() throws {
        let parameters = AuditInterface.Summarize.Parameters(
            by: by.rawValue, filter: try filter.filter(), everyUSec: every.map { Int($0) })
        var counts = try broker.connect().call(AuditInterface.Summarize.self, parameters).counts
        let total = AuditInterface.Count.sum(of: counts)
        // By time the newest are wanted, in their order; else the most frequent.
        if let limit { counts = Array(by == .time ? counts.suffix(limit) : counts.prefix(limit)) }
        let table = Table(
            .init(stringLiteral: by.rawValue.uppercased()), .right("GRANTS"), .right("DENIALS"), .right("MISSING"))
        var printer = ListingPrinter<AuditInterface.Count>(format.output, table) { count in
            [
                .init(name(of: count.key)), .init(String(count.grants), count.grants > 0 ? .good : .faint),
                .init(String(count.denials), count.denials > 0 ? .bad : .faint),
                .init(String(count.missing ?? 0), count.missing ?? 0 > 0 ? .bad : .faint),
            ]
        }
        try printer.print(counts)
        try printer.finish()
        if format.output == .text {
            try StandardOutput.write(Style.faint.applied(to: total.words, colours: Terminal.output.hasColours) + "\n")
        }
    }

    private func name(of key: String) -> String {
        if key.isEmpty { return "(none)" }
        // Several rules of one denial have a line feed between them.
        if by == .rule { return key.split(at: "\n").joined(separator: ",") }
        return by == .time ? Int64(key).map { LocalTime.text($0) } ?? key : key
    }
}
