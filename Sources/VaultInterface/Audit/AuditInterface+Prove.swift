// SPDX-License-Identifier: Apache-2.0

import JSONText

extension AuditInterface {
    /// A receipt for one record, which anybody can check without the log.
    package enum Prove: InterfaceMethod {
        package static let method = "io.vaultd.Audit.Prove"

        package struct Parameters: JSONReadable, JSONWritable, Equatable, Sendable {
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

        package struct Reply: JSONReadable, JSONWritable, Equatable, Sendable {
            package var proof: String

            package init(proof: String) {
                self.proof = proof
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var proof: String?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "proof": proof = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.proof = try reader.require(proof, "proof")
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("proof", proof)
                writer.endObject()
            }
        }
    }
}
