// SPDX-License-Identifier: Apache-2.0

import JSONText

extension BrokerInterface {
    /// One capability, as a listing shows it.
    package struct Capability: JSONReadable, JSONWritable, Equatable, Sendable {
        package var name: String
        package var kind: String
        package var rights: [String]
        package var origin: String
        package var delivery: String
        package var revocation: String
        package var state: String
        package var problem: String?

        package init(
            name: String, kind: String, rights: [String], origin: String, delivery: String, revocation: String,
            state: String, problem: String? = nil
        ) {
            self.name = name
            self.kind = kind
            self.rights = rights
            self.origin = origin
            self.delivery = delivery
            self.revocation = revocation
            self.state = state
            self.problem = problem
        }

        package init(from reader: inout JSONReader) throws(JSONError) {
            var name: String?
            var kind: String?
            var rights: [String]?
            var origin: String?
            var delivery: String?
            var revocation: String?
            var state: String?
            var problem: String?
            try reader.beginObject()
            while let key = try reader.nextKey() {
                switch key {
                case "name": name = try reader.read()
                case "kind": kind = try reader.read()
                case "rights": rights = try reader.read()
                case "origin": origin = try reader.read()
                case "delivery": delivery = try reader.read()
                case "revocation": revocation = try reader.read()
                case "state": state = try reader.read()
                case "problem": problem = try reader.read()
                default: try reader.skipOrRefuse(key)
                }
            }
            self.name = try reader.require(name, "name")
            self.kind = try reader.require(kind, "kind")
            self.rights = try reader.require(rights, "rights")
            self.origin = try reader.require(origin, "origin")
            self.delivery = try reader.require(delivery, "delivery")
            self.revocation = try reader.require(revocation, "revocation")
            self.state = try reader.require(state, "state")
            self.problem = problem
        }

        package func write(to writer: inout JSONWriter) {
            writer.beginObject()
            writer.member("name", name)
            writer.member("kind", kind)
            writer.member("rights", rights)
            writer.member("origin", origin)
            writer.member("delivery", delivery)
            writer.member("revocation", revocation)
            writer.member("state", state)
            writer.member("problem", problem)
            writer.endObject()
        }
    }
}
