// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import TerminalKit
import VaultInterface

/// `vault audit verify-receipt`: whether a record is in a log.
struct AuditVerifyReceipt: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify-receipt",
        abstract: "Verify a receipt, and show the record that it proves.",
        discussion: """
            With --key this needs neither the log nor a broker: the record's path is hashed up to the root, and the \
            signature of the root is checked. Without it the broker is asked for its key, and whoever controls the \
            broker could have made the receipt. The exit status is 5 when it does not verify.

              vault audit verify-receipt grant-17.receipt --key vault.key
            """)

    @OptionGroup var broker: BrokerOptions

    @Option(help: ArgumentHelp("The log's key, or a file that holds it.", valueName: "key"), completion: .file())
    var key: String?

    @Option(
        help: ArgumentHelp(
            "The record's bytes, where the receipt does not carry them: a line of an archive.", valueName: "path"),
        completion: .file())
    var record: String?

    @OptionGroup var format: AnswerOptions

    @Argument(help: "The receipt; - for standard input.", completion: .file())
    var file: String

    func run() throws {
        var arguments = ["audit", "verify-receipt"]
        if let key {
            arguments += ["--key", key]
        } else {
            arguments += ["--claimed-key", try claimedKey()]
        }
        if let record { arguments += ["--record", record] }
        if format.output == .json { arguments += ["--output", "json"] }
        throw OfflineProgram.execute(arguments + ["--", file])
    }

    private func claimedKey() throws(Failure) -> String {
        do throws(Failure) {
            return try broker.connect().call(AuditInterface.Checkpoint.self, .init()).key
        } catch {
            throw Failure(
                error.status, "no --key was given, and the broker does not tell its own: \(error.message)",
                next: "--key, with what 'vault audit key' printed where the receipt was made")
        }
    }
}
