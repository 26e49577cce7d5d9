// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import JSONText
import TerminalKit
import VaultInterface
import VaultModel

/// `vault try`: what would be granted.
struct Try: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "try",
        abstract: "Ask for capabilities, show what is granted, and close it.",
        discussion: """
            It is a request like any other: it is decided, counted and recorded.

              vault try logs/web/access --rights read
            """)

    @OptionGroup var broker: BrokerOptions
    @OptionGroup var format: OutputOptions

    @Option(
        help: ArgumentHelp("The rights that are needed, with commas. Else as much as may be had.", valueName: "rights"))
    var rights: Rights?

    @Option(help: ArgumentHelp("Why, for the audit log; some rules demand it.", valueName: "text"))
    var reason: String?

    @Argument(help: "The capabilities.", completion: Completion.names)
    var names: [String]

    func run() throws {
        let opened = try broker.connect().open(names.map { .init(name: $0, rights: rights?.words) }, reason: reason)
        let table = Table("NAME", "RIGHTS", "KIND", "DELIVERY", "REVOCATION", "RECORD", "UNTIL")
        var printer = ListingPrinter<BrokerInterface.Grant>(format.output, table) { grant in
            let until = grant.lease.map { $0.expiresUSec.map { LocalTime.text(Int64($0)) } ?? "it is released" }
            return [
                .init(grant.name, .strong), .init(grant.rights.joined(separator: ",")), .init(grant.kind),
                .init(grant.delivery), .init(grant.revocation), .init(String(grant.record)), .init(until ?? "-"),
            ]
        }
        try printer.print(opened.grants)
        try printer.finish()
    }
}
