// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import TerminalKit
import VaultInterface

/// `vault rules`: the rules in force.
struct Rules: ParsableCommand, PagedVerb {
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
    @OptionGroup var pager: PagerOption

    @Argument(help: "Only rules about names that match.", completion: CapabilityNames.completion)
    var pattern: String?

    func run() throws {
        let table = Table(
            "RULE", "EFFECT", "CAPABILITY", "TO", "RIGHTS", .right("USES LEFT"), "ORIGIN", "CONDITIONS")
        try format.list(broker.connect(), AdminInterface.Rules.self, .init(pattern: pattern), \.rules, in: table) {
            rule in
            let summary = RuleSummary(rule)
            let effect = "\(summary.isForbid ? "forbid" : "permit") \(summary.actions.joined(separator: ","))"
            return [
                .init(rule.id, .strong),
                rule.suspended ? .init("suspended", .doubtful) : .init(effect, summary.isForbid ? .bad : .plain),
                .init(summary.capabilities.isEmpty ? "-" : summary.capabilities.joined(separator: ",")),
                .init(summary.principals.joined(separator: " ")),
                .init(summary.rights.isEmpty ? "all" : summary.rights.joined(separator: ",")),
                .init(rule.usesLeft.map(String.init) ?? "-", rule.usesLeft == 0 ? .doubtful : .plain),
                .init(rule.origin), .init(summary.conditions.joined(separator: ", ")),
            ]
        }
    }
}
