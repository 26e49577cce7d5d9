// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import TerminalKit
import VaultInterface

/// `vault renew`: what is held of a file is opened anew.
struct Renew: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "renew",
        abstract: "Let the broker open a file anew that it holds, or read it anew into memory.",
        discussion: """
            The broker does that by itself when the file was replaced, and memory also when it was written, unless the \
            capability says 'renew: asked'. Said here, for where it cannot be seen, and for who does not want to wait. Who asks \
            from then on gets what is there now, and 'vault exec --on-renew' tells its command. The record, and 'vault \
            leases', name the grants that have what was before.

              vault renew web/key
              vault renew web/key --reason 'the certificate was issued anew'
            """)

    @OptionGroup var broker: BrokerOptions
    @OptionGroup var format: OutputOptions
    @OptionGroup var why: ReasonOption

    @Argument(help: "The capability.", completion: Completion.names)
    var name: String

    func run() throws {
        let connection = try broker.connect()
        do {
            let reply = try connection.call(
                BrokerInterface.RenewCapability.self, .init(name: name, reason: why.reason))
            try format.print(reply, text: "renewed \(name.escaped) (record \(reply.record))\n")
        } catch let failure as Failure where failure.parameter == "name" {
            throw Failure(
                .usage, "\(name.escaped) cannot be renewed: that can a file, or memory that vaultd may read again",
                next: "vault show \(name)")
        }
    }
}
