// SPDX-License-Identifier: Apache-2.0

/// A type that reads itself from JSON.
public protocol JSONReadable {
    /// Reads exactly one value and leaves the reader behind it.
    init(from reader: inout JSONReader) throws(JSONError)
}

extension JSONReadable {
    /// Reads a text that holds one value and nothing else.
    public init(parsing bytes: [UInt8], limits: JSONLimits = .default) throws(JSONError) {
        var reader = JSONReader(bytes, limits: limits)
        self = try Self(from: &reader)
        try reader.finish()
    }

    /// Reads a text that holds one value and nothing else.
    public init(parsing text: String, limits: JSONLimits = .default) throws(JSONError) {
        try self.init(parsing: [UInt8](text.utf8), limits: limits)
    }
}

extension String: JSONReadable {
    @inlinable
    public init(from reader: inout JSONReader) throws(JSONError) {
        self = try reader.readString()
    }
}

extension Bool: JSONReadable {
    @inlinable
    public init(from reader: inout JSONReader) throws(JSONError) {
        self = try reader.readBool()
    }
}

extension Double: JSONReadable {
    @inlinable
    public init(from reader: inout JSONReader) throws(JSONError) {
        self = try reader.readDouble()
    }
}

extension JSONReadable where Self: FixedWidthInteger {
    /// Reads a number without fraction and exponent, at most `Int64.max`.
    @inlinable
    public init(from reader: inout JSONReader) throws(JSONError) {
        self = try reader.readInteger(as: Self.self)
    }
}

extension Int: JSONReadable {}
extension Int32: JSONReadable {}
extension Int64: JSONReadable {}
extension UInt32: JSONReadable {}
extension UInt64: JSONReadable {}

/// `null` reads as `nil`.
extension Optional: JSONReadable where Wrapped: JSONReadable {
    @inlinable
    public init(from reader: inout JSONReader) throws(JSONError) {
        if try reader.skipNull() {
            self = .none
        } else {
            self = .some(try Wrapped(from: &reader))
        }
    }
}

extension Array: JSONReadable where Element: JSONReadable {
    @inlinable
    public init(from reader: inout JSONReader) throws(JSONError) {
        self = []
        try reader.beginArray()
        while try reader.nextElement() {
            append(try Element(from: &reader))
        }
    }
}

/// Any keys. Those that Swift takes for the same (canonically equivalent ones) are refused. Keys from anybody are read with
/// a limit of ``JSONLimits/marksInARow``.
extension Dictionary: JSONReadable where Key == String, Value: JSONReadable {
    public init(from reader: inout JSONReader) throws(JSONError) {
        self = [:]
        try reader.beginObject()
        while let key = try reader.nextKey() {
            let value = try Value(from: &reader)
            guard updateValue(value, forKey: key.text) == nil else { throw reader.error(.duplicateMember(key.text)) }
        }
    }
}
