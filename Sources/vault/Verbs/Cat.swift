// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// `vault cat`: descriptors, copied to standard output.
struct Cat: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cat",
        abstract: "Copy what is behind names to standard output.",
        discussion: """
            The names are asked for together: with one that is denied nothing is printed.

              vault cat logs/web/access | grep ' 500 '
              vault cat secrets/db --reason 'ticket 4711'
            """)

    @OptionGroup var broker: BrokerOptions

    @Option(help: ArgumentHelp("Why, for the audit log; some rules demand it.", valueName: "text"))
    var reason: String?

    @Argument(help: "The capabilities.", completion: Completion.names)
    var names: [String]

    /// What was read, for whoever does it.
    var call: CatCall { CatCall(broker: broker.location, reason: reason, names: names) }

    func run() throws { try call.run() }
}
