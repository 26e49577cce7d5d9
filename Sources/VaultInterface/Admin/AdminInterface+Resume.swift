// SPDX-License-Identifier: Apache-2.0

import JSONText

extension AdminInterface {
    /// End the suspension of a rule.
    package enum Resume: InterfaceMethod {
        package static let method = "io.vaultd.Admin.Resume"

        package struct Parameters: JSONReadable, JSONWritable, Equatable, Sendable {
            package var rule: String
            package var reason: String?

            package init(rule: String, reason: String? = nil) {
                self.rule = rule
                self.reason = reason
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var rule: String?
                var reason: String?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "rule": rule = try reader.read()
                    case "reason": reason = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.rule = try reader.require(rule, "rule")
                self.reason = reason
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("rule", rule)
                writer.member("reason", reason)
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
