// SPDX-License-Identifier: Apache-2.0

import JSONText

/// HTML that can be put together without a hole: text becomes markup only by ``init(escaping:)``, or where this program's
/// own source says it is markup.
struct HTMLText: ExpressibleByStringLiteral, ExpressibleByStringInterpolation, Equatable {
    private(set) var markup: String

    init(stringLiteral markup: String) {
        self.markup = markup
    }

    init(stringInterpolation: Interpolation) {
        markup = stringInterpolation.markup
    }

    /// Text from anywhere: what HTML would act on is written as a reference, and what a terminal or a reader of bidirectional
    /// text would act on as an escape.
    init(escaping text: String) {
        var markup = ""
        for scalar in text.escaped.unicodeScalars {
            switch scalar {
            case "&": markup += "&amp;"
            case "<": markup += "&lt;"
            case ">": markup += "&gt;"
            case "\"": markup += "&quot;"
            case "'": markup += "&#39;"
            default: markup.unicodeScalars.append(scalar)
            }
        }
        self.markup = markup
    }

    static func + (a: HTMLText, b: HTMLText) -> HTMLText {
        var sum = a
        sum.markup += b.markup
        return sum
    }

    static func += (a: inout HTMLText, b: HTMLText) { a.markup += b.markup }

    /// A literal is markup, a value in it is text or a number.
    struct Interpolation: StringInterpolationProtocol {
        fileprivate var markup = ""

        init(literalCapacity: Int, interpolationCount: Int) {}

        mutating func appendLiteral(_ literal: String) { markup += literal }
        mutating func appendInterpolation(_ text: String) { markup += HTMLText(escaping: text).markup }
        mutating func appendInterpolation(_ number: Int) { markup += String(number) }
        mutating func appendInterpolation(_ html: HTMLText) { markup += html.markup }
        mutating func appendInterpolation(_ parts: [HTMLText]) { for part in parts { markup += part.markup } }

        /// A length in a drawing, to a tenth.
        mutating func appendInterpolation(_ length: Double) {
            let tenths = Int((length * 10).rounded())
            markup +=
                tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths < 0 ? "-" : "")\(abs(tenths) / 10).\(abs(tenths) % 10)"
        }
    }
}

extension Int {
    /// With a thin space between thousands.
    var grouped: String {
        var digits = String(magnitude)
        var groups: [String] = []
        while digits.count > 3 {
            groups.insert(String(digits.suffix(3)), at: 0)
            digits.removeLast(3)
        }
        return (self < 0 ? "-" : "") + ([digits] + groups).joined(separator: "\u{2009}")
    }
}
