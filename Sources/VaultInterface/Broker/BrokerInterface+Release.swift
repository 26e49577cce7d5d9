// SPDX-License-Identifier: Apache-2.0

import JSONText

extension BrokerInterface {
    /// Give a lease back.
    package enum Release: InterfaceMethod {
        package static let method = "io.vaultd.Broker.Release"

        package struct Parameters: JSONReadable, JSONWritable, Equatable, Sendable {
            package var lease: String

            package init(lease: String) {
                self.lease = lease
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var lease: String?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "lease": lease = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.lease = try reader.require(lease, "lease")
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("lease", lease)
                writer.endObject()
            }
        }

        package typealias Reply = EmptyMessage
    }
}
