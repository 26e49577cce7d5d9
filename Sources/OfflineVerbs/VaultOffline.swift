// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Descriptors
import Foundation
import JSONText
import TerminalKit

/// What needs no broker. `vault` becomes this program for its verbs that read files. It is a program of its own as it is
/// built, and another name of `vaultd` as it is installed.
package struct VaultOffline: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "vault-offline",
        abstract: "Do the part of the vault that needs no broker; run by 'vault'.",
        subcommands: [Policy.self, Audit.self, AccountLookup.self])

    package init() {}

    /// Does what the command line asks for. It returns when that was done, and ends this process otherwise.
    package static func main() {
        StandardDescriptor.fillMissing()
        // A limit on the size of files is an error of the write that meets it: what was written by then is taken away.
        signal(SIGXFSZ, SIG_IGN)
        let arguments = Array(CommandLine.arguments.dropFirst())
        do {
            try ExactText.checkArguments()
            try ExactText.checkVariables(["VAULTD_CONFIG"])
            var command = try parseAsRoot(arguments)
            try command.run()
        } catch let malformed as ExactText.Malformed {
            report(Failure(.usage, malformed.description, next: malformed.remedy), arguments)
        } catch let failure as Failure {
            report(failure, arguments)
        } catch {
            // 64 is ArgumentParser's status for a wrong command line, 2 is ours.
            let code = exitCode(for: error)
            guard code == .validationFailure else { exit(withError: error) }
            report(Failure(.usage, Failure.line(message(for: error)), next: ""), arguments)
        }
    }

    private static func report(_ failure: Failure, _ arguments: [String]) -> Never {
        StandardOutput.writeError(failure.text(verb: verb(arguments)))
        Foundation.exit(failure.status.rawValue)
    }

    /// The verb of `vault` that this is a part of: the two words at the front, but for what no person calls.
    private static func verb(_ arguments: [String]) -> String {
        switch arguments.prefix(3) {
        case ["audit", "archive", "--new"]: "audit prune"
        case let words where words.starts(with: ["audit", "archive"]) || words.starts(with: ["audit", "tiles"]):
            "audit export"
        case let words: words.prefix(2).joined(separator: " ")
        }
    }
}

/// Verbs about policy files.
struct Policy: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy", abstract: "Check and test policy files.",
        subcommands: [PolicyCheck.self, PolicyTest.self])
}

/// Verbs about the log.
struct Audit: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "Verify the log, its receipts and its archives.",
        subcommands: [
            AuditVerify.self, AuditVerifyReceipt.self, AuditArchive.self, AuditTiles.self, AuditBackup.self,
        ])
}
