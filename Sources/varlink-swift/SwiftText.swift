// SPDX-License-Identifier: Apache-2.0

import JSONText

/// The text of a Swift file as it grows, laid out as `swift format` lays it out.
final class SwiftText {
    /// The longest line, in columns.
    static let width = 120

    private(set) var text = ""
    private var depth = 0
    private var indentation: String { String(repeating: "    ", count: depth) }

    /// A line of its own; an empty one has no space.
    func line(_ line: String) {
        text += line.isEmpty ? "\n" : "\(indentation)\(line)\n"
    }

    /// A line, what belongs to it one level deeper, and the closing brace.
    func block(_ head: String, _ body: () -> Void) {
        line(head + " {")
        inside(body)
        line("}")
    }

    /// Lines one level deeper.
    func inside(_ body: () -> Void) {
        depth += 1
        body()
        depth -= 1
    }

    /// A documentation comment. A paragraph with a line that is too long here is filled anew.
    func documentation(_ text: String) {
        guard !text.isEmpty else { return }
        let room = Self.width - indentation.count - "/// ".count
        // A carriage return would end the comment.
        let clean = String(String.UnicodeScalarView(text.unicodeScalars.filter { $0.value >= 0x20 || $0 == "\n" }))
        let lines = clean.split(at: "\n", omittingEmpty: false)
        for paragraph in lines.paragraphs {
            for line in Self.filled(paragraph, room) { self.line(line.isEmpty ? "///" : "/// \(line)") }
        }
    }

    private static func filled(_ lines: [Substring], _ room: Int) -> [String] {
        guard let first = lines.first, lines.contains(where: { $0.count > room }) else { return lines.map(String.init) }
        let margin = String(first.unicodeScalars.prefix { $0 == " " })
        // What belongs to an item of a list stands below its first word.
        let hanging = first.isItem ? margin + "  " : margin
        var result: [String] = []
        for word in lines.flatMap({ $0.split(at: " ") }) {
            if let last = result.last, last.count + 1 + word.count <= room {
                result[result.count - 1] += " \(word)"
            } else {
                result.append("\(result.isEmpty ? margin : hanging)\(word)")
            }
        }
        return result
    }

    /// Something with a list in parentheses, on one line if it fits, else with the list in lines of its own.
    ///
    /// - Parameter isDeclaration: whether the closing parenthesis of a long list stands on its own line.
    func list(_ head: String, _ items: [String], _ tail: String, isDeclaration: Bool = false) {
        let short = "\(head)(\(items.joined(separator: ", ")))\(tail)"
        guard indentation.count + short.count > Self.width, !items.isEmpty else { return line(short) }
        line("\(head)(")
        inside {
            var current = ""
            for (index, item) in items.enumerated() {
                let piece = index + 1 < items.count ? "\(item)," : isDeclaration ? item : "\(item))\(tail)"
                if !current.isEmpty, indentation.count + current.count + 1 + piece.count > Self.width {
                    line(current)
                    current = piece
                } else {
                    current += current.isEmpty ? piece : " \(piece)"
                }
            }
            line(current)
        }
        if isDeclaration { line(")\(tail)") }
    }

    /// A string literal with the text exactly as it is.
    func literal(_ head: String, _ text: String) {
        var marks = "#"
        while text.contains("\"\"\"\(marks)") || text.contains("\\\(marks)") { marks += "#" }
        line("\(head) \(marks)\"\"\"")
        inside {
            for part in text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false) {
                // A compiler takes a carriage return for the end of a line.
                let escaped = part.map { scalar in
                    let isPlain = scalar.value >= 0x20 && scalar.value != 0x7F || scalar == "\t"
                    return isPlain ? String(scalar) : "\\\(marks)u{\(String(scalar.value, radix: 16))}"
                }
                line(escaped.joined())
            }
            line("\"\"\"\(marks)")
        }
    }
}

extension Substring {
    /// Whether an item of a list begins here.
    fileprivate var isItem: Bool { drop { $0 == " " }.hasPrefix("- ") }
}

extension [Substring] {
    /// The lines by paragraphs. Items of lists are paragraphs, and so are empty lines.
    fileprivate var paragraphs: [[Substring]] {
        var result: [[Substring]] = []
        for line in self {
            if let last = result.last?.last, !last.isEmpty, !line.isEmpty, !line.isItem {
                result[result.count - 1].append(line)
            } else {
                result.append([line])
            }
        }
        return result
    }
}
