// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import JSONText
import TerminalKit
import VaultInterface

/// `vault audit key`: what verifies the log's signatures.
struct AuditKey: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key",
        abstract: "Print the key that verifies the log's signatures.",
        discussion: """
            It is no secret: give it to whoever is to check receipts and checkpoints, by a way that this host cannot \
            change. Its form is that of C2SP signed-note: name+id+key.

              vault audit key > vault.key
              vault audit verify --key vault.key
            """)

    @OptionGroup var broker: BrokerOptions
    @OptionGroup var format: OutputOptions

    func run() throws {
        let key = try broker.connect().call(AuditInterface.Checkpoint.self, .init()).key
        let object: JSONObject = ["key": .string(key)]
        try StandardOutput.write(
            format.output == .text ? NoteText.shown(key) : JSONOutput.text(object, format.output))
    }
}
