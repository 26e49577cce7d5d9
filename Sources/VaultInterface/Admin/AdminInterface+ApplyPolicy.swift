// SPDX-License-Identifier: Apache-2.0

import JSONText

extension AdminInterface {
    /// Make a new revision of what comes from files.
    package enum ApplyPolicy: InterfaceMethod {
        package static let method = "io.vaultd.Admin.ApplyPolicy"

        package struct Parameters: JSONReadable, JSONWritable, Equatable, Sendable {
            package var files: [File]?
            package var revision: Int?
            package var reason: String?
            package var dryRun: Bool?

            package init(files: [File]? = nil, revision: Int? = nil, reason: String? = nil, dryRun: Bool? = nil) {
                self.files = files
                self.revision = revision
                self.reason = reason
                self.dryRun = dryRun
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var files: [File]?
                var revision: Int?
                var reason: String?
                var dryRun: Bool?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "files": files = try reader.read()
                    case "revision": revision = try reader.read()
                    case "reason": reason = try reader.read()
                    case "dryRun": dryRun = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.files = files
                self.revision = revision
                self.reason = reason
                self.dryRun = dryRun
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("files", files)
                writer.member("revision", revision)
                writer.member("reason", reason)
                writer.member("dryRun", dryRun)
                writer.endObject()
            }
        }

        package struct Reply: JSONReadable, JSONWritable, Equatable, Sendable {
            package var revision: Int?
            package var record: Int?
            package var changes: [Change]
            package var problems: [Problem]
            package var source: String?
            package var directory: String?
            package var reloadChanges: [Change]?

            package init(
                revision: Int? = nil, record: Int? = nil, changes: [Change], problems: [Problem], source: String? = nil,
                directory: String? = nil, reloadChanges: [Change]? = nil
            ) {
                self.revision = revision
                self.record = record
                self.changes = changes
                self.problems = problems
                self.source = source
                self.directory = directory
                self.reloadChanges = reloadChanges
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var revision: Int?
                var record: Int?
                var changes: [Change]?
                var problems: [Problem]?
                var source: String?
                var directory: String?
                var reloadChanges: [Change]?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "revision": revision = try reader.read()
                    case "record": record = try reader.read()
                    case "changes": changes = try reader.read()
                    case "problems": problems = try reader.read()
                    case "source": source = try reader.read()
                    case "directory": directory = try reader.read()
                    case "reloadChanges": reloadChanges = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.revision = revision
                self.record = record
                self.changes = try reader.require(changes, "changes")
                self.problems = try reader.require(problems, "problems")
                self.source = source
                self.directory = directory
                self.reloadChanges = reloadChanges
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("revision", revision)
                writer.member("record", record)
                writer.member("changes", changes)
                writer.member("problems", problems)
                writer.member("source", source)
                writer.member("directory", directory)
                writer.member("reloadChanges", reloadChanges)
                writer.endObject()
            }
        }
    }
}
