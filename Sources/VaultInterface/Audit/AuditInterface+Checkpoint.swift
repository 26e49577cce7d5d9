// SPDX-License-Identifier: Apache-2.0

import JSONText

extension AuditInterface {
    /// The newest checkpoint, and that it continues an older one.
    package enum Checkpoint: InterfaceMethod {
        package static let method = "io.vaultd.Audit.Checkpoint"

        package struct Parameters: JSONReadable, JSONWritable, Equatable, Sendable {
            package var since: Int?

            package init(since: Int? = nil) {
                self.since = since
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var since: Int?
                try reader.beginObject()
                while let member = try reader.nextKey() {
                    switch member {
                    case "since": since = try reader.read()
                    default: try reader.skipOrRefuse(member)
                    }
                }
                self.since = since
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("since", since)
                writer.endObject()
            }
        }

        package struct Reply: JSONReadable, JSONWritable, Equatable, Sendable {
            package var note: String
            package var key: String
            package var consistency: [String]

            package init(note: String, key: String, consistency: [String]) {
                self.note = note
                self.key = key
                self.consistency = consistency
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var note: String?
                var key: String?
                var consistency: [String]?
                try reader.beginObject()
                while let member = try reader.nextKey() {
                    switch member {
                    case "note": note = try reader.read()
                    case "key": key = try reader.read()
                    case "consistency": consistency = try reader.read()
                    default: try reader.skipOrRefuse(member)
                    }
                }
                self.note = try reader.require(note, "note")
                self.key = try reader.require(key, "key")
                self.consistency = try reader.require(consistency, "consistency")
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("note", note)
                writer.member("key", key)
                writer.member("consistency", consistency)
                writer.endObject()
            }
        }
    }
}
