// SPDX-License-Identifier: Apache-2.0

import JSONText

extension AdminInterface {
    /// The grants that are followed until they end. With `more`, in several replies.
    package enum Leases: InterfaceMethod {
        package static let method = "io.vaultd.Admin.Leases"

        package struct Parameters: JSONReadable, JSONWritable, Equatable, Sendable {
            package var pattern: String?

            package init(pattern: String? = nil) {
                self.pattern = pattern
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var pattern: String?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "pattern": pattern = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.pattern = pattern
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("pattern", pattern)
                writer.endObject()
            }
        }

        package struct Reply: JSONReadable, JSONWritable, Equatable, Sendable {
            package var leases: [JSONObject]

            package init(leases: [JSONObject]) {
                self.leases = leases
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var leases: [JSONObject]?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "leases": leases = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.leases = try reader.require(leases, "leases")
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("leases", leases)
                writer.endObject()
            }
        }
    }
}
