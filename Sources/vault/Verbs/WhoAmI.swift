// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import TerminalKit
import VaultInterface

/// `vault whoami`: who the broker says the caller is.
struct WhoAmI: ParsableCommand, PagedVerb {
    static let configuration = CommandConfiguration(
        commandName: "whoami",
        abstract: "Show who you are, as the broker sees it.",
        discussion: """
            These are the facts that rules select on. A fact that the broker does not know stands there with the reason: \
            a permit that selects on it does not match, and a forbid does.

              vault whoami
            """)

    @OptionGroup var broker: BrokerOptions
    @OptionGroup var format: OutputOptions
    @OptionGroup var pager: PagerOption

    func run() throws {
        // What a newer broker knows is shown too.
        let reply = try broker.connect().call(Untyped<BrokerInterface.WhoAmI>.self, .init())
        let identity = reply["identity"]?.object ?? [:]
        var fields = Fields()
        for fact in identity.members where !["none", "unknown"].contains(fact.key) {
            fields.add(fact.key, fact.value.words)
        }
        for fact in identity["unknown"]?.object?.members ?? [] {
            fields.add(fact.key, "unknown: \(fact.value.words)", .doubtful)
        }
        try format.print(identity, text: fields.text(colours: Terminal.output.hasColours))
    }
}
