// SPDX-License-Identifier: Apache-2.0

extension String {
    /// The text with nothing in it that a terminal acts on: names, reasons and paths come from clients and files.
    ///
    /// Control characters (C0, DEL, C1), line and paragraph separators and invisible formatting characters, such as
    /// those that change the direction of writing, become `\n`, `\x1b` or `\u{202e}`; a backslash becomes two, so that
    /// what is shown has one meaning.
    package var escaped: String {
        if utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\\") }) { return self }
        var result = ""
        for scalar in unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case _ where !scalar.isCommand: result.unicodeScalars.append(scalar)
            case _ where scalar.value < 0x100:
                let digits = String(scalar.value, radix: 16)
                result += "\\x" + (digits.utf8.count < 2 ? "0" : "") + digits
            default: result += "\\u{" + String(scalar.value, radix: 16) + "}"
            }
        }
        return result
    }
}

extension Unicode.Scalar {
    /// Whether a terminal may do something other than show it.
    package var isCommand: Bool {
        if value < 0x20 { return true }
        if value < 0x7F { return false }
        return switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate: true
        default: false
        }
    }
}
