// SPDX-License-Identifier: Apache-2.0

import JSONText

extension AuditInterface {
    /// Counts the grants and denials that match.
    package enum Summarize: InterfaceMethod {
        package static let method = "io.vaultd.Audit.Summarize"

        package struct Parameters: JSONReadable, JSONWritable, Equatable, Sendable {
            package var by: String
            package var filter: Filter?
            package var everyUSec: Int?

            package init(by: String, filter: Filter? = nil, everyUSec: Int? = nil) {
                self.by = by
                self.filter = filter
                self.everyUSec = everyUSec
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var by: String?
                var filter: Filter?
                var everyUSec: Int?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "by": by = try reader.read()
                    case "filter": filter = try reader.read()
                    case "everyUSec": everyUSec = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.by = try reader.require(by, "by")
                self.filter = filter
                self.everyUSec = everyUSec
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("by", by)
                writer.member("filter", filter)
                writer.member("everyUSec", everyUSec)
                writer.endObject()
            }
        }

        package struct Reply: JSONReadable, JSONWritable, Equatable, Sendable {
            package var counts: [Count]

            package init(counts: [Count]) {
                self.counts = counts
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var counts: [Count]?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "counts": counts = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.counts = try reader.require(counts, "counts")
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("counts", counts)
                writer.endObject()
            }
        }
    }
}
