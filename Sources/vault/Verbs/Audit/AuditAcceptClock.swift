// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import VaultInterface

/// `vault audit accept-clock`: the clock is right, whatever was recorded before.
struct AuditAcceptClock: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "accept-clock",
        abstract: "Take the wall clock for right, though it is behind what was recorded.",
        discussion: """
            A clock that shows an earlier time than the newest record has been set back, or was ahead before. Until it has \
            caught up, rules with times do not permit, and forbid. If it is right now, this says so; it needs the \
            action admin, and is recorded.

              vault status
              vault audit accept-clock --reason 'the battery was empty'
            """)

    @OptionGroup var broker: BrokerOptions
    @OptionGroup var format: OutputOptions

    @OptionGroup var why: ReasonOption

    func run() throws {
        let reply = try broker.connect().call(AdminInterface.AcceptClock.self, .init(reason: why.reason))
        try format.print(reply, text: "the clock is taken for right (record \(reply.record))\n")
    }
}
