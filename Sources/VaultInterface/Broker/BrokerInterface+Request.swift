// SPDX-License-Identifier: Apache-2.0

import JSONText

extension BrokerInterface {
    /// One capability that is asked for. Without rights: as much as may be had.
    package struct Request: JSONReadable, JSONWritable, Equatable, Sendable {
        package var name: String
        package var rights: [String]?

        package init(name: String, rights: [String]? = nil) {
            self.name = name
            self.rights = rights
        }

        package init(from reader: inout JSONReader) throws(JSONError) {
            var name: String?
            var rights: [String]?
            try reader.beginObject()
            while let key = try reader.nextKey() {
                switch key {
                case "name": name = try reader.read()
                case "rights": rights = try reader.read()
                default: try reader.skipOrRefuse(key)
                }
            }
            self.name = try reader.require(name, "name")
            self.rights = rights
        }

        package func write(to writer: inout JSONWriter) {
            writer.beginObject()
            writer.member("name", name)
            writer.member("rights", rights)
            writer.endObject()
        }
    }
}
