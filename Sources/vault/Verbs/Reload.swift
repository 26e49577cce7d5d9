// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import VaultInterface

/// `vault reload`: the directory of policy files is read again.
struct Reload: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reload",
        abstract: "Let the broker read its directory of policy files again.",
        discussion: """
            The files are applied as one new revision if they have changed. With a mistake in one of them nothing \
            changes.

              vault policy check /etc/vaultd/policies
              vault reload
            """)

    @OptionGroup var broker: BrokerOptions
    @OptionGroup var format: OutputOptions

    func run() throws {
        let reply = try broker.connect().call(AdminInterface.Reload.self, .init())
        guard format.output == .text else { return try StandardOutput.write(JSONOutput.text(reply, format.output)) }
        try StandardOutput.write("revision \(reply.revision) is in force\n")
    }
}
