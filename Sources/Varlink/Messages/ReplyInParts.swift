// SPDX-License-Identifier: Apache-2.0

public import JSONText

/// One reply, whose parameters are one list, in parts that are made and sent one after the other: for a list that is too long to
/// be made in one piece. One behind the other they are the bytes that ``MessageText/reply(_:continues:)`` makes of the whole, so
/// that who reads it does not notice.
public struct ReplyInParts: Sendable {
    private var writer = JSONWriter()

    /// - Parameter key: that of the list, as the method declares it.
    public init(listUnder key: StaticString) {
        writer.beginObject()
        writer.key("parameters")
        writer.beginObject()
        writer.key(key)
        writer.beginArray()
    }

    /// The next part. Nothing else is sent over the connection before the last one.
    public mutating func part(_ elements: some Sequence<some JSONWritable>, isLast: Bool) -> [UInt8] {
        for element in elements { writer.value(element) }
        if isLast {
            writer.endArray()
            writer.endObject()
            writer.endObject()
            writer.terminate(with: 0)
        }
        return writer.takeBytes()
    }
}
