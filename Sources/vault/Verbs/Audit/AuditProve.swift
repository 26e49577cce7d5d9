// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import VaultInterface

/// `vault audit prove`: a receipt for one record.
struct AuditProve: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prove",
        abstract: "Print a receipt: a proof that a record is in the log.",
        discussion: """
            With the log's key anybody can check it without the log, by 'vault audit verify-receipt' or by any program \
            that reads C2SP tlog-proof: the record, its path to the root of the tree, and a signed checkpoint.

              vault audit prove 17 --out grant-17.receipt
              vault audit verify-receipt grant-17.receipt --key vault.key
            """)

    @OptionGroup var broker: BrokerOptions

    @Option(
        help: ArgumentHelp("The file; - for standard output, as without this.", valueName: "path"), completion: .file())
    var out: String?

    @Argument(help: "The number of a record.", completion: Completion.records)
    var record: Int

    func run() throws {
        let proof = try broker.connect().call(AuditInterface.Prove.self, .init(record: record)).proof
        let text = try NoteText.shown(proof)
        // It holds the record: nobody else reads it unless somebody says so.
        try OutputFile.write(text, to: out ?? "-", mode: 0o600)
    }
}
