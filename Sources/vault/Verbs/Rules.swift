// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import TerminalKit
import VaultInterface

/// `vault rules`: the rules in force.
struct Rules: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rules",
        abstract: "List the rules.",
        discussion: """
            The origin is the file and line that a rule was written at, 'granted' for one of 'vault grant', or \
            'bootstrap' for one of the first start. A suspended rule was revoked although its file still holds it.

              vault rules 'logs/**'
              vault rules --output jsonl | jq -r 'select(.suspended) | .id'
            """)

    @OptionGroup var broker: BrokerOptions
    @OptionGroup var format: OutputOptions

    @Argument(help: "Only rules about names that match.", completion: CapabilityNames.completion)
    var pattern: String?

    func run() throws {
        let table = Table([
            .init(title: "RULE"), .init(title: "EFFECT"), .init(title: "CAPABILITY"), .init(title: "TO"),
            .init(title: "RIGHTS"), .init(title: "USES LEFT", alignsRight: true), .init(title: "ORIGIN"),
            .init(title: "CONDITIONS"),
        ])
        var printer = ListingPrinter<AdminInterface.Rule>(format.output, table) { $0.cells }
        try broker.connect().callMore(AdminInterface.Rules.self, .init(pattern: pattern)) {
            try printer.print($0.rules)
        }
        try printer.finish()
    }
}

extension AdminInterface.Rule {
    fileprivate var cells: [Table.Cell] {
        let summary = RuleSummary(self)
        let effect = "\(summary.isForbid ? "forbid" : "permit") \(summary.actions.joined(separator: ","))"
        return [
            .init(id, .strong),
            suspended ? .init("suspended", .doubtful) : .init(effect, summary.isForbid ? .bad : .plain),
            .init(summary.capabilities.isEmpty ? "-" : summary.capabilities.joined(separator: ",")),
            .init(summary.principals.joined(separator: " ")),
            .init(summary.rights.isEmpty ? "all" : summary.rights.joined(separator: ",")),
            .init(usesLeft.map(String.init) ?? "-", usesLeft == 0 ? .doubtful : .plain),
            .init(origin),
            .init(summary.conditions.joined(separator: ", ")),
        ]
    }
}
