// SPDX-License-Identifier: Apache-2.0

extension String {
    /// The text with nothing in it that a terminal acts on: names, reasons and paths come from clients and files.
    ///
    /// Control characters (C0, DEL, C1), line and paragraph separators and invisible formatting characters, such as
    /// those that change the direction of writing, become `\n`, `\x1b` or `\u{202e}`; so does what nobody sees, with which
    /// two names look the same. A backslash becomes two, so that what is shown has one meaning.
    package var escaped: String { escaped(limit: .max) }

    /// The same in at most so many bytes, and `…` in place of what does not fit. What comes after takes no time: who wrote
    /// the text may have written a megabyte.
    package func escaped(limit: Int) -> String {
        let isPlain = utf8.prefix(limit).allSatisfy { $0 >= 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\\") }
        if isPlain { return cut(to: limit) }
        var result = ""
        for scalar in unicodeScalars {
            let count = result.utf8.count
            scalar.appendEscaped(to: &result)
            guard result.utf8.count <= limit else {
                return String(result[..<result.utf8.index(result.startIndex, offsetBy: count)]) + "…"
            }
        }
        return result
    }

    /// At most so many bytes of the text, of no scalar only a part, and `…` in place of what does not fit. Not escaped.
    package func cut(to limit: Int) -> String {
        guard utf8.count > limit else { return self }
        var end = utf8.index(startIndex, offsetBy: limit)
        while end > startIndex, UTF8.isContinuation(utf8[end]) { end = utf8.index(before: end) }
        return String(self[..<end]) + "…"
    }
}

extension Unicode.Scalar {
    /// Whether a terminal may do something other than show it, or shows nothing.
    package var isCommand: Bool {
        if value < 0x20 { return true }
        if value < 0x7F { return false }
        if properties.isDefaultIgnorableCodePoint { return true }
        return switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate: true
        default: false
        }
    }

    /// Appends the scalar as it is, or as ``Swift/String/escaped`` says.
    fileprivate func appendEscaped(to text: inout String) {
        switch self {
        case "\\": text += "\\\\"
        case "\n": text += "\\n"
        case "\r": text += "\\r"
        case "\t": text += "\\t"
        case _ where !isCommand: text.unicodeScalars.append(self)
        case _ where value < 0x100:
            let digits = String(value, radix: 16)
            text += "\\x" + (digits.utf8.count < 2 ? "0" : "") + digits
        default: text += "\\u{" + String(value, radix: 16) + "}"
        }
    }
}
