// SPDX-License-Identifier: Apache-2.0

import JSONText

extension AdminInterface {
    /// The rules that are stored. With `more`, in several replies.
    package enum Rules: InterfaceMethod {
        package static let method = "io.vaultd.Admin.Rules"

        package struct Parameters: JSONReadable, JSONWritable, Equatable, Sendable {
            package var pattern: String?
            package var revision: Int?

            package init(pattern: String? = nil, revision: Int? = nil) {
                self.pattern = pattern
                self.revision = revision
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var pattern: String?
                var revision: Int?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "pattern": pattern = try reader.read()
                    case "revision": revision = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.pattern = pattern
                self.revision = revision
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("pattern", pattern)
                writer.member("revision", revision)
                writer.endObject()
            }
        }

        package struct Reply: JSONReadable, JSONWritable, Equatable, Sendable {
            package var revision: Int
            package var rules: [Rule]

            package init(revision: Int, rules: [Rule]) {
                self.revision = revision
                self.rules = rules
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var revision: Int?
                var rules: [Rule]?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "revision": revision = try reader.read()
                    case "rules": rules = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.revision = try reader.require(revision, "revision")
                self.rules = try reader.require(rules, "rules")
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("revision", revision)
                writer.member("rules", rules)
                writer.endObject()
            }
        }
    }
}
