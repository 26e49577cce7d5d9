// SPDX-License-Identifier: Apache-2.0

import JSONText

extension BrokerInterface {
    /// One capability that was granted. `fileDescriptor` is an index into the descriptors of the reply.
    package struct Grant: JSONReadable, JSONWritable, Equatable, Sendable {
        package var name: String
        package var fileDescriptor: Int
        package var rights: [String]
        package var kind: String
        package var delivery: String
        package var revocation: String
        package var record: Int
        package var lease: Lease?

        package init(
            name: String, fileDescriptor: Int, rights: [String], kind: String, delivery: String, revocation: String,
            record: Int, lease: Lease? = nil
        ) {
            self.name = name
            self.fileDescriptor = fileDescriptor
            self.rights = rights
            self.kind = kind
            self.delivery = delivery
            self.revocation = revocation
            self.record = record
            self.lease = lease
        }

        package init(from reader: inout JSONReader) throws(JSONError) {
            var name: String?
            var fileDescriptor: Int?
            var rights: [String]?
            var kind: String?
            var delivery: String?
            var revocation: String?
            var record: Int?
            var lease: Lease?
            try reader.beginObject()
            while let key = try reader.nextKey() {
                switch key {
                case "name": name = try reader.read()
                case "fileDescriptor": fileDescriptor = try reader.read()
                case "rights": rights = try reader.read()
                case "kind": kind = try reader.read()
                case "delivery": delivery = try reader.read()
                case "revocation": revocation = try reader.read()
                case "record": record = try reader.read()
                case "lease": lease = try reader.read()
                default: try reader.skipOrRefuse(key)
                }
            }
            self.name = try reader.require(name, "name")
            self.fileDescriptor = try reader.require(fileDescriptor, "fileDescriptor")
            self.rights = try reader.require(rights, "rights")
            self.kind = try reader.require(kind, "kind")
            self.delivery = try reader.require(delivery, "delivery")
            self.revocation = try reader.require(revocation, "revocation")
            self.record = try reader.require(record, "record")
            self.lease = lease
        }

        package func write(to writer: inout JSONWriter) {
            writer.beginObject()
            writer.member("name", name)
            writer.member("fileDescriptor", fileDescriptor)
            writer.member("rights", rights)
            writer.member("kind", kind)
            writer.member("delivery", delivery)
            writer.member("revocation", revocation)
            writer.member("record", record)
            writer.member("lease", lease)
            writer.endObject()
        }
    }
}
