// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import VaultInterface
import VaultModel

/// `vault policy who-can`: who may have a capability.
struct PolicyWhoCan: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "who-can",
        abstract: "List who may have a capability, by the rules.",
        discussion: """
            The conditions that remain are listed beside each: it depends on them whether a request is granted.

              vault policy who-can logs/web
              vault policy who-can logs/web --action remove
            """)

    @OptionGroup var broker: BrokerOptions
    @OptionGroup var format: OutputOptions

    @Argument(help: "The capability.", completion: CapabilityNames.completion)
    var name: String

    @Option(help: ArgumentHelp("What is asked. Else open.", valueName: "action"))
    var action: Action?

    func run() throws {
        var printer = ListingPrinter<AdminInterface.Answer>(format.output, .answers) { $0.cells }
        try broker.connect().callMore(
            AdminInterface.WhoCan.self, .init(name: name, action: action?.rawValue)
        ) { try printer.print($0.answers) }
        try printer.finish()
    }
}
