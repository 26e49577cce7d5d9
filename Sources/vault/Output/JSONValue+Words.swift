// SPDX-License-Identifier: Apache-2.0

import JSONText

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
