// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
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
        let proof = reply.consistency.isEmpty ? "" : reply.consistency.joined(separator: "\n") + "\n\n"
        try format.print(reply, text: NoteText.shown(proof + reply.note))
    }
}

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
        try format.print(["key": key], text: NoteText.shown(key))
    }
}

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
        try format.print(reply, text: "kept (record \(reply.record))\n")
    }
}
