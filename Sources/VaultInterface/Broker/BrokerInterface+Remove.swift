// SPDX-License-Identifier: Apache-2.0

import JSONText

extension BrokerInterface {
    /// Remove what was deposited or added under a name.
    package enum Remove: InterfaceMethod {
        package static let method = "io.vaultd.Broker.Remove"

        package struct Parameters: JSONReadable, JSONWritable, Equatable, Sendable {
            package var name: String

            package init(name: String) {
                self.name = name
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var name: String?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "name": name = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.name = try reader.require(name, "name")
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("name", name)
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
