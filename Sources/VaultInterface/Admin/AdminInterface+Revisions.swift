// SPDX-License-Identifier: Apache-2.0

import JSONText

extension AdminInterface {
    /// The revisions of the policy, the newest first.
    package enum Revisions: InterfaceMethod {
        package static let method = "io.vaultd.Admin.Revisions"

        package typealias Parameters = EmptyMessage

        package struct Reply: JSONReadable, JSONWritable, Equatable, Sendable {
            package var revisions: [JSONObject]

            package init(revisions: [JSONObject]) {
                self.revisions = revisions
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var revisions: [JSONObject]?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "revisions": revisions = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.revisions = try reader.require(revisions, "revisions")
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("revisions", revisions)
                writer.endObject()
            }
        }
    }
}
