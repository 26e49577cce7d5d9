// SPDX-License-Identifier: Apache-2.0

import JSONText

extension AdminInterface {
    /// Which recorded requests a changed policy would decide differently. With `more`, one reply for each, and a last one that
    /// counts them.
    package enum Replay: InterfaceMethod {
        package static let method = "io.vaultd.Admin.Replay"

        package struct Parameters: JSONReadable, JSONWritable, Equatable, Sendable {
            package var files: [File]
            package var sinceUSec: Int?

            package init(files: [File], sinceUSec: Int? = nil) {
                self.files = files
                self.sinceUSec = sinceUSec
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var files: [File]?
                var sinceUSec: Int?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "files": files = try reader.read()
                    case "sinceUSec": sinceUSec = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.files = try reader.require(files, "files")
                self.sinceUSec = sinceUSec
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("files", files)
                writer.member("sinceUSec", sinceUSec)
                writer.endObject()
            }
        }

        package struct Reply: JSONReadable, JSONWritable, Equatable, Sendable {
            package var record: Int?
            package var before: String?
            package var after: String?
            package var rules: [String]
            package var decided: Int?
            package var changed: Int?
            package var unclear: Int?

            package init(
                record: Int? = nil, before: String? = nil, after: String? = nil, rules: [String], decided: Int? = nil,
                changed: Int? = nil, unclear: Int? = nil
            ) {
                self.record = record
                self.before = before
                self.after = after
                self.rules = rules
                self.decided = decided
                self.changed = changed
                self.unclear = unclear
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var record: Int?
                var before: String?
                var after: String?
                var rules: [String]?
                var decided: Int?
                var changed: Int?
                var unclear: Int?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "record": record = try reader.read()
                    case "before": before = try reader.read()
                    case "after": after = try reader.read()
                    case "rules": rules = try reader.read()
                    case "decided": decided = try reader.read()
                    case "changed": changed = try reader.read()
                    case "unclear": unclear = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.record = record
                self.before = before
                self.after = after
                self.rules = try reader.require(rules, "rules")
                self.decided = decided
                self.changed = changed
                self.unclear = unclear
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("record", record)
                writer.member("before", before)
                writer.member("after", after)
                writer.member("rules", rules)
                writer.member("decided", decided)
                writer.member("changed", changed)
                writer.member("unclear", unclear)
                writer.endObject()
            }
        }
    }
}
