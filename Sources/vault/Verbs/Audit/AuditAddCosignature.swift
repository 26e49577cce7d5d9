// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import JSONText
import TerminalKit
import VaultInterface

/// `vault audit add-cosignature`: what a witness signed.
struct AuditAddCosignature: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add-cosignature",
        abstract: "Keep a witness's signature of a checkpoint of this log.",
        discussion: """
            A witness signs a checkpoint when it has seen that the log only grew (C2SP tlog-witness). FILE is the \
            checkpoint with the log's signature and the witness's; checkpoints and receipts carry it from then on.

              vault audit checkpoint > checkpoint
              vault audit add-cosignature checkpoint.witnessed
            """)

    @OptionGroup var broker: BrokerOptions
    @OptionGroup var format: OutputOptions

    @Argument(help: "The checkpoint with the signatures; - for standard input.", completion: .file())
    var file: String

    func run() throws {
        let note = try InputFile.read(file, as: "a checkpoint with a witness's signature")
        let reply = try broker.connect().call(AuditInterface.AddCosignature.self, .init(note: note))
        try StandardOutput.write(
            format.output == .text ? "kept (record \(reply.record))\n" : JSONOutput.text(reply, format.output))
    }
}
