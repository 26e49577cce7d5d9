// SPDX-License-Identifier: Apache-2.0

/// The key of a member, compared byte by byte.
///
/// A `String` compares by canonical equivalence (the Kelvin sign equals `K`), which must not decide what a field is.
///
///     while let key = try reader.nextKey() {
///         switch key {
///         case "name": name = try reader.read()
///         default: try reader.skipOrRefuse(key)
///         }
///     }
public struct JSONKey: Hashable, Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
    /// The key without quotes and escapes.
    public let text: String
    /// Known to have no byte above 0x7F. False means not looked at.
    @usableFromInline
    let isASCII: Bool

    public init(_ text: String) {
        self.init(text, isASCII: false)
    }

    @inlinable
    public init(stringLiteral text: String) {
        self.init(text, isASCII: false)
    }

    @inlinable
    init(_ text: String, isASCII: Bool) {
        self.text = text
        self.isASCII = isASCII
    }

    // Short strings are told apart by their bits. Only equal ones are looked at again, and of those that are canonically
    // equivalent to ASCII only the same bytes have the same length. Long ones are not compared as strings: where they
    // hold many combining marks, that takes the square of their length.
    @inlinable
    public static func == (left: JSONKey, right: JSONKey) -> Bool {
        let count = left.text.utf8.count
        guard count == right.text.utf8.count else { return false }
        if count > Self.smallCount { return hasSameBytes(left.text, right.text) }
        guard left.text == right.text else { return false }
        return left.isASCII || right.isASCII || left.text.utf8.elementsEqual(right.text.utf8)
    }

    /// Up to here Swift keeps a string without storage of its own.
    @usableFromInline
    static let smallCount = 15

    /// For two strings with the same number of bytes.
    @usableFromInline
    static func hasSameBytes(_ left: String, _ right: String) -> Bool {
        let isEqual = left.utf8.withContiguousStorageIfAvailable { left in
            right.utf8.withContiguousStorageIfAvailable { right in
                left.elementsEqual(right)
            }
        }
        return (isEqual ?? nil) ?? left.utf8.elementsEqual(right.utf8)
    }

    public func hash(into hasher: inout Hasher) {
        let hashed: Void? = text.utf8.withContiguousStorageIfAvailable {
            hasher.combine(bytes: UnsafeRawBufferPointer($0))
        }
        if hashed == nil { hasher.combine([UInt8](text.utf8)) }
    }

    public var description: String { text }
}
