// SPDX-License-Identifier: Apache-2.0

import JSONText

extension AdminInterface {
    /// Add a capability.
    package enum AddCapability: InterfaceMethod {
        package static let method = "io.vaultd.Admin.AddCapability"

        package struct Parameters: JSONReadable, JSONWritable, Equatable, Sendable {
            package var document: String
            package var reason: String?

            package init(document: String, reason: String? = nil) {
                self.document = document
                self.reason = reason
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var document: String?
                var reason: String?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "document": document = try reader.read()
                    case "reason": reason = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.document = try reader.require(document, "document")
                self.reason = reason
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("document", document)
                writer.member("reason", reason)
                writer.endObject()
            }
        }

        package struct Reply: JSONReadable, JSONWritable, Equatable, Sendable {
            package var record: Int
            package var problems: [Problem]?

            package init(record: Int, problems: [Problem]? = nil) {
                self.record = record
                self.problems = problems
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var record: Int?
                var problems: [Problem]?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "record": record = try reader.read()
                    case "problems": problems = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.record = try reader.require(record, "record")
                self.problems = problems
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("record", record)
                writer.member("problems", problems)
                writer.endObject()
            }
        }
    }
}
