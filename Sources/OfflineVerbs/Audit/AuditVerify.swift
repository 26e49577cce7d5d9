// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// `vault audit verify`: a database, an archive, or what the broker exports.
struct AuditVerify: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Verify a log: hash every record again, and compare.")

    @Option(help: "A checkpoint or a receipt that was kept.")
    var from: String?

    @OptionGroup var check: CheckOptions

    @Option(help: "A database.")
    var database: String?

    @Option(help: "An archive; - is standard input.")
    var archive: String?

    @Flag(help: "The archive is what the broker exports, as it comes.")
    var exported = false

    func run() throws {
        if let database {
            try DatabaseVerification(database, key: check.key, from: from).run().report(check.output)
        } else if let archive {
            let log = exported ? "what the broker exports" : archive == "-" ? "standard input" : archive
            try StreamVerification(LogStream(archive), key: check.key, from: from).run(named: log).report(check.output)
        } else {
            throw ValidationError("which log? Name --database or --archive")
        }
    }
}

/// What a log or a receipt is checked with, and how it is told what came of that.
struct CheckOptions: ParsableArguments {
    @Option(help: "The log's key, or a file that holds it.")
    var key: String?

    @Option(help: "What to print.")
    var output = Verdict.Format.text
}

extension Verdict.Format: ExpressibleByArgument {}
