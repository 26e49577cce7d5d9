// SPDX-License-Identifier: Apache-2.0

import JSONText

extension AdminInterface {
    /// Take the wall clock for right, though it is behind what was recorded.
    package enum AcceptClock: InterfaceMethod {
        package static let method = "io.vaultd.Admin.AcceptClock"

        package struct Parameters: JSONReadable, JSONWritable, Equatable, Sendable {
            package var reason: String?

            package init(reason: String? = nil) {
                self.reason = reason
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var reason: String?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "reason": reason = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.reason = reason
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
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
