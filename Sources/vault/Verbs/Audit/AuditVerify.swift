// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Descriptors
import Glibc
import JSONText
import SystemPackage
import TerminalKit
import VaultClient
import VaultInterface

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

    @Option(
        help: ArgumentHelp("A file that export or prune wrote; - for standard input.", valueName: "path"),
        completion: .file())
    var archive: String?

    func validate() throws {
        if database != nil, archive != nil { throw ValidationError("--database and --archive are two logs") }
    }

    func run() throws {
        let arguments = ["audit", "verify"] + check.arguments
        if let archive { throw OfflineProgram.execute(arguments + ["--archive", archive]) }
        if let database = database ?? broker.usualDatabase {
            throw OfflineProgram.execute(arguments + ["--database", database])
        }
        let connection = try broker.connect()
        let stream = try LogStream(connection)
        if let database = try broker.toldDatabase(connection, stream.checkpoint.note) {
            throw OfflineProgram.execute(arguments + ["--database", database])
        }
        try OfflineProgram.run(arguments + ["--archive", "-", "--exported"]) { try stream.read($0) }
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

    @OptionGroup var format: AnswerOptions

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
    var usualDatabase: String? {
        guard at.socket == nil else { return nil }
        let directory: String
        switch (user ? BrokerLocation.user : .automatic).resolvedPath {
        case BrokerLocation.system.resolvedPath: directory = "/var/lib/vaultd"
        case BrokerLocation.user.resolvedPath:
            guard let state = Environment["XDG_STATE_HOME"] ?? Environment["HOME"].map({ "\($0)/.local/state" }) else {
                return nil
            }
            directory = "\(state)/vaultd"
        default: return nil
        }
        let path = "\(directory)/ledger.db"
        return access(path, R_OK) == 0 ? path : nil
    }

    /// The database where the broker says that it is, where that may be read and is of the same log. Others than the
    /// owner of the vault do not ask: the refusal would be recorded.
    /// - Parameter note: a checkpoint that the broker has just given.
    func toldDatabase(_ connection: BrokerConnection, _ note: String) throws -> String? {
        let socket = (user ? BrokerLocation.user : at.location).resolvedPath
        let owner = try? FileStatus(ofPath: FilePath(socket)).uid
        guard geteuid() == 0 || owner == geteuid(),
            let reply = try? connection.call(Untyped<AdminInterface.Status>.self, .init()),
            let directory = reply["status"]?["log"]?["state"]?.string, directory.hasPrefix("/"),
            access("\(directory)/ledger.db", R_OK) == 0
        else { return nil }
        // A broker in another file system may have another log there: this one has the checkpoint in it.
        let head = note.split(at: "\n", maxSplits: 3, omittingEmpty: false).prefix(3)
        guard let file = try? OwnedDescriptor.open(FilePath("\(directory)/checkpoints")),
            let size = try? FileStatus(of: file).size,
            file.withUnsafeNumber({ lseek($0, max(0, off_t(size) - 65536), SEEK_SET) }) >= 0,
            let tail = try? file.readPrefix(1 << 20),
            String(decoding: tail, as: UTF8.self).contains(head.joined(separator: "\n") + "\n")
        else { return nil }
        return "\(directory)/ledger.db"
    }
}
