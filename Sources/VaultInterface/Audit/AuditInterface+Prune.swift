// SPDX-License-Identifier: Apache-2.0

import JSONText

extension AuditInterface {
    /// Forgets the texts of old records, and keeps their hashes.
    package enum Prune: InterfaceMethod {
        package static let method = "io.vaultd.Audit.Prune"

        package struct Parameters: JSONReadable, JSONWritable, Equatable, Sendable {
            package var before: Int
            package var archiveSha256: String?

            package init(before: Int, archiveSha256: String? = nil) {
                self.before = before
                self.archiveSha256 = archiveSha256
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var before: Int?
                var archiveSha256: String?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "before": before = try reader.read()
                    case "archiveSha256": archiveSha256 = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.before = try reader.require(before, "before")
                self.archiveSha256 = archiveSha256
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("before", before)
                writer.member("archiveSha256", archiveSha256)
                writer.endObject()
            }
        }

        package struct Reply: JSONReadable, JSONWritable, Equatable, Sendable {
            package var record: Int
            package var before: Int

            package init(record: Int, before: Int) {
                self.record = record
                self.before = before
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var record: Int?
                var before: Int?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "record": record = try reader.read()
                    case "before": before = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.record = try reader.require(record, "record")
                self.before = try reader.require(before, "before")
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("record", record)
                writer.member("before", before)
                writer.endObject()
            }
        }
    }
}
