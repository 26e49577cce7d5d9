// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import JSONText
import Records
import SystemPackage
import TerminalKit
import VaultLedger

/// `vault audit backup`: a copy of the state, of a daemon that runs or does not.
struct AuditBackup: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup", abstract: "Copy the state of the daemon to a directory.")

    @Option(help: "The database, with what lies beside it.")
    var database: String

    @Option(help: "What to print.")
    var output = Verdict.Format.text

    @Argument(help: "A directory that is empty or not there.")
    var directory: String

    func run() throws {
        let summary: LedgerBackup.Summary
        do throws(LedgerError) {
            summary = try LedgerBackup(of: FilePath(database), to: FilePath(directory)).run()
        } catch {
            throw Failure(.system, error.message, next: error.remedy)
        }
        guard output == .text else {
            let object: JSONObject = [
                "directory": .string(directory), "records": .integer(Int64(clamping: summary.records)),
                "bytes": .integer(summary.bytes), "key": .bool(summary.hasKey),
            ]
            return try StandardOutput.print(JSONValue.object(object).text)
        }
        let key = summary.hasKey ? "with the signing key" : "without the signing key, which does not lie in the state"
        try StandardOutput.print("\(directory.escaped): \(summary.records) records, \(key)")
    }
}
