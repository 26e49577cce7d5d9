// SPDX-License-Identifier: Apache-2.0

/// What a JSON value is, as its first byte tells.
public enum JSONKind: Equatable, Sendable {
    case null, bool, number, string, array, object
}

extension JSONKind: CustomStringConvertible {
    public var description: String {
        switch self {
        case .null: "null"
        case .bool: "true or false"
        case .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}
