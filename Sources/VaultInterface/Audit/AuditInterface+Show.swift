// SPDX-License-Identifier: Apache-2.0

import JSONText

extension AuditInterface {
    /// One record, and those that belong to it.
    package enum Show: InterfaceMethod {
        package static let method = "io.vaultd.Audit.Show"

        package struct Parameters: JSONReadable, JSONWritable, Equatable, Sendable {
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

        package struct Reply: JSONReadable, JSONWritable, Equatable, Sendable {
            package var entries: [Entry]

            package init(entries: [Entry]) {
                self.entries = entries
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var entries: [Entry]?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "entries": entries = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.entries = try reader.require(entries, "entries")
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("entries", entries)
                writer.endObject()
            }
        }
    }
}
