// SPDX-License-Identifier: Apache-2.0

import JSONText

extension AdminInterface {
    /// The rules that are stored. With `more`, in several replies.
    package enum Rules: InterfaceMethod {
        package static let method = "io.vaultd.Admin.Rules"

        package struct Parameters: JSONReadable, JSONWritable, Equatable, Sendable {
            package var pattern: String?
            package var revision: Int?
            package var files: Bool?

            package init(pattern: String? = nil, revision: Int? = nil, files: Bool? = nil) {
                self.pattern = pattern
                self.revision = revision
                self.files = files
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var pattern: String?
                var revision: Int?
                var files: Bool?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "pattern": pattern = try reader.read()
                    case "revision": revision = try reader.read()
                    case "files": files = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.pattern = pattern
                self.revision = revision
                self.files = files
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("pattern", pattern)
                writer.member("revision", revision)
                writer.member("files", files)
                writer.endObject()
            }
        }

        package struct Reply: JSONReadable, JSONWritable, Equatable, Sendable {
            package var revision: Int
            package var rules: [Rule]
            package var files: [File]?

            package init(revision: Int, rules: [Rule], files: [File]? = nil) {
                self.revision = revision
                self.rules = rules
                self.files = files
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var revision: Int?
                var rules: [Rule]?
                var files: [File]?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "revision": revision = try reader.read()
                    case "rules": rules = try reader.read()
                    case "files": files = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.revision = try reader.require(revision, "revision")
                self.rules = try reader.require(rules, "rules")
                self.files = files
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("revision", revision)
                writer.member("rules", rules)
                writer.member("files", files)
                writer.endObject()
            }
        }
    }
}
