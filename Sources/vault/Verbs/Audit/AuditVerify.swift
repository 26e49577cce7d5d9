// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Glibc
import VaultClient

/// `vault audit verify`: whether the log is what it was.
struct AuditVerify: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Verify the log: hash every record again, and compare.",
        discussion: """
            The stored bytes of every record are hashed again, the tree over them is built, and everything that is kept \
            of it is compared: tiles, checkpoints and their signatures. Whatever is wrong is told with the first record \
            that cannot be trusted, and the exit status is 5.

            Without --database and --archive it is the log of the broker: its files where they can be read, else what \
            it exports, which is hashed here.

            A log that was cut or replaced together with every trace of it in the state directory is found only by \
            what was kept elsewhere: give --from a checkpoint or a receipt that was kept, and --key the key that was.

              vault audit verify --from checkpoint.2026-11-21 --key vault.key
              vault audit verify --database /backup/vaultd/ledger.db
              vault audit verify --archive /archive/audit-2025
            """)

    @OptionGroup var broker: BrokerOptions
    @OptionGroup var check: VerificationOptions

    @Option(
        help: ArgumentHelp(
            "A database, or a copy of it, with its checkpoints and key beside it where they are.", valueName: "path"),
        completion: .file())
    var database: String?

    @Option(help: ArgumentHelp("A file that export or prune wrote.", valueName: "path"), completion: .file())
    var archive: String?

    func validate() throws {
        if database != nil, archive != nil { throw ValidationError("--database and --archive are two logs") }
    }

    func run() throws {
        let arguments = ["audit", "verify"] + check.arguments
        if let archive { throw OfflineProgram.execute(arguments + ["--archive", archive]) }
        if let database = database ?? broker.readableDatabase {
            throw OfflineProgram.execute(arguments + ["--database", database])
        }
        let stream = try LogStream(broker.connect())
        try OfflineProgram.run(arguments + ["--archive", "-"]) { try stream.read($0) }
    }
}

/// What is compared, and with what.
struct VerificationOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A checkpoint or a receipt that was kept: the log must be a continuation of it.", valueName: "path"),
        completion: .file())
    var from: String?

    @Option(
        help: ArgumentHelp(
            "The log's key, or a file that holds it. Else the key beside the log, which is told.", valueName: "key"),
        completion: .file())
    var key: String?

    @OptionGroup var format: OutputOptions

    func validate() throws {
        if format.output == .jsonl { throw ValidationError("the answer is one value: --output json") }
    }

    /// As `vault-offline` takes them.
    var arguments: [String] {
        var arguments: [String] = []
        if let from { arguments += ["--from", from] }
        if let key { arguments += ["--key", key] }
        if format.output == .json { arguments += ["--output", "json"] }
        return arguments
    }
}

extension BrokerOptions {
    /// The database of the broker that is meant, where it lies in its usual place and may be read.
    var readableDatabase: String? {
        guard at.socket == nil else { return nil }
        func variable(_ name: String) -> String? { Environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        let directory: String
        switch (user ? BrokerLocation.user : .automatic).resolvedPath {
        case BrokerLocation.system.resolvedPath: directory = "/var/lib/vaultd"
        case BrokerLocation.user.resolvedPath:
            guard let state = variable("XDG_STATE_HOME") ?? variable("HOME").map({ "\($0)/.local/state" }) else {
                return nil
            }
            directory = "\(state)/vaultd"
        default: return nil
        }
        let path = "\(directory)/ledger.db"
        return access(path, R_OK) == 0 ? path : nil
    }
}
