// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import JSONText
import VaultInterface

/// `vault status`: how the broker is.
struct Status: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show how the broker is: problems first.",
        discussion: """
            Problems are capabilities that could not be opened, a log that cannot be written, an opener that is gone, \
            warnings of the policy, suspended rules, and a policy in force that is not the directory's.

              vault status
              vault status --output json | jq -e '.problems == []'
            """)

    @OptionGroup var broker: BrokerOptions
    @OptionGroup var format: OutputOptions

    func run() throws {
        let status = try broker.connect().call(AdminInterface.Status.self, .init()).status
        guard format.output == .text else { return try StandardOutput.write(JSONOutput.text(status, format.output)) }
        try StandardOutput.write(StatusReport(status).text(colours: Terminal.output.hasColours))
    }
}
