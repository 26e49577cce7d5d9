// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// `vault audit verify`: a database, an archive, or what the broker exports.
struct AuditVerify: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Verify a log: hash every record again, and compare.")

    @Option(help: "A checkpoint or a receipt that was kept.")
    var from: String?

    @Option(help: "The log's key, or a file that holds it.")
    var key: String?

    @Option(help: "A database.")
    var database: String?

    @Option(help: "An archive; - is standard input.")
    var archive: String?

    @Flag(help: "The archive is what the broker exports, as it comes.")
    var exported = false

    @Option(help: "What to print.")
    var output = Verdict.Format.text

    func run() throws {
        if let database {
            try DatabaseVerification(database, key: key, from: from).run().report(output)
        } else if let archive {
            let log = exported ? "what the broker exports" : archive == "-" ? "standard input" : archive
            try StreamVerification(LogStream(archive), key: key, from: from).run(named: log).report(output)
        } else {
            throw ValidationError("which log? Name --database or --archive")
        }
    }
}

extension Verdict.Format: ExpressibleByArgument {}
