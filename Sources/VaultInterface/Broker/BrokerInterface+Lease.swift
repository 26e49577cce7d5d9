// SPDX-License-Identifier: Apache-2.0

import JSONText

extension BrokerInterface {
    /// Until when a grant holds.
    package struct Lease: JSONReadable, JSONWritable, Equatable, Sendable {
        package var id: String
        package var expiresUSec: Int?
        package var renewableUSec: Int?

        package init(id: String, expiresUSec: Int? = nil, renewableUSec: Int? = nil) {
            self.id = id
            self.expiresUSec = expiresUSec
            self.renewableUSec = renewableUSec
        }

        package init(from reader: inout JSONReader) throws(JSONError) {
            var id: String?
            var expiresUSec: Int?
            var renewableUSec: Int?
            try reader.beginObject()
            while let key = try reader.nextKey() {
                switch key {
                case "id": id = try reader.read()
                case "expiresUSec": expiresUSec = try reader.read()
                case "renewableUSec": renewableUSec = try reader.read()
                default: try reader.skipOrRefuse(key)
                }
            }
            self.id = try reader.require(id, "id")
            self.expiresUSec = expiresUSec
            self.renewableUSec = renewableUSec
        }

        package func write(to writer: inout JSONWriter) {
            writer.beginObject()
            writer.member("id", id)
            writer.member("expiresUSec", expiresUSec)
            writer.member("renewableUSec", renewableUSec)
            writer.endObject()
        }
    }
}
