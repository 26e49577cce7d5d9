// SPDX-License-Identifier: Apache-2.0

package import JSONText
internal import VaultModel

/// JSON for standard output.
package enum JSONOutput {
    /// One value with its line feed: laid out for `json`, on a line of its own for `jsonl`.
    package static func text(_ value: some JSONWritable, _ format: OutputFormat) -> String {
        shown(value.jsonBytes(format == .json ? .indented : .compact)) + "\n"
    }

    /// A JSON text as it may be printed. In a pipe these are the exact bytes; on a terminal what the terminal would
    /// act on is written as an escape, which says the same.
    package static func shown(_ json: [UInt8], isTerminal: Bool = Terminal.output.isTerminal) -> String {
        let text = String(decoding: json, as: UTF8.self)
        guard isTerminal, text.utf8.contains(where: { $0 >= 0x7F }) else { return text }
        var result = ""
        for scalar in text.unicodeScalars {
            // Outside strings JSON has only ASCII; the line feeds of the layout stay.
            guard scalar.value >= 0x7F, scalar.isCommand else {
                result.unicodeScalars.append(scalar)
                continue
            }
            for unit in UTF16.encode(scalar) ?? .init() { result += "\\u" + pad(unit, 4, radix: 16) }
        }
        return result
    }
}

/// What a verb prints.
package enum OutputFormat: String, CaseIterable, Sendable {
    /// For people.
    case text
    /// One value; a listing is an array.
    case json
    /// A value on each line.
    case jsonl
}
