// SPDX-License-Identifier: Apache-2.0

import JSONText

extension AuditInterface {
    /// The records that match. With `more`, in several replies.
    package enum Query: InterfaceMethod {
        package static let method = "io.vaultd.Audit.Query"

        package struct Parameters: JSONReadable, JSONWritable, Equatable, Sendable {
            package var filter: Filter?
            package var cursor: String?
            package var limit: Int?
            package var reverse: Bool?
            package var follow: Bool?
            package var last: Int?

            package init(
                filter: Filter? = nil, cursor: String? = nil, limit: Int? = nil, reverse: Bool? = nil,
                follow: Bool? = nil, last: Int? = nil
            ) {
                self.filter = filter
                self.cursor = cursor
                self.limit = limit
                self.reverse = reverse
                self.follow = follow
                self.last = last
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var filter: Filter?
                var cursor: String?
                var limit: Int?
                var reverse: Bool?
                var follow: Bool?
                var last: Int?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "filter": filter = try reader.read()
                    case "cursor": cursor = try reader.read()
                    case "limit": limit = try reader.read()
                    case "reverse": reverse = try reader.read()
                    case "follow": follow = try reader.read()
                    case "last": last = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.filter = filter
                self.cursor = cursor
                self.limit = limit
                self.reverse = reverse
                self.follow = follow
                self.last = last
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("filter", filter)
                writer.member("cursor", cursor)
                writer.member("limit", limit)
                writer.member("reverse", reverse)
                writer.member("follow", follow)
                writer.member("last", last)
                writer.endObject()
            }
        }

        package struct Reply: JSONReadable, JSONWritable, Equatable, Sendable {
            package var entries: [Entry]
            package var cursor: String

            package init(entries: [Entry], cursor: String) {
                self.entries = entries
                self.cursor = cursor
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var entries: [Entry]?
                var cursor: String?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "entries": entries = try reader.read()
                    case "cursor": cursor = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.entries = try reader.require(entries, "entries")
                self.cursor = try reader.require(cursor, "cursor")
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("entries", entries)
                writer.member("cursor", cursor)
                writer.endObject()
            }
        }
    }
}
