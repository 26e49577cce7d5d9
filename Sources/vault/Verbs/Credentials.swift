// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import TerminalKit
import VaultInterface

/// `vault credentials`: what a unit would get.
struct Credentials: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "credentials",
        abstract: "List what a unit would get as its credentials.",
        discussion: """
            A unit with LoadCredential=NAME:/run/vaultd/credentials.sock gets what the capability holds that NAME stands for, \
            if the rules permit it to the unit; else it does not start. Where each lies is said by 'names' of \
            credentials-socket in vaultd.yaml.

              vault credentials nginx.service
              vault credentials nginx.service --output jsonl | jq -r .credential
            """)

    @OptionGroup var broker: BrokerOptions
    @OptionGroup var format: OutputOptions

    @Argument(help: "The unit, such as nginx.service.")
    var unit: String

    func run() throws {
        let table = Table("CREDENTIAL", "CAPABILITY", "KIND", .right("BYTES"), "PERMITTED", "BY", "PROBLEM")
        try format.list(
            broker.connect(), AdminInterface.Credentials.self, .init(unit: unit), \.credentials, in: table
        ) { credential in
            [
                .init(credential.credential, .strong), .init(credential.name), .init(credential.kind),
                .init(credential.size.map(String.init) ?? "-"),
                .init(credential.permitted ? "yes" : "no", credential.permitted ? .good : .bad),
                .init(credential.rules.isEmpty ? "no rule" : credential.rules.joined(separator: ",")),
                .init(credential.problem ?? "-"),
            ]
        }
    }
}
