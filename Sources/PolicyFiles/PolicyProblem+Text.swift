// SPDX-License-Identifier: Apache-2.0

extension PolicyProblem {
    /// The problem as people read it: `file:line:column: message`, the line of the file with a caret under the place,
    /// and what to do.
    ///
    /// `source` is the text of the file; without it the line is left out.
    package func text(source: String?) -> String {
        let kind = severity == .warning ? "warning: " : ""
        var lines = [line > 0 ? "\(path):\(line):\(column): \(kind)\(message)" : "\(path): \(kind)\(message)"]
        if let source, let sourceLine = Self.line(line, of: source) {
            let scalars = sourceLine.unicodeScalars
            let before = scalars.prefix(max(0, column - 1)).map { $0 == "\t" ? "\t" : " " }.joined()
            lines.append("    " + String(String.UnicodeScalarView(scalars.map(Self.visible))))
            lines.append("    " + before + "^")
        }
        lines.append("  \(remedy)")
        return lines.map(Self.printable).joined(separator: "\n")
    }

    /// The problem in one line, with what to do, for logs and listings.
    package var summary: String {
        let place = path.isEmpty ? "" : line > 0 ? "\(path):\(line):\(column): " : "\(path): "
        return Self.printable(remedy.isEmpty ? place + message : "\(place)\(message); \(remedy)")
    }

    private static func line(_ number: Int, of source: String) -> String? {
        guard number > 0 else { return nil }
        let lines = source.split(separator: "\n", maxSplits: number, omittingEmptySubsequences: false)
        guard number <= lines.count else { return nil }
        return String(lines[number - 1])
    }

    /// A file can hold what a terminal would obey.
    private static func printable(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.map(visible)))
    }

    private static func visible(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        let isControl = scalar.value < 0x20 && scalar != "\t" || (0x7f...0x9f).contains(scalar.value)
        return isControl ? "\u{FFFD}" : scalar
    }
}
