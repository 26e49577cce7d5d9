// SPDX-License-Identifier: Apache-2.0

import JSONText

extension AdminInterface {
    /// Something wrong in a policy, with its place, counted from 1.
    package struct Problem: JSONReadable, JSONWritable, Equatable, Sendable {
        package var path: String
        package var line: Int
        package var column: Int
        package var message: String
        package var remedy: String

        package init(path: String, line: Int, column: Int, message: String, remedy: String) {
            self.path = path
            self.line = line
            self.column = column
            self.message = message
            self.remedy = remedy
        }

        package init(from reader: inout JSONReader) throws(JSONError) {
            var path: String?
            var line: Int?
            var column: Int?
            var message: String?
            var remedy: String?
            try reader.beginObject()
            while let key = try reader.nextKey() {
                switch key {
                case "path": path = try reader.read()
                case "line": line = try reader.read()
                case "column": column = try reader.read()
                case "message": message = try reader.read()
                case "remedy": remedy = try reader.read()
                default: try reader.skipOrRefuse(key)
                }
            }
            self.path = try reader.require(path, "path")
            self.line = try reader.require(line, "line")
            self.column = try reader.require(column, "column")
            self.message = try reader.require(message, "message")
            self.remedy = try reader.require(remedy, "remedy")
        }

        package func write(to writer: inout JSONWriter) {
            writer.beginObject()
            writer.member("path", path)
            writer.member("line", line)
            writer.member("column", column)
            writer.member("message", message)
            writer.member("remedy", remedy)
            writer.endObject()
        }
    }
}
