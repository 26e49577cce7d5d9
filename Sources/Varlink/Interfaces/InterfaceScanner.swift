// SPDX-License-Identifier: Apache-2.0

/// Cuts an interface file into names and punctuation, and keeps the comments that document what comes next.
struct InterfaceScanner {
    private let text: [UInt8]
    private var index = 0
    private var line = 1
    private var lineStart = 0
    /// The lines of comment directly before the next token, without number signs. A comment that follows something on
    /// its line, and one that an empty line separates, is none of them.
    private(set) var documentation: [String] = []
    /// Whether the next token begins a line.
    private(set) var beginsLine = true

    init(_ text: String) {
        self.text = [UInt8](text.utf8)
        skipSpace(isStart: true)
    }

    var place: InterfacePlace { InterfacePlace(line: line, column: index - lineStart + 1) }
    var isAtEnd: Bool { index == text.count }

    /// What comes next, for messages.
    var next: String {
        guard index < text.count else { return "the end" }
        let word = peekWord()
        if !word.isEmpty { return "'\(word)'" }
        return "'\(String(decoding: text[index...].prefix { $0 > 0x20 }.prefix(16), as: UTF8.self))'"
    }

    func error(_ message: String) -> InterfaceError {
        InterfaceError(message, at: place)
    }

    /// Goes over a piece of punctuation, if it comes next.
    mutating func skip(_ punctuation: StaticString) -> Bool {
        let matches = punctuation.withUTF8Buffer { text[index...].starts(with: $0) }
        guard matches else { return false }
        index += punctuation.utf8CodeUnitCount
        skipSpace(isStart: false)
        return true
    }

    mutating func expect(_ punctuation: StaticString) throws(InterfaceError) {
        guard skip(punctuation) else { throw error("expected '\(punctuation)', found \(next)") }
    }

    /// The letters, digits, underscores, dots and hyphens that come next.
    func peekWord() -> String {
        // A hyphen belongs to names of interfaces only, and never ends one: `->` follows a word here and there.
        var end = index
        while end < text.count, Self.isWordByte(text[end]) { end += 1 }
        while end > index, text[end - 1] == UInt8(ascii: "-") { end -= 1 }
        return String(decoding: text[index..<end], as: UTF8.self)
    }

    mutating func takeWord() -> String {
        let word = peekWord()
        index += word.utf8.count
        skipSpace(isStart: false)
        return word
    }

    private static func isWordByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-"):
            true
        default: false
        }
    }

    private mutating func skipSpace(isStart: Bool) {
        documentation = []
        beginsLine = isStart
        var isLineEmpty = isStart
        while index < text.count {
            switch text[index] {
            case UInt8(ascii: "\n"):
                if isLineEmpty { documentation = [] }
                isLineEmpty = true
                beginsLine = true
                index += 1
                line += 1
                lineStart = index
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"):
                index += 1
            case UInt8(ascii: "#"):
                let comment = takeComment()
                if beginsLine { documentation.append(comment) }
                isLineEmpty = false
            default:
                return
            }
        }
    }

    private mutating func takeComment() -> String {
        let end = text[index...].firstIndex(of: UInt8(ascii: "\n")) ?? text.count
        var comment = text[index..<end].drop { $0 == UInt8(ascii: "#") }
        if comment.first == UInt8(ascii: " ") { comment.removeFirst() }
        while let last = comment.last, last <= 0x20 { comment.removeLast() }
        index = end
        return String(decoding: comment, as: UTF8.self)
    }
}
