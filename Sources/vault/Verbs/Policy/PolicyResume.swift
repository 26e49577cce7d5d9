// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import JSONText
import VaultInterface

/// `vault policy resume`: the suspension of a rule ends.
struct PolicyResume: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume",
        abstract: "End the suspension of a rule.",
        discussion: """
            'vault revoke' suspends a rule of a policy file. It then does nothing, over reload and restart too, until \
            this ends it or the file no longer holds the rule. 'vault rules' shows which are suspended.

              vault policy resume web-reads-its-log --reason 'back in the team'
            """)

    @OptionGroup var broker: BrokerOptions
    @OptionGroup var format: OutputOptions

    @OptionGroup var why: ReasonOption

    @Argument(help: "The id of the rule.", completion: Completion.rules)
    var rule: String

    func run() throws {
        let reply = try broker.connect().call(AdminInterface.Resume.self, .init(rule: rule, reason: why.reason))
        try format.print(reply, text: "rule \(rule.escaped) is in force again (record \(reply.record))\n")
    }
}
