// SPDX-License-Identifier: Apache-2.0

import JSONText

extension AdminInterface {
    /// Add a rule.
    package enum Grant: InterfaceMethod {
        package static let method = "io.vaultd.Admin.Grant"

        package struct Parameters: JSONReadable, JSONWritable, Equatable, Sendable {
            package var document: String
            package var reason: String?
            package var dryRun: Bool?

            package init(document: String, reason: String? = nil, dryRun: Bool? = nil) {
                self.document = document
                self.reason = reason
                self.dryRun = dryRun
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var document: String?
                var reason: String?
                var dryRun: Bool?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "document": document = try reader.read()
                    case "reason": reason = try reader.read()
                    case "dryRun": dryRun = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.document = try reader.require(document, "document")
                self.reason = reason
                self.dryRun = dryRun
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("document", document)
                writer.member("reason", reason)
                writer.member("dryRun", dryRun)
                writer.endObject()
            }
        }

        package struct Reply: JSONReadable, JSONWritable, Equatable, Sendable {
            package var rule: String
            package var record: Int?
            package var problems: [Problem]?

            package init(rule: String, record: Int? = nil, problems: [Problem]? = nil) {
                self.rule = rule
                self.record = record
                self.problems = problems
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var rule: String?
                var record: Int?
                var problems: [Problem]?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "rule": rule = try reader.read()
                    case "record": record = try reader.read()
                    case "problems": problems = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.rule = try reader.require(rule, "rule")
                self.record = record
                self.problems = problems
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("rule", rule)
                writer.member("record", record)
                writer.member("problems", problems)
                writer.endObject()
            }
        }
    }
}
