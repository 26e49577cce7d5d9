// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import JSONText
import TerminalKit
import VaultInterface
import VaultModel

/// `vault audit prune`: old records go to an archive.
struct AuditPrune: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune",
        abstract: "Move the texts of old records into an archive.",
        discussion: """
            The records before a time, or before a number, are exported to a file; the file is read again and verified; \
            only then does the log forget their texts. It keeps every hash, so that it still verifies, and what remains \
            can be proved. 'vault audit verify --archive' checks the file alone. The file's SHA-256 is in the record of \
            this.

            Records go in groups of 256 that a checkpoint covers, and never the newest one, so that somewhat fewer may go \
            than were asked for.

              vault audit prune --before '365d ago' --archive /archive/audit-2025
              vault audit prune --before 1000000 --archive /archive/audit.1
            """)

    @OptionGroup var broker: BrokerOptions
    @OptionGroup var format: OutputOptions

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("A time as for --since of 'audit list', or the number of a record.", valueName: "time"),
        transform: Bound.init)
    var before: Bound

    @Option(help: ArgumentHelp("The file for the records; it must not exist.", valueName: "path"), completion: .file())
    var archive: String?

    @Flag(help: "Keep no archive: the texts are gone.")
    var withoutArchive = false

    @Flag(help: "Tell what would go, and change nothing.")
    var dryRun = false

    /// Where to stop.
    enum Bound: Equatable {
        case record(Int)
        case time(TimeArgument)

        init(_ argument: String) throws {
            if let number = Int(argument), number >= 0, argument.utf8.allSatisfy(isDigit) {
                self = .record(number)
            } else {
                self = .time(try TimeArgument(argument))
            }
        }
    }

    func validate() throws {
        if archive != nil, withoutArchive {
            throw ValidationError("--archive and --without-archive exclude each other")
        }
        if archive == "-" {
            throw ValidationError("the archive is read again before anything goes: --archive - is no file")
        }
        if archive == nil, !withoutArchive, !dryRun {
            throw ValidationError("where are the records to go? Name --archive FILE, or --without-archive to lose them")
        }
    }

    func run() throws {
        let connection = try broker.connect()
        let size = try NoteHead(connection.call(AuditInterface.Checkpoint.self, .init()).note).size
        if case .record(let number) = before, number > size {
            throw Failure(
                .usage, "--before \(number): the log has \(size) records", next: "a record, or a time like 2026-01-01")
        }
        let end = min(try end(connection), max(0, size / 256 - 1) * 256) / 256 * 256
        // From the broker, which has no negative ones.
        let first = max(0, try firstText(connection))
        guard end > first else {
            let already = first > 0 ? "; the texts of the records before \(first) were pruned already" : ""
            return try tell(
                "nothing to prune: no group of 256 records is that old\(already)",
                ["before": .integer(Int64(first)), "records": 0])
        }
        if dryRun {
            let object: JSONObject = [
                "before": .integer(Int64(end)), "records": .integer(Int64(end - first)), "dryRun": true,
            ]
            return try tell("would prune the texts of the records \(first) to \(end - 1)", object)
        }
        var sha256: String?
        if let archive {
            let stream = try LogStream(connection, upTo: end)
            let output = try OfflineProgram.run(["audit", "archive", "--new", "--", archive], catchingOutput: true) {
                try stream.read($0)
            }
            sha256 = output.split(at: " ").first.map(String.init)
        }
        let reply = try connection.call(AuditInterface.Prune.self, .init(before: end, archiveSha256: sha256))
        let place = archive.map { "; they are in \($0.escaped)" } ?? ""
        var object: JSONObject = [
            "record": .integer(Int64(reply.record)), "before": .integer(Int64(reply.before)),
            "records": .integer(Int64(reply.before.saturatingSubtracting(first))),
        ]
        object["archive"] = archive.map { .string($0) }
        object["archiveSha256"] = sha256.map { .string($0) }
        try tell("pruned: the log has texts from record \(reply.before) on (record \(reply.record))\(place)", object)
    }

    /// The first record whose text the log still has.
    private func firstText(_ connection: BrokerConnection) throws(Failure) -> Int {
        try connection.call(AuditInterface.Query.self, .init(limit: 1)).entries.first?.record ?? 0
    }

    /// The first record that stays, before it is rounded.
    private func end(_ connection: BrokerConnection) throws -> Int {
        switch before {
        case .record(let number): return number
        case .time(let time):
            // A record is not older than those before it, unless somebody set the clock.
            let filter = AuditInterface.Filter(untilUSec: Int(time.microseconds))
            var newest: Int?
            try connection.callMore(AuditInterface.Query.self, .init(filter: filter, limit: 1, reverse: true)) {
                newest = newest ?? $0.entries.first?.record
            }
            return newest.map { $0.saturatingAdding(1) } ?? 0
        }
    }

    private func tell(_ text: String, _ object: JSONObject) throws {
        try format.print(object, text: text + "\n")
    }
}
