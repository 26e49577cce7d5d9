// SPDX-License-Identifier: Apache-2.0

internal import JSONText

/// Something wrong in a file, as people read it: `file:line:column: message`, the line with a caret below the place, and
/// what to do. Whatever came from elsewhere is escaped here.
package struct ProblemText {
    private let path: String
    private let line: Int
    private let column: Int
    private let message: String
    private let remedy: String

    /// - Parameters:
    ///   - path: empty where there is no place to look at.
    ///   - line: counted from 1; 0 where it is the file as a whole.
    ///   - column: counted from 1, in Unicode scalars.
    package init(path: String, line: Int, column: Int, message: String, remedy: String) {
        self.path = path
        self.line = line
        self.column = column
        self.message = message
        self.remedy = remedy
    }

    /// - Parameter source: the text of the file; without it the line is left out.
    package func text(source: String? = nil, colours: Bool = false) -> String {
        let place = path.isEmpty ? "" : line > 0 ? "\(path.escaped):\(line):\(column): " : "\(path.escaped): "
        var text = Style.strong.applied(to: place, colours: colours)
        text += Style.bad.applied(to: message.escaped, colours: colours) + "\n"
        if let line = source.flatMap(line) {
            // The caret stands below the character, whatever escaping does to what is before it.
            let before = String(line.unicodeScalars.prefix(max(0, column - 1))).escaped
            text += "    \(line.escaped)\n    " + String(repeating: " ", count: before.count)
            text += Style.good.applied(to: "^", colours: colours) + "\n"
        }
        return remedy.isEmpty ? text : text + "  \(remedy.escaped)\n"
    }

    private func line(of source: String) -> String? {
        let lines = source.split(separator: "\n", maxSplits: max(0, line), omittingEmptySubsequences: false)
        guard line > 0, line <= lines.count else { return nil }
        let text = lines[line - 1]
        return String(text.hasSuffix("\r") ? text.dropLast() : text)
    }
}
