// SPDX-License-Identifier: Apache-2.0

import JSONText

extension BrokerInterface {
    /// Ask for descriptors: all or none, all in one message, in the order of the requests.
    package enum Open: InterfaceMethod {
        package static let method = "io.vaultd.Broker.Open"

        package struct Parameters: JSONReadable, JSONWritable, Equatable, Sendable {
            package var requests: [Request]
            package var reason: String?

            package init(requests: [Request], reason: String? = nil) {
                self.requests = requests
                self.reason = reason
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var requests: [Request]?
                var reason: String?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "requests": requests = try reader.read()
                    case "reason": reason = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.requests = try reader.require(requests, "requests")
                self.reason = reason
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("requests", requests)
                writer.member("reason", reason)
                writer.endObject()
            }
        }

        package struct Reply: JSONReadable, JSONWritable, Equatable, Sendable {
            package var grants: [Grant]

            package init(grants: [Grant]) {
                self.grants = grants
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var grants: [Grant]?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "grants": grants = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.grants = try reader.require(grants, "grants")
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("grants", grants)
                writer.endObject()
            }
        }
    }
}
