// SPDX-License-Identifier: Apache-2.0

import PolicyFiles
import Testing
import VaultModel
import VaultTestKit

@Suite("Mutated policy files")
struct MutationTests {
    private static let pieces = [
        "*", "&a", "*a", "[", "]", "{", "}", ":", ": ", "- ", "\n", "\t", "\"", "'", "|", ">", "#", "!!int ", "%", "@",
        "? ",
        "---\n", "...\n", "<<: ", "\u{1}", "\u{85}", "\u{FEFF}", "\u{1F512}", "\\ud800", "\"\\x00\"", "vault: 1\n", "~",
        ",",
    ]

    @Test("neither trap nor say nothing: what is read without an error is a policy, whose documents are read back")
    func mutations() throws {
        let seed = Seed()
        var random = seed.generator
        let files = try PolicyDirectory.read(ShippedPoliciesTests.directory).files
        var readable = 0
        let rounds = Soak.count(600, full: 30_000)
        for round in 0..<rounds {
            var text = Array(files[round % files.count].text.unicodeScalars)
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let place = Int.random(in: 0..<text.count, using: &random)
                let end = min(text.count, place + Int.random(in: 0...12, using: &random))
                let piece = Self.pieces[Int.random(in: 0..<Self.pieces.count, using: &random)]
                switch Int.random(in: 0..<3, using: &random) {
                case 0: text.removeSubrange(place..<end)
                case 1: text.insert(contentsOf: piece.unicodeScalars, at: place)
                default:
                    text.insert(
                        contentsOf: Array(text[place..<end]), at: Int.random(in: 0..<text.count, using: &random))
                }
            }
            let file = PolicyFile(path: "p", text: String(String.UnicodeScalarView(text)))
            let (set, problems) = PolicyReader.read([file], names: FixedNames())
            guard !problems.contains(where: { $0.severity == .error }) else {
                #expect(problems.allSatisfy { $0.line >= 1 && $0.column >= 1 && !$0.remedy.isEmpty }, "\(seed)")
                _ = problems.map { $0.text(source: file.text) }
                continue
            }
            readable += 1
            for rule in set.rules {
                let read = PolicyReader.readRule(document: rule.document, origin: rule.origin, names: FixedNames())
                #expect(read.0?.document == rule.document, "\(seed), round \(round)")
            }
        }
        #expect(readable > rounds / 100 && readable < rounds, "\(seed)")
    }
}
