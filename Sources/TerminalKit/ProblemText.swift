// SPDX-License-Identifier: Apache-2.0

internal import JSONText

/// Something wrong in a file, as people read it: `file:line:column: message`, the line with a caret below the place, and
/// what to do. Whatever came from elsewhere is escaped here.
package enum ProblemText {
    /// - Parameters:
    ///   - path: empty where there is no place to look at.
    ///   - line: counted from 1; 0 where it is the file as a whole.
    ///   - column: counted from 1, in Unicode scalars.
    ///   - source: the text of the file; without it the line is left out.
    package static func text(
        path: String, line: Int, column: Int, message: String, remedy: String, source: String?, colours: Bool = false
    ) -> String {
        let place = path.isEmpty ? "" : line > 0 ? "\(path.escaped):\(line):\(column): " : "\(path.escaped): "
        var text = Style.strong.applied(to: place, colours: colours)
        text += Style.bad.applied(to: message.escaped, colours: colours) + "\n"
        if let line = source.flatMap({ self.line(line, of: $0) }) {
            // The caret stands below the character, whatever escaping does to what is before it.
            let before = String(line.unicodeScalars.prefix(max(0, column - 1))).escaped
            text += "    \(line.escaped)\n    " + String(repeating: " ", count: before.count)
            text += Style.good.applied(to: "^", colours: colours) + "\n"
        }
        return remedy.isEmpty ? text : text + "  \(remedy.escaped)\n"
    }

    private static func line(_ line: Int, of source: String) -> String? {
        let lines = source.split(at: "\n", maxSplits: max(0, line), omittingEmpty: false)
        guard line > 0, line <= lines.count else { return nil }
        let text = lines[line - 1]
        return String(text.hasSuffix("\r") ? text.dropLast() : text)
    }
}
