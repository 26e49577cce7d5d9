// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import TerminalKit
import VaultInterface

/// `vault list`: what the caller may see.
struct List: ParsableCommand, PagedVerb {
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
    @OptionGroup var pager: PagerOption

    @Argument(help: "Only names that match.", completion: Completion.names)
    var pattern: String?

    func run() throws {
        let table = Table("NAME", "KIND", "RIGHTS", "ORIGIN", "DELIVERY", "REVOCATION", "STATE")
        try format.list(
            broker.connect(), BrokerInterface.List.self, .init(pattern: pattern), \.capabilities, in: table
        ) { capability in
            let state = capability.problem.map { "\(capability.state): \($0)" } ?? capability.state
            return [
                .init(capability.name, .strong), .init(capability.kind),
                .init(capability.rights.joined(separator: ",")),
                .init(capability.origin), .init(capability.delivery), .init(capability.revocation),
                .init(state, capability.stateStyle),
            ]
        }
    }
}

extension BrokerInterface.Capability {
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
