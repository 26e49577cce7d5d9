// SPDX-License-Identifier: Apache-2.0

/// Text in the `man(7)` macros.
struct Roff {
    private(set) var text = ""

    /// One line of input for `groff`, or several; control characters at the start of a line lose their meaning.
    mutating func line(_ line: String) {
        text += line + "\n"
    }

    mutating func title(_ name: String, section: Int) {
        line(".\\\" SPDX-License-Identifier: Apache-2.0")
        line(".TH \"\(Self.escape(name.uppercased()))\" \"\(section)\" \"\" \"vault\"")
        // Neither hyphenated nor adjusted: names and options are copied from pages.
        line(".nh\n.ad l")
    }

    mutating func heading(_ title: String) {
        line(".SH \"\(Self.escape(title))\"")
    }

    mutating func subheading(_ title: String) {
        line(".SS \"\(Self.escape(title))\"")
    }

    /// - Parameter pages: as `vaultd(8)`.
    mutating func references(_ pages: [String]) {
        guard !pages.isEmpty else { return }
        heading("SEE ALSO")
        line(pages.map(Self.reference).joined(separator: ",\n"))
    }

    /// `vaultd(8)` as it is printed.
    static func reference(_ page: String) -> String {
        let name = page.prefix { $0 != "(" }
        return bold(String(name)) + escape(String(page.dropFirst(name.count)))
    }

    mutating func item(term: String, text: String) {
        line(".TP\n\(term)")
        for part in text.split(separator: "\n", omittingEmptySubsequences: true) {
            line(Self.escape(String(part)))
        }
    }

    /// Paragraphs as in a discussion: blank lines separate them, and indented lines stay as they are.
    mutating func paragraphs(_ discussion: String) {
        var isLiteral = false
        var isStart = true
        for part in discussion.split(separator: "\n", omittingEmptySubsequences: false) {
            let isIndented = part.hasPrefix("  ")
            if part.allSatisfy(\.isWhitespace) {
                isStart = true
                continue
            }
            if isLiteral, !isIndented {
                line(".fi\n.RE")
                isLiteral = false
                isStart = true
            }
            if isIndented, !isLiteral {
                line(".PP\n.RS 2\n.nf")
                isLiteral = true
            } else if isIndented, isStart {
                line("")
            } else if isStart {
                line(".PP")
            }
            isStart = false
            line(Self.escape(String(isLiteral ? part.dropFirst(2) : part)))
        }
        if isLiteral { line(".fi\n.RE") }
    }

    static func bold(_ text: String) -> String { "\\fB\(escape(text))\\fR" }

    static func italic(_ text: String) -> String { "\\fI\(escape(text))\\fR" }

    /// `text` as it is to be read: no character of it means anything to `groff`.
    static func escape(_ text: String) -> String {
        var escaped = ""
        for character in text {
            switch character {
            case "\\": escaped += "\\e"
            case "-": escaped += "\\-"
            case "\"": escaped += "\\(dq"
            case "'": escaped += "\\(aq"
            case "`": escaped += "\\(ga"
            case "^": escaped += "\\(ha"
            case "~": escaped += "\\(ti"
            default:
                // Formatters differ in how they read bytes beyond ASCII; they agree on this.
                for scalar in character.unicodeScalars {
                    escaped += scalar.isASCII ? String(scalar) : "\\[u\(hexadecimal(scalar))]"
                }
            }
        }
        return escaped.hasPrefix(".") ? "\\&" + escaped : escaped
    }

    private static func hexadecimal(_ scalar: Unicode.Scalar) -> String {
        let digits = String(scalar.value, radix: 16, uppercase: true)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}
