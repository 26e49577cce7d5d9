// SPDX-License-Identifier: Apache-2.0

import JSONText

extension BrokerInterface {
    /// Extend a lease.
    package enum Renew: InterfaceMethod {
        package static let method = "io.vaultd.Broker.Renew"

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

        package struct Reply: JSONReadable, JSONWritable, Equatable, Sendable {
            package var lease: Lease

            package init(lease: Lease) {
                self.lease = lease
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var lease: Lease?
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
    }
}
