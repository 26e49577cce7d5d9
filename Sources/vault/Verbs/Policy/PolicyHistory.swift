// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import TerminalKit
import VaultInterface

/// `vault policy history`: who changed what, and when.
struct PolicyHistory: ParsableCommand, PagedVerb {
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
    @OptionGroup var pager: PagerOption

    func run() throws {
        let table = Table(.right("REVISION"), "TIME", "CHANGE", "WHO", .right("RECORD"), "REASON")
        try format.list(broker.connect(), AdminInterface.Revisions.self, .init(), \.revisions, in: table) { revision in
            [
                .init("\(revision.revision)", .strong), .init(LocalTime.text(Int64(revision.timeUSec))),
                .init(revision.cause), .init(revision.user ?? revision.uid.map { "uid \($0)" } ?? "the broker"),
                .init("\(revision.record)"), .init(revision.reason ?? ""),
            ]
        }
    }
}
