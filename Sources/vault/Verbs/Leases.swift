// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import JSONText
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
        var printer = ListingPrinter<JSONObject>(format.output, table, row: Self.cells)
        try broker.connect().callMore(AdminInterface.Leases.self, .init(pattern: pattern)) {
            try printer.print($0.leases)
        }
        try printer.finish()
    }

    private static func cells(of lease: JSONObject) -> [Table.Cell] {
        func text(_ key: String) -> String { lease[key]?.words ?? "" }
        func time(_ key: String) -> String? { lease[key]?.integer.map { LocalTime.text($0) } }
        let user = lease["user"]?.string ?? "uid \(text("uid"))"
        let rights = lease["rights"]?.array?.map(\.words).joined(separator: ",") ?? ""
        return [
            .init(text("id"), .strong), .init(text("name")), .init(rights), .init("\(user)[\(text("pid"))]"),
            .init(text("rule")), .init(text("record")), .init(time("startedUSec") ?? "?"),
            .init(time("expiresUSec") ?? "it is released"), .init(time("renewableUSec") ?? "-"),
        ]
    }
}
