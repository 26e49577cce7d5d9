// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import JSONText
import TerminalKit
import VaultInterface

/// `vault audit checkpoint`: what the log says of itself, signed.
struct AuditCheckpoint: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "checkpoint",
        abstract: "Print a signed checkpoint of the log.",
        discussion: """
            A checkpoint is the log's size and the root of the tree over its records, signed by its key (C2SP \
            tlog-checkpoint). Keep it on another host: 'vault audit verify --from' then shows that nothing of what the \
            log held at that time was changed, whatever happened to this one.

            With --since, the proof that the log of that size is the beginning of this one (RFC 6962) stands before the \
            checkpoint, a hash in base 64 on each line, and an empty line.

              vault audit checkpoint > checkpoint.$(date +%F)
              vault audit checkpoint --since 8000 --output json
            """)

    @OptionGroup var broker: BrokerOptions
    @OptionGroup var format: OutputOptions

    @Option(
        help: ArgumentHelp("Prove that the log of so many records is the beginning of this one.", valueName: "size"))
    var since: Int?

    func validate() throws {
        if let since, since < 0 { throw ValidationError("--since is a number of records") }
    }

    func run() throws {
        let reply = try broker.connect().call(AuditInterface.Checkpoint.self, .init(since: since))
        try StandardOutput.write(
            format.output == .text ? text(reply) : JSONOutput.text(reply, format.output))
    }

    /// Every character of a note means something, so that nothing in it is escaped, unless it would move the terminal.
    private func text(_ reply: AuditInterface.Checkpoint.Reply) throws -> String {
        let proof = reply.consistency.isEmpty ? "" : reply.consistency.joined(separator: "\n") + "\n\n"
        return try NoteText.shown(proof + reply.note)
    }
}
