// SPDX-License-Identifier: Apache-2.0

import JSONText

extension AdminInterface {
    /// A file of policy.
    package struct File: JSONReadable, JSONWritable, Equatable, Sendable {
        package var path: String
        package var text: String

        package init(path: String, text: String) {
            self.path = path
            self.text = text
        }

        package init(from reader: inout JSONReader) throws(JSONError) {
            var path: String?
            var text: String?
            try reader.beginObject()
            while let key = try reader.nextKey() {
                switch key {
                case "path": path = try reader.read()
                case "text": text = try reader.read()
                default: try reader.skipOrRefuse(key)
                }
            }
            self.path = try reader.require(path, "path")
            self.text = try reader.require(text, "text")
        }

        package func write(to writer: inout JSONWriter) {
            writer.beginObject()
            writer.member("path", path)
            writer.member("text", text)
            writer.endObject()
        }
    }
}
