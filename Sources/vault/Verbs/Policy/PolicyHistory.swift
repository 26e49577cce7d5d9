// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import JSONText
import TerminalKit
import VaultInterface

/// `vault policy history`: who changed what, and when.
struct PolicyHistory: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history",
        abstract: "List the revisions of the policy: who changed what, when and why.",
        discussion: """
            The newest come first. 'vault policy show --revision' shows the rules of one, 'vault policy apply --revision' \
            puts the files of one in force again, and 'vault audit show' shows the record of the change.

              vault policy history
            """)

    @OptionGroup var broker: BrokerOptions
    @OptionGroup var format: OutputOptions

    func run() throws {
        let table = Table([
            .init(title: "REVISION", alignsRight: true), .init(title: "TIME"), .init(title: "CHANGE"),
            .init(title: "WHO"),
            .init(title: "RECORD", alignsRight: true), .init(title: "REASON"),
        ])
        var printer = ListingPrinter<AdminInterface.Revision>(format.output, table, row: Self.cells)
        try broker.connect().callMore(AdminInterface.Revisions.self, .init()) { try printer.print($0.revisions) }
        try printer.finish()
    }

    private static func cells(of revision: AdminInterface.Revision) -> [Table.Cell] {
        [
            .init("\(revision.revision)", .strong), .init(LocalTime.text(Int64(revision.timeUSec))),
            .init(revision.cause), .init(revision.user ?? revision.uid.map { "uid \($0)" } ?? "the broker"),
            .init("\(revision.record)"), .init(revision.reason ?? ""),
        ]
    }
}
