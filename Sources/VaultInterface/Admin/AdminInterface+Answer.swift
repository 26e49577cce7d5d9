// SPDX-License-Identifier: Apache-2.0

import JSONText

extension AdminInterface {
    /// What one rule lets one subject do.
    package struct Answer: JSONReadable, JSONWritable, Equatable, Sendable {
        package var subject: Subject
        package var name: String
        package var rights: [String]
        package var rule: String
        package var conditions: [String]

        package init(subject: Subject, name: String, rights: [String], rule: String, conditions: [String]) {
            self.subject = subject
            self.name = name
            self.rights = rights
            self.rule = rule
            self.conditions = conditions
        }

        package init(from reader: inout JSONReader) throws(JSONError) {
            var subject: Subject?
            var name: String?
            var rights: [String]?
            var rule: String?
            var conditions: [String]?
            try reader.beginObject()
            while let key = try reader.nextKey() {
                switch key {
                case "subject": subject = try reader.read()
                case "name": name = try reader.read()
                case "rights": rights = try reader.read()
                case "rule": rule = try reader.read()
                case "conditions": conditions = try reader.read()
                default: try reader.skipOrRefuse(key)
                }
            }
            self.subject = try reader.require(subject, "subject")
            self.name = try reader.require(name, "name")
            self.rights = try reader.require(rights, "rights")
            self.rule = try reader.require(rule, "rule")
            self.conditions = try reader.require(conditions, "conditions")
        }

        package func write(to writer: inout JSONWriter) {
            writer.beginObject()
            writer.member("subject", subject)
            writer.member("name", name)
            writer.member("rights", rights)
            writer.member("rule", rule)
            writer.member("conditions", conditions)
            writer.endObject()
        }
    }
}
