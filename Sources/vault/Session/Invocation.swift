// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Descriptors
import TerminalKit

/// One command line, from its words to its exit status.
struct Invocation {
    let arguments: [String]

    /// Runs the verb, says what went wrong, and returns the exit status.
    func run() -> Int32 {
        do throws(ExactText.Malformed) {
            // What `exec` runs gets the bytes of its arguments.
            try ExactText.checkArguments(before: becomesCommand ? "--" : nil)
            try ExactText.checkVariables(["VAULT_SOCKET"])
        } catch {
            return report(Failure(wrongUsage, error.description, next: error.remedy))
        }
        if let word = unknownHelp { return report(Failure(wrongUsage, "there is no verb '\(word)'", next: "")) }
        do {
            if let plain = PlainCommand(arguments), plain.isPossible {
                try plain.run()
                return 0
            }
            var command = try Vault.parseAsRoot(arguments)
            guard let paged = command as? any PagedVerb, !paged.pager.noPager else {
                try command.run()
                return 0
            }
            Pager.begin()
            let result = Result { try command.run() }
            try Pager.finish()
            try result.get()
            return 0
        } catch let failure as Failure {
            return report(failure)
        } catch let code as ExitCode {
            return code.rawValue
        } catch {
            return report(parsing: error)
        }
    }

    private func report(_ failure: Failure) -> Int32 {
        StandardOutput.writeError(failure.text(verb: verb.joined(separator: " ")))
        return failure.status.rawValue
    }

    /// What ArgumentParser throws: a wrong command line, or the text that `--help` and the like ask for.
    private func report(parsing error: any Error) -> Int32 {
        if Vault.exitCode(for: error).isSuccess {
            do {
                try StandardOutput.write(ProgramName.told(Vault.fullMessage(for: error)) + "\n")
                return 0
            } catch let failure as Failure {
                return report(failure)
            } catch {
                return Failure.Status.system.rawValue
            }
        }
        if let word = unknownVerb {
            return report(Failure(wrongUsage, "there is no verb '\(word)'", next: ""))
        }
        let message = Vault.message(for: error)
        return report(Failure(wrongUsage, Failure.line(message), next: ""))
    }

    /// Those that become another command say whatever is wrong on their own side as env(1) does.
    private var wrongUsage: Failure.Status { becomesCommand ? .beforeCommand : .usage }

    private var becomesCommand: Bool {
        let verb = verb
        guard verb.count == 1, let word = verb.first else { return false }
        return word == "exec" || word == "take" || word == "dump"
    }

    /// The words at the front that name a verb: `["policy", "apply"]`.
    private var verb: [String] { Self.place(of: arguments).names }

    /// The word that stands where a verb should.
    private var unknownVerb: String? {
        let (names, command) = Self.place(of: arguments)
        guard !command.configuration.subcommands.isEmpty else { return nil }
        return arguments.dropFirst(names.count).first.flatMap { $0.hasPrefix("-") ? nil : $0 }
    }

    /// The word behind `help` that is no verb, or stands behind one that has none below it.
    private var unknownHelp: String? {
        guard arguments.first == "help" else { return nil }
        let words = Array(arguments.dropFirst())
        return words.dropFirst(Self.place(of: words).names.count).first { !$0.hasPrefix("-") }
    }

    private static func place(of words: [String]) -> (names: [String], command: any ParsableCommand.Type) {
        var names: [String] = []
        var command: any ParsableCommand.Type = Vault.self
        // An option is the name of no verb; to ask all of them for theirs takes a third of `vault --help`.
        for word in words.prefix(while: { $0.utf8.first != UInt8(ascii: "-") }) {
            guard let next = command.configuration.subcommands.first(where: { $0._commandName == word }) else { break }
            names.append(word)
            command = next
        }
        return (names, command)
    }
}
