// SPDX-License-Identifier: Apache-2.0

import JSONText

extension BrokerInterface {
    /// The capabilities that the caller may see. With `more`, in several replies.
    package enum List: InterfaceMethod {
        package static let method = "io.vaultd.Broker.List"

        package struct Parameters: JSONReadable, JSONWritable, Equatable, Sendable {
            package var pattern: String?

            package init(pattern: String? = nil) {
                self.pattern = pattern
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var pattern: String?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "pattern": pattern = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.pattern = pattern
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("pattern", pattern)
                writer.endObject()
            }
        }

        package struct Reply: JSONReadable, JSONWritable, Equatable, Sendable {
            package var capabilities: [Capability]

            package init(capabilities: [Capability]) {
                self.capabilities = capabilities
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var capabilities: [Capability]?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "capabilities": capabilities = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.capabilities = try reader.require(capabilities, "capabilities")
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("capabilities", capabilities)
                writer.endObject()
            }
        }
    }
}
