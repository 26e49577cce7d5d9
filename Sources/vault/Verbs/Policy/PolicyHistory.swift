// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import TerminalKit
import VaultInterface
import VaultModel

/// `vault policy history`: who changed what, and when.
struct PolicyHistory: ParsableCommand, PagedVerb {
    static let configuration = CommandConfiguration(
        commandName: "history",
        abstract: "List the revisions of the policy: who changed what, when and why.",
        discussion: """
            The newest come first, each with the number of rules and capabilities that it changed, and which they are, as \
            far as its record tells. 'vault policy diff 3 5' shows what changed between two. 'vault policy show --revision' shows the rules of one, 'vault policy apply --revision' \
            puts the files of one in force again, and 'vault audit show' shows the record of the change.

              vault policy history
            """)

    @OptionGroup var broker: BrokerOptions
    @OptionGroup var format: OutputOptions
    @OptionGroup var pager: PagerOption

    func run() throws {
        let table = Table(
            .right("REVISION"), "TIME", "CHANGE", "WHO", .right("RECORD"), .right("CHANGED"), "REASON", "WHAT")
        try format.list(broker.connect(), AdminInterface.Revisions.self, .init(), \.revisions, in: table) { revision in
            [
                .init("\(revision.revision)", .strong), .init(LocalTime.text(Int64(revision.timeUSec))),
                .init(revision.cause), .init(revision.user ?? revision.uid.map { "uid \($0)" } ?? "the broker"),
                .init("\(revision.record)"), .init(revision.changed.map(String.init) ?? "-"),
                .init(revision.reason ?? ""), .init(Self.what(revision)),
            ]
        }
    }

    private static func what(_ revision: AdminInterface.Revision) -> String {
        // Rules first: they say who may do what.
        let changes = revision.changes ?? []
        let aboutCapabilities = changes.filter { $0.utf8.starts(with: "capability.".utf8) }
        let shown = (changes.filter { !$0.utf8.starts(with: "capability.".utf8) } + aboutCapabilities).prefix(8)
        let more = (revision.changed ?? changes.count).saturatingSubtracting(shown.count)
        return (shown + (more > 0 && !shown.isEmpty ? ["\(more) more"] : [])).joined(separator: ", ")
    }
}
