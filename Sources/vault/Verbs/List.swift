// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import TerminalKit
import VaultInterface

/// `vault list`: what the caller may see.
struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the capabilities that you may see.",
        discussion: """
            In a pattern * stands for one segment of a name or a part of one, ** for any number of segments. The rights \
            are those of the capability; what you may have of it can be less.

              vault list 'logs/**'
              vault list --output jsonl | jq -r .name
            """)

    @OptionGroup var broker: BrokerOptions
    @OptionGroup var format: OutputOptions

    @Argument(help: "Only names that match.", completion: CapabilityNames.completion)
    var pattern: String?

    func run() throws {
        let table = Table("NAME", "KIND", "RIGHTS", "ORIGIN", "DELIVERY", "REVOCATION", "STATE")
        var printer = ListingPrinter<BrokerInterface.Capability>(format.output, table) { $0.cells }
        try broker.connect().callMore(BrokerInterface.List.self, .init(pattern: pattern)) {
            try printer.print($0.capabilities)
        }
        try printer.finish()
    }
}

extension BrokerInterface.Capability {
    fileprivate var cells: [Table.Cell] {
        [
            .init(name, .strong), .init(kind), .init(rights.joined(separator: ",")), .init(origin), .init(delivery),
            .init(revocation), .init(problem.map { "\(state): \($0)" } ?? state, stateStyle),
        ]
    }

    /// How the state stands out.
    var stateStyle: Style {
        switch state {
        case "ready", "open": .good
        case "failed": .bad
        case "stale": .doubtful
        default: .plain
        }
    }
}
