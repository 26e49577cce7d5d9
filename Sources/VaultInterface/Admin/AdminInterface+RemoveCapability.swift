// SPDX-License-Identifier: Apache-2.0

import JSONText

extension AdminInterface {
    /// Remove a capability that was added.
    package enum RemoveCapability: InterfaceMethod {
        package static let method = "io.vaultd.Admin.RemoveCapability"

        package struct Parameters: JSONReadable, JSONWritable, Equatable, Sendable {
            package var name: String
            package var reason: String?

            package init(name: String, reason: String? = nil) {
                self.name = name
                self.reason = reason
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var name: String?
                var reason: String?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "name": name = try reader.read()
                    case "reason": reason = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.name = try reader.require(name, "name")
                self.reason = reason
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("name", name)
                writer.member("reason", reason)
                writer.endObject()
            }
        }

        package struct Reply: JSONReadable, JSONWritable, Equatable, Sendable {
            package var record: Int

            package init(record: Int) {
                self.record = record
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var record: Int?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "record": record = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.record = try reader.require(record, "record")
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("record", record)
                writer.endObject()
            }
        }
    }
}
