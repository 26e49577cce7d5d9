// SPDX-License-Identifier: Apache-2.0

public import JSONText

/// A method of an interface, and its two messages. `varlink-swift` writes one for each method.
public protocol InterfaceMethod {
    associatedtype Parameters: JSONReadable & JSONWritable & Equatable & Sendable
    associatedtype Reply: JSONReadable & JSONWritable & Equatable & Sendable

    /// The full name, such as `org.example.notes.Open`.
    static var method: String { get }
}

/// The parameters or the reply of a method that has none, and any structure without a field.
public struct EmptyMessage: JSONReadable, JSONWritable, Equatable, Sendable {
    public init() {}

    public init(from reader: inout JSONReader) throws(JSONError) {
        try reader.beginObject()
        while let key = try reader.nextKey() { try reader.skipOrRefuse(key) }
    }

    public func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.endObject()
    }
}
