// SPDX-License-Identifier: Apache-2.0

import JSONText

extension AuditInterface {
    /// Keeps a witness's signature of a checkpoint.
    package enum AddCosignature: InterfaceMethod {
        package static let method = "io.vaultd.Audit.AddCosignature"

        package struct Parameters: JSONReadable, JSONWritable, Equatable, Sendable {
            package var note: String

            package init(note: String) {
                self.note = note
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var note: String?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "note": note = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.note = try reader.require(note, "note")
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("note", note)
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
