// SPDX-License-Identifier: Apache-2.0

/// JSON text of an object, members in the order in which they are added.
struct DocumentText {
    private(set) var text = "{"

    private mutating func begin(_ key: String) {
        if text.utf8.count > 1 { text += "," }
        append(key)
        text += ":"
    }

    mutating func member(_ key: String, _ value: String) {
        begin(key)
        append(value)
    }

    mutating func member(_ key: String, _ value: some BinaryInteger) {
        begin(key)
        text += String(value)
    }

    /// An array, even of one value.
    mutating func list(_ key: String, _ values: [String]) {
        begin(key)
        text += "["
        for (index, value) in values.enumerated() {
            if index > 0 { text += "," }
            append(value)
        }
        text += "]"
    }

    mutating func object(_ key: String, _ body: (inout DocumentText) -> Void) {
        begin(key)
        var inner = DocumentText()
        body(&inner)
        text += inner.finished
    }

    var finished: String { text + "}" }

    private mutating func append(_ string: String) {
        text += "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}
