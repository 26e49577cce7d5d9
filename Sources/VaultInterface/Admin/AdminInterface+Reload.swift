// SPDX-License-Identifier: Apache-2.0

import JSONText

extension AdminInterface {
    /// Read the directory of policy files again.
    package enum Reload: InterfaceMethod {
        package static let method = "io.vaultd.Admin.Reload"

        package typealias Parameters = EmptyMessage

        package struct Reply: JSONReadable, JSONWritable, Equatable, Sendable {
            package var revision: Int

            package init(revision: Int) {
                self.revision = revision
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var revision: Int?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "revision": revision = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.revision = try reader.require(revision, "revision")
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("revision", revision)
                writer.endObject()
            }
        }
    }
}
