// SPDX-License-Identifier: Apache-2.0

/// A type that writes itself as JSON.
public protocol JSONWritable {
    /// Writes exactly one value.
    func write(to writer: inout JSONWriter)

    /// The value as a tree.
    var jsonValue: JSONValue { get }
}

extension JSONWritable {
    /// The value as a text of its own.
    public func jsonBytes(_ layout: JSONWriter.Layout = .compact) -> [UInt8] {
        var writer = JSONWriter(layout)
        write(to: &writer)
        return writer.bytes
    }

    public var jsonValue: JSONValue {
        // What was just written can be read.
        (try? JSONValue(parsing: jsonBytes())) ?? .null
    }
}

extension String: JSONWritable {
    @inlinable
    public func write(to writer: inout JSONWriter) { writer.string(self) }
    public var jsonValue: JSONValue { .string(self) }
}

extension Bool: JSONWritable {
    @inlinable
    public func write(to writer: inout JSONWriter) { writer.bool(self) }
    public var jsonValue: JSONValue { .bool(self) }
}

extension Double: JSONWritable {
    @inlinable
    public func write(to writer: inout JSONWriter) { writer.double(self) }
}

extension JSONWritable where Self: FixedWidthInteger {
    @inlinable
    public func write(to writer: inout JSONWriter) { writer.integer(self) }

    public var jsonValue: JSONValue { Int64(exactly: self).map(JSONValue.integer) ?? .null }
}

extension Int: JSONWritable {}
extension Int32: JSONWritable {}
extension Int64: JSONWritable {}
extension UInt32: JSONWritable {}
extension UInt64: JSONWritable {}

/// `nil` is written as `null`.
extension Optional: JSONWritable where Wrapped: JSONWritable {
    @inlinable
    public func write(to writer: inout JSONWriter) {
        switch self {
        case .none: writer.null()
        case .some(let value): value.write(to: &writer)
        }
    }
}

extension Array: JSONWritable where Element: JSONWritable {
    @inlinable
    public func write(to writer: inout JSONWriter) {
        writer.beginArray()
        for element in self { element.write(to: &writer) }
        writer.endArray()
    }
}

/// Members in the order of the bytes of their keys.
extension Dictionary: JSONWritable where Key == String, Value: JSONWritable {
    public func write(to writer: inout JSONWriter) {
        writer.beginObject()
        for (key, value) in sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
            writer.key(key)
            value.write(to: &writer)
        }
        writer.endObject()
    }
}
