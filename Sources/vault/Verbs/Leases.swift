// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import TerminalKit
import VaultInterface

/// `vault leases`: what is out and has not ended.
struct Leases: ParsableCommand, PagedVerb {
    static let configuration = CommandConfiguration(
        commandName: "leases",
        abstract: "List the grants that are followed until they end.",
        discussion: """
            They are those of rules with 'lease' or 'outstanding'. A lease ends when its time has come, when the process \
            that got it releases it or exits, and when its rule is revoked. What ends is the permission: a process that \
            kept the descriptor, or passed it on, is not seen here.

            CONTENT is 'outdated' where what was granted is something else than what the name leads to now, since its \
            file was replaced, or what was read into memory was written, and the capability renewed.

              vault leases 'logs/**'
              vault leases --output jsonl | jq -r 'select(.user == "alice") | .id'
            """)

    @OptionGroup var broker: BrokerOptions
    @OptionGroup var format: OutputOptions
    @OptionGroup var pager: PagerOption

    @Argument(help: "Only of names that match.", completion: Completion.names)
    var pattern: String?

    func run() throws {
        let table = Table(
            "LEASE", "CAPABILITY", "RIGHTS", "HOLDER", "RULE", .right("RECORD"), "SINCE", "UNTIL", "RENEWABLE UNTIL",
            "CONTENT")
        func time(_ usec: Int?) -> String? { usec.map { LocalTime.text(Int64($0)) } }
        try format.list(
            broker.connect(), AdminInterface.Leases.self, .init(pattern: pattern), \.leases, in: table
        ) { lease in
            [
                .init(lease.id, .strong), .init(lease.name), .init(lease.rights.joined(separator: ",")),
                .init("\(lease.user ?? "uid \(lease.uid)")[\(lease.pid)]"), .init(lease.rule), .init("\(lease.record)"),
                .init(LocalTime.text(Int64(lease.startedUSec))), .init(time(lease.expiresUSec) ?? "it is released"),
                .init(time(lease.renewableUSec) ?? "-"),
                lease.isOutdated == true ? .init("outdated", .doubtful) : .init("-"),
            ]
        }
    }
}
