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
public struct JSONKey: Hashable, Sendable, ExpressibleByStringLiteral {
    /// The key without quotes and escapes.
    public let text: String

    @inlinable
    public init(_ text: String) {
        self.text = text
    }

    @inlinable
    public init(stringLiteral text: String) {
        self.text = text
    }

    // Unequal short strings are told apart by one comparison of their bits; only equal ones are looked at again.
    @inlinable
    public static func == (left: JSONKey, right: JSONKey) -> Bool {
        left.text == right.text && left.text.utf8.elementsEqual(right.text.utf8)
    }

    public func hash(into hasher: inout Hasher) {
        let hashed: Void? = text.utf8.withContiguousStorageIfAvailable {
            hasher.combine(bytes: UnsafeRawBufferPointer($0))
        }
        if hashed == nil { hasher.combine([UInt8](text.utf8)) }
    }
}

extension JSONKey: CustomStringConvertible {
    public var description: String { text }
}
