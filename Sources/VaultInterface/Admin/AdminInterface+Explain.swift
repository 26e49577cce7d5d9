// SPDX-License-Identifier: Apache-2.0

import JSONText

extension AdminInterface {
    /// Why a request was, or would be, decided as it is.
    package enum Explain: InterfaceMethod {
        package static let method = "io.vaultd.Admin.Explain"

        package struct Parameters: JSONReadable, JSONWritable, Equatable, Sendable {
            package var record: Int?
            package var subject: Subject?
            package var action: String?
            package var name: String?
            package var rights: [String]?
            package var atUSec: Int?

            package init(
                record: Int? = nil, subject: Subject? = nil, action: String? = nil, name: String? = nil,
                rights: [String]? = nil, atUSec: Int? = nil
            ) {
                self.record = record
                self.subject = subject
                self.action = action
                self.name = name
                self.rights = rights
                self.atUSec = atUSec
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var record: Int?
                var subject: Subject?
                var action: String?
                var name: String?
                var rights: [String]?
                var atUSec: Int?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "record": record = try reader.read()
                    case "subject": subject = try reader.read()
                    case "action": action = try reader.read()
                    case "name": name = try reader.read()
                    case "rights": rights = try reader.read()
                    case "atUSec": atUSec = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.record = record
                self.subject = subject
                self.action = action
                self.name = name
                self.rights = rights
                self.atUSec = atUSec
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("record", record)
                writer.member("subject", subject)
                writer.member("action", action)
                writer.member("name", name)
                writer.member("rights", rights)
                writer.member("atUSec", atUSec)
                writer.endObject()
            }
        }

        package struct Reply: JSONReadable, JSONWritable, Equatable, Sendable {
            package var decision: String
            package var recorded: String?
            package var rules: [String]
            package var findings: [Finding]

            package init(decision: String, recorded: String? = nil, rules: [String], findings: [Finding]) {
                self.decision = decision
                self.recorded = recorded
                self.rules = rules
                self.findings = findings
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var decision: String?
                var recorded: String?
                var rules: [String]?
                var findings: [Finding]?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "decision": decision = try reader.read()
                    case "recorded": recorded = try reader.read()
                    case "rules": rules = try reader.read()
                    case "findings": findings = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.decision = try reader.require(decision, "decision")
                self.recorded = recorded
                self.rules = try reader.require(rules, "rules")
                self.findings = try reader.require(findings, "findings")
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("decision", decision)
                writer.member("recorded", recorded)
                writer.member("rules", rules)
                writer.member("findings", findings)
                writer.endObject()
            }
        }
    }
}
