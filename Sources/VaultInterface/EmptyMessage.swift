// SPDX-License-Identifier: Apache-2.0

import JSONText

/// Parameters without a member.
package struct EmptyMessage: JSONReadable, JSONWritable, Equatable, Sendable {
    package init() {}

    package init(from reader: inout JSONReader) throws(JSONError) {
        try reader.beginObject()
        while let key = try reader.nextKey() { try reader.skipOrRefuse(key) }
    }

    package func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.endObject()
    }
}
