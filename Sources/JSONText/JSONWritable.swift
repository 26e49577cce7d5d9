// SPDX-License-Identifier: Apache-2.0

/// A type that writes itself as JSON.
public protocol JSONWritable {
    /// Writes exactly one value.
    func write(to writer: inout JSONWriter)
}

extension JSONWritable {
    /// The value as a text of its own.
    public func jsonBytes(_ layout: JSONWriter.Layout = .compact) -> [UInt8] {
        var writer = JSONWriter(layout)
        write(to: &writer)
        return writer.bytes
    }
}

extension String: JSONWritable {
    @inlinable
    public func write(to writer: inout JSONWriter) { writer.string(self) }
}

extension Bool: JSONWritable {
    @inlinable
    public func write(to writer: inout JSONWriter) { writer.bool(self) }
}

extension Double: JSONWritable {
    @inlinable
    public func write(to writer: inout JSONWriter) { writer.double(self) }
}

extension Int: JSONWritable {
    @inlinable
    public func write(to writer: inout JSONWriter) { writer.integer(self) }
}

extension Int64: JSONWritable {
    @inlinable
    public func write(to writer: inout JSONWriter) { writer.integer(self) }
}

extension Int32: JSONWritable {
    @inlinable
    public func write(to writer: inout JSONWriter) { writer.integer(self) }
}

extension UInt32: JSONWritable {
    @inlinable
    public func write(to writer: inout JSONWriter) { writer.integer(self) }
}

extension UInt64: JSONWritable {
    @inlinable
    public func write(to writer: inout JSONWriter) { writer.integer(self) }
}

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
