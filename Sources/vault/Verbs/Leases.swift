// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import JSONText
import TerminalKit
import VaultInterface

/// `vault leases`: what is out and has not ended.
struct Leases: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "leases",
        abstract: "List the grants that are followed until they end.",
        discussion: """
            They are those of rules with 'lease' or 'outstanding'. A lease ends when its time has come, when the process \
            that got it releases it or exits, and when its rule is revoked. What ends is the permission: a process that \
            kept the descriptor, or passed it on, is not seen here.

              vault leases 'logs/**'
              vault leases --output jsonl | jq -r 'select(.user == "alice") | .id'
            """)

    @OptionGroup var broker: BrokerOptions
    @OptionGroup var format: OutputOptions

    @Argument(help: "Only of names that match.", completion: CapabilityNames.completion)
    var pattern: String?

    func run() throws {
        let table = Table([
            .init(title: "LEASE"), .init(title: "CAPABILITY"), .init(title: "RIGHTS"), .init(title: "HOLDER"),
            .init(title: "RULE"), .init(title: "RECORD", alignsRight: true), .init(title: "SINCE"),
            .init(title: "UNTIL"), .init(title: "RENEWABLE UNTIL"),
        ])
        var printer = ListingPrinter<AdminInterface.Lease>(format.output, table, row: Self.cells)
        try broker.connect().callMore(AdminInterface.Leases.self, .init(pattern: pattern)) {
            try printer.print($0.leases)
        }
        try printer.finish()
    }

    private static func cells(of lease: AdminInterface.Lease) -> [Table.Cell] {
        func time(_ usec: Int?) -> String? { usec.map { LocalTime.text(Int64($0)) } }
        return [
            .init(lease.id, .strong), .init(lease.name), .init(lease.rights.joined(separator: ",")),
            .init("\(lease.user ?? "uid \(lease.uid)")[\(lease.pid)]"), .init(lease.rule), .init("\(lease.record)"),
            .init(LocalTime.text(Int64(lease.startedUSec))), .init(time(lease.expiresUSec) ?? "it is released"),
            .init(time(lease.renewableUSec) ?? "-"),
        ]
    }
}
