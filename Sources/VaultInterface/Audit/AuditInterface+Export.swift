// SPDX-License-Identifier: Apache-2.0

import JSONText

extension AuditInterface {
    /// The log itself, without a gap, to be hashed by the caller. With `more`, in several replies.
    package enum Export: InterfaceMethod {
        package static let method = "io.vaultd.Audit.Export"

        package struct Parameters: JSONReadable, JSONWritable, Equatable, Sendable {
            package var from: Int?
            package var to: Int?

            package init(from: Int? = nil, to: Int? = nil) {
                self.from = from
                self.to = to
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var from: Int?
                var to: Int?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "from": from = try reader.read()
                    case "to": to = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.from = from
                self.to = to
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("from", from)
                writer.member("to", to)
                writer.endObject()
            }
        }

        package struct Reply: JSONReadable, JSONWritable, Equatable, Sendable {
            package var entries: [Entry]
            package var tiles: [Tile]?

            package init(entries: [Entry], tiles: [Tile]? = nil) {
                self.entries = entries
                self.tiles = tiles
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var entries: [Entry]?
                var tiles: [Tile]?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "entries": entries = try reader.read()
                    case "tiles": tiles = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.entries = try reader.require(entries, "entries")
                self.tiles = tiles
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("entries", entries)
                writer.member("tiles", tiles)
                writer.endObject()
            }
        }
    }
}
