// SPDX-License-Identifier: Apache-2.0

import JSONText

extension AdminInterface {
    /// Who may do something with a name.
    package enum WhoCan: InterfaceMethod {
        package static let method = "io.vaultd.Admin.WhoCan"

        package struct Parameters: JSONReadable, JSONWritable, Equatable, Sendable {
            package var name: String
            package var action: String?

            package init(name: String, action: String? = nil) {
                self.name = name
                self.action = action
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var name: String?
                var action: String?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "name": name = try reader.read()
                    case "action": action = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.name = try reader.require(name, "name")
                self.action = action
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("name", name)
                writer.member("action", action)
                writer.endObject()
            }
        }

        package struct Reply: JSONReadable, JSONWritable, Equatable, Sendable {
            package var answers: [Answer]

            package init(answers: [Answer]) {
                self.answers = answers
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var answers: [Answer]?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "answers": answers = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.answers = try reader.require(answers, "answers")
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("answers", answers)
                writer.endObject()
            }
        }
    }
}
