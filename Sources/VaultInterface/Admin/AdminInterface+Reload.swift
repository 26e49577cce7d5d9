// SPDX-License-Identifier: Apache-2.0

import JSONText

extension AdminInterface {
    /// Read the directory of policy files again, and look up again what rules rest on.
    package enum Reload: InterfaceMethod {
        package static let method = "io.vaultd.Admin.Reload"

        package struct Parameters: JSONReadable, JSONWritable, Equatable, Sendable {
            package var reason: String?
            package var dryRun: Bool?

            package init(reason: String? = nil, dryRun: Bool? = nil) {
                self.reason = reason
                self.dryRun = dryRun
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var reason: String?
                var dryRun: Bool?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "reason": reason = try reader.read()
                    case "dryRun": dryRun = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.reason = reason
                self.dryRun = dryRun
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("reason", reason)
                writer.member("dryRun", dryRun)
                writer.endObject()
            }
        }

        package struct Reply: JSONReadable, JSONWritable, Equatable, Sendable {
            package var revision: Int
            package var record: Int?
            package var changes: [Change]?
            package var problems: [Problem]?
            package var source: String?
            package var directory: String?
            package var changesLeft: Int?

            package init(
                revision: Int, record: Int? = nil, changes: [Change]? = nil, problems: [Problem]? = nil,
                source: String? = nil, directory: String? = nil, changesLeft: Int? = nil
            ) {
                self.revision = revision
                self.record = record
                self.changes = changes
                self.problems = problems
                self.source = source
                self.directory = directory
                self.changesLeft = changesLeft
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var revision: Int?
                var record: Int?
                var changes: [Change]?
                var problems: [Problem]?
                var source: String?
                var directory: String?
                var changesLeft: Int?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "revision": revision = try reader.read()
                    case "record": record = try reader.read()
                    case "changes": changes = try reader.read()
                    case "problems": problems = try reader.read()
                    case "source": source = try reader.read()
                    case "directory": directory = try reader.read()
                    case "changesLeft": changesLeft = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.revision = try reader.require(revision, "revision")
                self.record = record
                self.changes = changes
                self.problems = problems
                self.source = source
                self.directory = directory
                self.changesLeft = changesLeft
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("revision", revision)
                writer.member("record", record)
                writer.member("changes", changes)
                writer.member("problems", problems)
                writer.member("source", source)
                writer.member("directory", directory)
                writer.member("changesLeft", changesLeft)
                writer.endObject()
            }
        }
    }
}
