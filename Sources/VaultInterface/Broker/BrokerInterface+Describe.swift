// SPDX-License-Identifier: Apache-2.0

import JSONText

extension BrokerInterface {
    /// One capability that the caller may see.
    package enum Describe: InterfaceMethod {
        package static let method = "io.vaultd.Broker.Describe"

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
            package var capability: Capability

            package init(capability: Capability) {
                self.capability = capability
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var capability: Capability?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "capability": capability = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.capability = try reader.require(capability, "capability")
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("capability", capability)
                writer.endObject()
            }
        }
    }
}
