// SPDX-License-Identifier: Apache-2.0

extension String {
    /// Nothing in it moves a terminal: a name in a log can be anybody's. What would is written as `vault` writes it, `\x1b`.
    var printable: String {
        var text = ""
        for scalar in unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate:
                let digits = String(scalar.value, radix: 16)
                let isByte = scalar.value < 0x100
                text += isByte ? "\\x\(digits.utf8.count < 2 ? "0" : "")\(digits)" : "\\u{\(digits)}"
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}
