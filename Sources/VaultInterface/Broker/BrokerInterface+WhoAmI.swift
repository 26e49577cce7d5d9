// SPDX-License-Identifier: Apache-2.0

import JSONText

extension BrokerInterface {
    /// Who the caller is, as the broker sees it.
    package enum WhoAmI: InterfaceMethod {
        package static let method = "io.vaultd.Broker.WhoAmI"

        package typealias Parameters = EmptyMessage

        package struct Reply: JSONReadable, JSONWritable, Equatable, Sendable {
            package var identity: JSONObject

            package init(identity: JSONObject) {
                self.identity = identity
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var identity: JSONObject?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "identity": identity = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.identity = try reader.require(identity, "identity")
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("identity", identity)
                writer.endObject()
            }
        }
    }
}
