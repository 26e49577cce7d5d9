// SPDX-License-Identifier: Apache-2.0

import JSONText

extension AdminInterface {
    /// How the broker is.
    package enum Status: InterfaceMethod {
        package static let method = "io.vaultd.Admin.Status"

        package typealias Parameters = EmptyMessage

        package struct Reply: JSONReadable, JSONWritable, Equatable, Sendable {
            package var status: JSONObject

            package init(status: JSONObject) {
                self.status = status
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var status: JSONObject?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "status": status = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.status = try reader.require(status, "status")
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("status", status)
                writer.endObject()
            }
        }
    }
}
