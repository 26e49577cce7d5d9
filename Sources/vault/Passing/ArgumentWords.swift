// SPDX-License-Identifier: Apache-2.0

import Glibc
import TerminalKit

/// Words in braces within the arguments of a command, and the texts that take their place.
///
/// Only words that an option has named are looked for: `awk '{print}'`, `find -exec … {}` and JSON stay as they are.
enum ArgumentWords {
    /// - Returns: a word that is in none of the arguments.
    static func missing(_ words: [String], in arguments: some Sequence<String>) -> String? {
        let arguments = arguments.map { Array($0.utf8) }
        return words.first { word in
            let text = braced(word)
            return !arguments.contains { argument in
                argument.indices.contains { argument[$0...].starts(with: text) }
            }
        }
    }

    /// An argument with a text in the place of each word. What has taken a word's place is not looked at again.
    static func replaced(_ argument: [UInt8], _ texts: [(word: String, text: String)]) -> [UInt8] {
        var result: [UInt8] = []
        var rest = argument[...]
        let known = texts.map { (word: braced($0.word), text: $0.text.utf8) }
        while let first = rest.first {
            if first == UInt8(ascii: "{"), let found = known.first(where: { rest.starts(with: $0.word) }) {
                result += found.text
                rest = rest.dropFirst(found.word.count)
            } else {
                result.append(first)
                rest = rest.dropFirst()
            }
        }
        return result
    }

    private static func braced(_ word: String) -> [UInt8] { Array("{\(word)}".utf8) }
}
