// SPDX-License-Identifier: Apache-2.0

import JSONText

extension AdminInterface {
    /// What somebody may do.
    package enum WhatCan: InterfaceMethod {
        package static let method = "io.vaultd.Admin.WhatCan"

        package struct Parameters: JSONReadable, JSONWritable, Equatable, Sendable {
            package var subject: Subject

            package init(subject: Subject) {
                self.subject = subject
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var subject: Subject?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "subject": subject = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.subject = try reader.require(subject, "subject")
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("subject", subject)
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
