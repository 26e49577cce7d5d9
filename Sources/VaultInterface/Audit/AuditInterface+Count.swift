// SPDX-License-Identifier: Apache-2.0

import JSONText

extension AuditInterface {
    /// How many grants and denials there were of one key.
    package struct Count: JSONReadable, JSONWritable, Equatable, Sendable {
        package var key: String
        package var grants: Int
        package var denials: Int

        package init(key: String, grants: Int, denials: Int) {
            self.key = key
            self.grants = grants
            self.denials = denials
        }

        package init(from reader: inout JSONReader) throws(JSONError) {
            var key: String?
            var grants: Int?
            var denials: Int?
            try reader.beginObject()
            while let member = try reader.nextKey() {
                switch member {
                case "key": key = try reader.read()
                case "grants": grants = try reader.read()
                case "denials": denials = try reader.read()
                default: try reader.skipOrRefuse(member)
                }
            }
            self.key = try reader.require(key, "key")
            self.grants = try reader.require(grants, "grants")
            self.denials = try reader.require(denials, "denials")
        }

        package func write(to writer: inout JSONWriter) {
            writer.beginObject()
            writer.member("key", key)
            writer.member("grants", grants)
            writer.member("denials", denials)
            writer.endObject()
        }
    }
}
