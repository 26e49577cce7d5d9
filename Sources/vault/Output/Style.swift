// SPDX-License-Identifier: Apache-2.0

/// How a piece of text stands out on a terminal.
enum Style: String {
    case plain = ""
    case strong = "1"
    case faint = "2"
    case bad = "31"
    case good = "32"
    case doubtful = "33"

    /// The text in this style, or as it is where there are no colours.
    func applied(to text: String, colours: Bool) -> String {
        colours && self != .plain && !text.isEmpty ? "\u{1B}[\(rawValue)m\(text)\u{1B}[0m" : text
    }
}

extension Style {
    /// How a decision stands out.
    static func of(decision: String) -> Style {
        decision == "permit" ? .good : .bad
    }
}
