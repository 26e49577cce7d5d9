// SPDX-License-Identifier: Apache-2.0

internal import JSONText

/// Something wrong in a file, as people read it: `file:line:column: message`, the line with a caret below the place, and
/// what to do. Whatever came from elsewhere is escaped here.
package enum ProblemText {
    /// - Parameters:
    ///   - path: empty where there is no place to look at.
    ///   - line: counted from 1; 0 where it is the file as a whole.
    ///   - column: counted from 1, in Unicode scalars.
    ///   - source: the lines of the file; without them the line is left out.
    package static func text(
        path: String, line: Int, column: Int, message: String, remedy: String, source: SourceLines?,
        colours: Bool = false
    ) -> String {
        let place = path.isEmpty ? "" : line > 0 ? "\(path.escaped):\(line):\(column): " : "\(path.escaped): "
        var text = Style.strong.applied(to: place, colours: colours)
        text += Style.bad.applied(to: message.escaped, colours: colours) + "\n"
        if let line = source?[line] {
            // The caret stands below the character, whatever escaping does to what is before it.
            let before = String(line.unicodeScalars.prefix(max(0, column - 1))).escaped
            text += "    \(line.escaped)\n    " + String(repeating: " ", count: before.count)
            text += Style.good.applied(to: "^", colours: colours) + "\n"
        }
        return remedy.isEmpty ? text : text + "  \(remedy.escaped)\n"
    }

}

/// The lines of a text, found once for everything that is said of it.
package struct SourceLines: Sendable {
    private let text: String
    private var starts: [String.Index] = []

    package init(_ text: String) {
        self.text = text
        let bytes = text.utf8
        starts.append(bytes.startIndex)
        var index = bytes.startIndex
        while index < bytes.endIndex {
            let next = bytes.index(after: index)
            if bytes[index] == UInt8(ascii: "\n") { starts.append(next) }
            index = next
        }
    }

    /// A line, counted from 1, without its end.
    package subscript(line: Int) -> String? {
        guard line > 0, line <= starts.count else { return nil }
        let end = line < starts.count ? text.utf8.index(before: starts[line]) : text.endIndex
        let bytes = text.utf8[starts[line - 1]..<end]
        return String(decoding: bytes.last == UInt8(ascii: "\r") ? bytes.dropLast() : bytes, as: UTF8.self)
    }
}
