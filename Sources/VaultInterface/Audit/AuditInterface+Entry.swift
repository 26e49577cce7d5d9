// SPDX-License-Identifier: Apache-2.0

import JSONText

extension AuditInterface {
    /// One record; `text` has the exact bytes of the log's leaf.
    package struct Entry: JSONReadable, JSONWritable, Equatable, Sendable {
        package var record: Int
        package var text: String

        package init(record: Int, text: String) {
            self.record = record
            self.text = text
        }

        package init(from reader: inout JSONReader) throws(JSONError) {
            var record: Int?
            var text: String?
            try reader.beginObject()
            while let key = try reader.nextKey() {
                switch key {
                case "record": record = try reader.read()
                case "text": text = try reader.read()
                default: try reader.skipOrRefuse(key)
                }
            }
            self.record = try reader.require(record, "record")
            self.text = try reader.require(text, "text")
        }

        package func write(to writer: inout JSONWriter) {
            writer.beginObject()
            writer.member("record", record)
            writer.member("text", text)
            writer.endObject()
        }
    }
}
