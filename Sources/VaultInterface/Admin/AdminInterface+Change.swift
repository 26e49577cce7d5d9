// SPDX-License-Identifier: Apache-2.0

import JSONText

extension AdminInterface {
    /// A difference between two revisions of the policy.
    package struct Change: JSONReadable, JSONWritable, Equatable, Sendable {
        package var kind: String
        package var before: String?
        package var after: String?

        package init(kind: String, before: String? = nil, after: String? = nil) {
            self.kind = kind
            self.before = before
            self.after = after
        }

        package init(from reader: inout JSONReader) throws(JSONError) {
            var kind: String?
            var before: String?
            var after: String?
            try reader.beginObject()
            while let key = try reader.nextKey() {
                switch key {
                case "kind": kind = try reader.read()
                case "before": before = try reader.read()
                case "after": after = try reader.read()
                default: try reader.skipOrRefuse(key)
                }
            }
            self.kind = try reader.require(kind, "kind")
            self.before = before
            self.after = after
        }

        package func write(to writer: inout JSONWriter) {
            writer.beginObject()
            writer.member("kind", kind)
            writer.member("before", before)
            writer.member("after", after)
            writer.endObject()
        }
    }
}
