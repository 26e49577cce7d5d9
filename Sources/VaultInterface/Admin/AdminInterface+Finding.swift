// SPDX-License-Identifier: Apache-2.0

import JSONText

extension AdminInterface {
    /// What one selector of a rule wanted, and what it got; `matched` is `nil` when it cannot be known.
    package struct Finding: JSONReadable, JSONWritable, Equatable, Sendable {
        package var rule: String
        package var selector: String
        package var wanted: String
        package var got: String?
        package var matched: Bool?

        package init(rule: String, selector: String, wanted: String, got: String? = nil, matched: Bool? = nil) {
            self.rule = rule
            self.selector = selector
            self.wanted = wanted
            self.got = got
            self.matched = matched
        }

        package init(from reader: inout JSONReader) throws(JSONError) {
            var rule: String?
            var selector: String?
            var wanted: String?
            var got: String?
            var matched: Bool?
            try reader.beginObject()
            while let key = try reader.nextKey() {
                switch key {
                case "rule": rule = try reader.read()
                case "selector": selector = try reader.read()
                case "wanted": wanted = try reader.read()
                case "got": got = try reader.read()
                case "matched": matched = try reader.read()
                default: try reader.skipOrRefuse(key)
                }
            }
            self.rule = try reader.require(rule, "rule")
            self.selector = try reader.require(selector, "selector")
            self.wanted = try reader.require(wanted, "wanted")
            self.got = got
            self.matched = matched
        }

        package func write(to writer: inout JSONWriter) {
            writer.beginObject()
            writer.member("rule", rule)
            writer.member("selector", selector)
            writer.member("wanted", wanted)
            writer.member("got", got)
            writer.member("matched", matched)
            writer.endObject()
        }
    }
}
