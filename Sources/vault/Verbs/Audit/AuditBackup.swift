// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import TerminalKit
import VaultInterface

/// `vault audit backup`: the state of the broker, whole, in a directory.
struct AuditBackup: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Copy the state of the broker to a directory, while it runs.",
        discussion: """
            The directory gets the log with the policy that is stored in it, its checkpoints, the revocations that are not \
            recorded yet, and the signing key: keep it as the state itself is kept. It appears whole or not at all, and \
            must be empty or not there. Who may read the state directory may do this: root, or the owner of the vault.

            To restore it, stop the broker, put the copy in the place of the state directory, give it to the broker's \
            user, and start. All of the copy, and nothing of what was there: with the checkpoints of what was lost the \
            broker finds that its log was rolled back and grants nothing, until 'vaultd --accept-rollback'. Whoever kept a \
            later checkpoint or receipt elsewhere sees it in any case. Rules that were revoked since the copy are in force \
            again, and what was used up since is not counted.

              vault audit backup /backup/vaultd-2026-11-29
              vault audit verify --database /backup/vaultd-2026-11-29/ledger.db
              systemctl stop vaultd.socket vaultd.service
              mv /var/lib/vaultd /var/lib/vaultd.lost
              cp -r /backup/vaultd-2026-11-29 /var/lib/vaultd
              chown -R vaultd: /var/lib/vaultd
              systemctl start vaultd.socket vaultd.service
            """)

    @OptionGroup var broker: BrokerOptions
    @OptionGroup var format: AnswerOptions

    @Option(
        help: ArgumentHelp(
            "The database of the state, where it is not that of the broker.", valueName: "path"), completion: .file())
    var database: String?

    @Argument(help: "Where to; empty, or not there.", completion: .directory)
    var directory: String

    func run() throws {
        var arguments = ["audit", "backup"]
        if format.output == .json { arguments += ["--output", "json"] }
        arguments += ["--database", try source(), "--", directory]
        throw OfflineProgram.execute(arguments)
    }

    private func source() throws -> String {
        if let database = database ?? broker.usualDatabase { return database }
        let connection = try broker.connect()
        let note = try connection.call(AuditInterface.Checkpoint.self, .init()).note
        if let database = try broker.toldDatabase(connection, note) { return database }
        throw Failure(
            .system, "the state of the broker cannot be read from here",
            next: "as root or the owner of the vault, or --database")
    }
}
