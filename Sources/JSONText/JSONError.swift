// SPDX-License-Identifier: Apache-2.0

/// Why a text is not the JSON that was wanted, and where.
public struct JSONError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What is wrong. The first group is about the text (RFC 8259), the second about what was expected in it.
    public enum Reason: Equatable, Sendable, CustomStringConvertible {
        /// The text ends inside a value.
        case unexpectedEnd
        /// A byte that cannot stand here.
        case unexpectedByte(UInt8)
        /// Something other than white space follows the value.
        case trailingData
        /// A byte below 0x20 stands unescaped in a string.
        case controlCharacter(UInt8)
        /// A backslash is followed by something that is not an escape.
        case invalidEscape
        /// `\uD800` to `\uDFFF` without its other half.
        case loneSurrogate
        /// The bytes of a string are not UTF-8.
        case invalidUTF8
        /// A number that RFC 8259 does not allow, such as `01` or `1.`.
        case malformedNumber
        /// A number without fraction and exponent that no `Int64` (or the narrower type asked for) can hold.
        case integerOutOfRange
        /// A number that no finite `Double` can hold.
        case numberOutOfRange
        /// An object has two members with this key.
        case duplicateMember(String)
        /// More arrays and objects within each other than ``JSONLimits/depth``.
        case tooDeep

        /// A value of another kind was expected.
        case wrongKind(expected: JSONKind, found: JSONKind)
        /// A whole number was expected, and this one has a fraction or an exponent.
        case notAnInteger
        /// A member that must be there is not.
        case missingMember(String)
        /// A member that nobody asked for.
        case unknownMember(String)
        /// A value of the right kind with a wrong content; says what is wrong.
        case invalidValue(String)

        public var description: String {
            switch self {
            case .unexpectedEnd: "the text ends too early"
            case .unexpectedByte(let byte): "unexpected byte 0x\(String(byte, radix: 16))"
            case .trailingData: "more text follows the value"
            case .controlCharacter(let byte): "control character 0x\(String(byte, radix: 16)) in a string"
            case .invalidEscape: "invalid escape in a string"
            case .loneSurrogate: "half a surrogate pair"
            case .invalidUTF8: "a string is not valid UTF-8"
            case .malformedNumber: "malformed number"
            case .integerOutOfRange: "integer out of range"
            case .numberOutOfRange: "number out of range"
            case .duplicateMember(let key): "member '\(key)' is given twice"
            case .tooDeep: "too many levels"
            case .wrongKind(let expected, let found): "expected \(expected), found \(found)"
            case .notAnInteger: "expected a number without fraction and exponent"
            case .missingMember(let key): "member '\(key)' is missing"
            case .unknownMember(let key): "member '\(key)' is not known"
            case .invalidValue(let what): what
            }
        }
    }

    /// What is wrong.
    public let reason: Reason
    /// Where, in bytes from the start of the text.
    public let offset: Int
    /// The members and elements that lead there, such as `requests[1].name`; empty for the whole text.
    public let path: String

    public init(_ reason: Reason, offset: Int, path: String = "") {
        self.reason = reason
        self.offset = offset
        self.path = path
    }

    public var description: String {
        let place = path.isEmpty ? "at byte \(offset)" : "at byte \(offset) (\(path))"
        return "\(reason) \(place)"
    }
}
