// SPDX-License-Identifier: Apache-2.0

import JSONText

extension AdminInterface {
    /// Take permits back, by rule or by pattern and principal.
    package enum Revoke: InterfaceMethod {
        package static let method = "io.vaultd.Admin.Revoke"

        package struct Parameters: JSONReadable, JSONWritable, Equatable, Sendable {
            package var rule: String?
            package var pattern: String?
            package var from: String?
            package var reason: String?
            package var dryRun: Bool?

            package init(
                rule: String? = nil, pattern: String? = nil, from: String? = nil, reason: String? = nil,
                dryRun: Bool? = nil
            ) {
                self.rule = rule
                self.pattern = pattern
                self.from = from
                self.reason = reason
                self.dryRun = dryRun
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var rule: String?
                var pattern: String?
                var from: String?
                var reason: String?
                var dryRun: Bool?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "rule": rule = try reader.read()
                    case "pattern": pattern = try reader.read()
                    case "from": from = try reader.read()
                    case "reason": reason = try reader.read()
                    case "dryRun": dryRun = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.rule = rule
                self.pattern = pattern
                self.from = from
                self.reason = reason
                self.dryRun = dryRun
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("rule", rule)
                writer.member("pattern", pattern)
                writer.member("from", from)
                writer.member("reason", reason)
                writer.member("dryRun", dryRun)
                writer.endObject()
            }
        }

        package struct Reply: JSONReadable, JSONWritable, Equatable, Sendable {
            package var rules: [String]
            package var outcomes: [Outcome]
            package var stillPermittedBy: [String]
            package var lifted: [String]?
            package var nowPermittedBy: [String]?
            package var record: Int?
            package var durable: Bool?
            package var problems: [Problem]?

            package init(
                rules: [String], outcomes: [Outcome], stillPermittedBy: [String], lifted: [String]? = nil,
                nowPermittedBy: [String]? = nil, record: Int? = nil, durable: Bool? = nil, problems: [Problem]? = nil
            ) {
                self.rules = rules
                self.outcomes = outcomes
                self.stillPermittedBy = stillPermittedBy
                self.lifted = lifted
                self.nowPermittedBy = nowPermittedBy
                self.record = record
                self.durable = durable
                self.problems = problems
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var rules: [String]?
                var outcomes: [Outcome]?
                var stillPermittedBy: [String]?
                var lifted: [String]?
                var nowPermittedBy: [String]?
                var record: Int?
                var durable: Bool?
                var problems: [Problem]?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "rules": rules = try reader.read()
                    case "outcomes": outcomes = try reader.read()
                    case "stillPermittedBy": stillPermittedBy = try reader.read()
                    case "lifted": lifted = try reader.read()
                    case "nowPermittedBy": nowPermittedBy = try reader.read()
                    case "record": record = try reader.read()
                    case "durable": durable = try reader.read()
                    case "problems": problems = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.rules = try reader.require(rules, "rules")
                self.outcomes = try reader.require(outcomes, "outcomes")
                self.stillPermittedBy = try reader.require(stillPermittedBy, "stillPermittedBy")
                self.lifted = lifted
                self.nowPermittedBy = nowPermittedBy
                self.record = record
                self.durable = durable
                self.problems = problems
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("rules", rules)
                writer.member("outcomes", outcomes)
                writer.member("stillPermittedBy", stillPermittedBy)
                writer.member("lifted", lifted)
                writer.member("nowPermittedBy", nowPermittedBy)
                writer.member("record", record)
                writer.member("durable", durable)
                writer.member("problems", problems)
                writer.endObject()
            }
        }
    }
}
