// SPDX-License-Identifier: Apache-2.0

/// The type of a field, as an interface file writes it.
public indirect enum InterfaceType: Equatable, Sendable, CustomStringConvertible {
    case bool
    case int
    case float
    case string
    /// Any JSON object.
    case object
    /// Any JSON value (as systemd writes it since version 260).
    case any
    /// A type that the interface declares.
    case named(String)
    /// A structure without a name.
    case structure([InterfaceField])
    /// One of some words.
    case enumeration([InterfaceWord])
    /// `[]type`
    case array(InterfaceType)
    /// `[string]type`: an object with any keys.
    case map(InterfaceType)
    /// `?type`: may be `null` or missing.
    case optional(InterfaceType)

    /// The type as an interface file writes it, on one line.
    public var description: String {
        switch self {
        case .bool: "bool"
        case .int: "int"
        case .float: "float"
        case .string: "string"
        case .object: "object"
        case .any: "any"
        case .named(let name): name
        case .structure(let fields): "(" + fields.map { "\($0.name): \($0.type)" }.joined(separator: ", ") + ")"
        case .enumeration(let words): "(" + words.map(\.name).joined(separator: ", ") + ")"
        case .array(let element): "[]\(element)"
        case .map(let value): "[string]\(value)"
        case .optional(let type): "?\(type)"
        }
    }
}

/// A field of a structure, or a parameter.
public struct InterfaceField: Equatable, Sendable {
    public let name: String
    public let type: InterfaceType
    /// The comment before it, without the number signs.
    public let documentation: String
    public let place: InterfacePlace

    public var isOptional: Bool {
        if case .optional = type { true } else { false }
    }
}

/// A word of an enumeration.
public struct InterfaceWord: Equatable, Sendable {
    public let name: String
    /// The comment before it, without the number signs.
    public let documentation: String
    public let place: InterfacePlace
}

/// A place in an interface file, both counted from 1; columns count bytes.
public struct InterfacePlace: Equatable, Sendable {
    public let line: Int
    public let column: Int

    public init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }
}
