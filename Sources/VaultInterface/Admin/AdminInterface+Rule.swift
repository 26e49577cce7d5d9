// SPDX-License-Identifier: Apache-2.0

import JSONText

extension AdminInterface {
    /// A rule that is stored.
    package struct Rule: JSONReadable, JSONWritable, Equatable, Sendable {
        package var id: String
        package var origin: String
        package var suspended: Bool
        package var usesLeft: Int?
        package var document: String

        package init(id: String, origin: String, suspended: Bool, usesLeft: Int? = nil, document: String) {
            self.id = id
            self.origin = origin
            self.suspended = suspended
            self.usesLeft = usesLeft
            self.document = document
        }

        package init(from reader: inout JSONReader) throws(JSONError) {
            var id: String?
            var origin: String?
            var suspended: Bool?
            var usesLeft: Int?
            var document: String?
            try reader.beginObject()
            while let key = try reader.nextKey() {
                switch key {
                case "id": id = try reader.read()
                case "origin": origin = try reader.read()
                case "suspended": suspended = try reader.read()
                case "usesLeft": usesLeft = try reader.read()
                case "document": document = try reader.read()
                default: try reader.skipOrRefuse(key)
                }
            }
            self.id = try reader.require(id, "id")
            self.origin = try reader.require(origin, "origin")
            self.suspended = try reader.require(suspended, "suspended")
            self.usesLeft = usesLeft
            self.document = try reader.require(document, "document")
        }

        package func write(to writer: inout JSONWriter) {
            writer.beginObject()
            writer.member("id", id)
            writer.member("origin", origin)
            writer.member("suspended", suspended)
            writer.member("usesLeft", usesLeft)
            writer.member("document", document)
            writer.endObject()
        }
    }
}
