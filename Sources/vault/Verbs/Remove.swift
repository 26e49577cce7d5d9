// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import JSONText
import TerminalKit
import VaultInterface

/// `vault remove`: what was added under a name.
struct Remove: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove",
        abstract: "Remove a capability that was added, or a deposit.",
        discussion: """
            Descriptors that are out stay out: 'vault revoke' takes back what can be taken back. A capability of a \
            policy file is removed there.

              vault remove scratch/report
              vault remove web/socket
            """)

    @OptionGroup var broker: BrokerOptions
    @OptionGroup var format: OutputOptions

    @Option(help: ArgumentHelp("Why, for the audit log; needs the right to administer.", valueName: "text"))
    var reason: String?

    @Argument(help: "The capability.", completion: Completion.names)
    var name: String

    func run() throws {
        let record = try remove(broker.connect())
        try format.print(
            BrokerInterface.Remove.Reply(record: record), text: "removed \(name.escaped) (record \(record))\n")
    }

    /// Whoever may administer may give a reason; the other call serves him, and those whom a rule permits to remove it.
    private func remove(_ connection: BrokerConnection) throws(Failure) -> Int {
        guard let reason else { return try connection.call(BrokerInterface.Remove.self, .init(name: name)).record }
        return try connection.call(AdminInterface.RemoveCapability.self, .init(name: name, reason: reason)).record
    }
}
