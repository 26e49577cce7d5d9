// SPDX-License-Identifier: Apache-2.0

import JSONText

extension AuditInterface {
    /// The hashes of 256 records whose texts were pruned.
    package struct Tile: JSONReadable, JSONWritable, Equatable, Sendable {
        package var index: Int
        package var hashes: String

        package init(index: Int, hashes: String) {
            self.index = index
            self.hashes = hashes
        }

        package init(from reader: inout JSONReader) throws(JSONError) {
            var index: Int?
            var hashes: String?
            try reader.beginObject()
            while let key = try reader.nextKey() {
                switch key {
                case "index": index = try reader.read()
                case "hashes": hashes = try reader.read()
                default: try reader.skipOrRefuse(key)
                }
            }
            self.index = try reader.require(index, "index")
            self.hashes = try reader.require(hashes, "hashes")
        }

        package func write(to writer: inout JSONWriter) {
            writer.beginObject()
            writer.member("index", index)
            writer.member("hashes", hashes)
            writer.endObject()
        }
    }
}
