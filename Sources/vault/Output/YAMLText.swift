// SPDX-License-Identifier: Apache-2.0

import JSONText
import VaultModel

/// A rule or a capability as a person would write it in a policy file: a line for each key, what is below it in
/// brackets. The broker keeps these as JSON; what this makes of them reads back as the same.
enum YAMLText {
    /// An element of a list: `- id: x`, and the other keys below it. Each line is indented by two spaces more.
    static func element(_ document: JSONValue) -> [String] {
        guard case .object(let object) = document, !object.isEmpty else { return ["  - \(flow(document))"] }
        return object.members.enumerated().map { index, member in
            "\(index == 0 ? "  - " : "    ")\(scalar(member.key)): \(flow(member.value))"
        }
    }

    private static func flow(_ value: JSONValue) -> String {
        switch value {
        case .object(let object):
            let members = object.members.map { "\(scalar($0.key)): \(flow($0.value))" }
            return members.isEmpty ? "{}" : "{ \(members.joined(separator: ", ")) }"
        case .array(let elements): return "[\(elements.map(flow).joined(separator: ", "))]"
        case .string(let text): return scalar(text)
        default: return value.text
        }
    }

    /// Text as it is where nothing in it means something to YAML, else in double quotes.
    private static func scalar(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"),
                UInt8(ascii: "."), UInt8(ascii: "/"), UInt8(ascii: "+"), UInt8(ascii: "-"):
                true
            default: isDigit(byte)
            }
        }
        if isPlain, let first = text.utf8.first, first != UInt8(ascii: "-") { return text }
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": quoted += "\\\(scalar)"
            case "\n": quoted += "\\n"
            case "\t": quoted += "\\t"
            case _ where scalar.isCommand: quoted += "\\U" + pad(scalar.value, 8, radix: 16)
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}

extension JSONValue {
    /// The value for people to read, not escaped yet: a text as it is, a list with spaces, nothing as `none`.
    var words: String {
        switch self {
        case .null: "none"
        case .bool(let value): value ? "yes" : "no"
        case .integer(let value): String(value)
        case .double(let value): String(value)
        case .string(let value): value.isEmpty ? "''" : value
        case .array(let elements): elements.isEmpty ? "none" : elements.map(\.words).joined(separator: " ")
        case .object(let object):
            object.isEmpty ? "none" : object.members.map { "\($0.key)=\($0.value.words)" }.joined(separator: " ")
        }
    }
}
