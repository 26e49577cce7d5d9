// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Descriptors
import Foundation

/// What needs no broker. `vault` becomes this program for its verbs that read files.
@main
struct VaultOffline: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vault-offline",
        abstract: "Do the part of the vault that needs no broker; run by 'vault'.",
        subcommands: [Policy.self, Audit.self])

    static func main() {
        StandardDescriptor.fillMissing()
        let arguments = Array(CommandLine.arguments.dropFirst())
        do {
            try ExactText.checkArguments()
            try ExactText.checkVariables(["VAULTD_CONFIG"])
            var command = try parseAsRoot(arguments)
            try command.run()
        } catch let malformed as ExactText.Malformed {
            report(malformed.description, malformed.remedy, arguments)
            Foundation.exit(2)
        } catch let failure as Failure {
            report(failure.description, failure.next, arguments)
            Foundation.exit(failure.status)
        } catch {
            // 64 is ArgumentParser's status for a wrong command line, 2 is ours.
            let code = exitCode(for: error)
            guard code == .validationFailure else { exit(withError: error) }
            report(message(for: error), "vault \(verb(arguments)) --help", arguments)
            Foundation.exit(2)
        }
    }

    /// Two lines: what is wrong, and what to try.
    private static func report(_ message: String, _ next: String, _ arguments: [String]) {
        let line = message.split(separator: "\n").joined(separator: " ")
        StandardOutput.writeError("vault: \(verb(arguments)): \(line.printable)\nTry: \(next.printable)\n")
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

/// Why a verb did not do what it was asked.
struct Failure: Error, CustomStringConvertible {
    let status: Int32
    let description: String
    let next: String
}
