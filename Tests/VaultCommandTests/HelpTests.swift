// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Testing

@testable import vault

@Suite("Help")
struct HelpTests {
    /// A verb with the words that lead to it.
    struct Verb: Sendable, CustomTestStringConvertible {
        let words: [String]
        let type: any ParsableCommand.Type

        var testDescription: String { words.joined(separator: " ") }
    }

    static let verbs = verbs(below: Vault.self, ["vault"])

    private static func verbs(below type: any ParsableCommand.Type, _ words: [String]) -> [Verb] {
        [Verb(words: words, type: type)]
            + type.configuration.subcommands.flatMap { verbs(below: $0, words + [$0._commandName]) }
    }

    @Test("the verbs of the first version are there")
    func hasVerbs() {
        let names = Set(Self.verbs.map { $0.words.dropFirst().joined(separator: " ") })
        let wanted = [
            "cat", "try", "exec", "list", "show", "whoami", "grant", "revoke", "rules", "status", "policy check",
            "policy apply", "policy show", "policy resume", "audit list", "audit show", "audit summary", "audit report",
            "audit verify", "audit verify-receipt", "audit prove", "audit checkpoint", "audit key", "audit export",
            "audit prune", "audit backup", "audit add-cosignature", "add", "remove", "reload",
        ]
        #expect(names.isSuperset(of: wanted))
    }

    @Test("a verb says in a sentence what it does, and gives an example that parses", arguments: verbs)
    func explains(verb: Verb) throws {
        let configuration = verb.type.configuration
        #expect(configuration.abstract.hasSuffix(".") && configuration.abstract.count < 80)
        let examples = configuration.discussion.split(separator: "\n").filter { $0.hasPrefix("  vault ") }
        #expect(examples.contains { $0.hasPrefix("  \(verb.testDescription) ") || $0 == "  \(verb.testDescription)" })
        for example in examples {
            #expect(example.count <= 80, "\(example)")
            let words = shellWords(example).dropFirst()
            #expect(throws: Never.self, "\(example)") { try Vault.parseAsRoot(Array(words)) }
        }
    }

    @Test("every option and argument is explained", arguments: verbs)
    func explainsOptions(verb: Verb) {
        var explained: [String] = []
        for line in Vault.helpMessage(for: verb.type, columns: 1000).split(separator: "\n") {
            if line.hasPrefix("  -") || line.hasPrefix("  <") {
                explained.append(String(line))
            } else if line.hasPrefix("      "), let last = explained.popLast() {
                // The names were too long for an explanation beside them.
                explained.append(last + line)
            }
        }
        for line in explained {
            // An explanation is a sentence, and no name of an option has a full stop. Only --help is not ours.
            #expect(line.contains(".") || line.hasPrefix("  -h, --help"), "\(line)")
        }
    }

    /// The words of a line up to the end of the first command, as a shell would split them.
    private func shellWords(_ line: Substring) -> [String] {
        var words: [String] = []
        var word: String?
        var quote: Character?
        for character in line {
            switch (character, quote) {
            case ("'", nil), ("\"", nil):
                quote = character
                word = word ?? ""
            case (let character, let open?) where character == open: quote = nil
            case (" ", nil):
                if let word { words.append(word) }
                word = nil
            case ("|", nil), ("&", nil), ("<", nil), (">", nil): return words
            default: word = (word ?? "") + String(character)
            }
        }
        if let word { words.append(word) }
        return words
    }
}
