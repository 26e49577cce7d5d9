// SPDX-License-Identifier: Apache-2.0

import JSONText

extension AdminInterface {
    /// What a revocation did about one holder.
    package struct Outcome: JSONReadable, JSONWritable, Equatable, Sendable {
        package var pid: Int?
        package var user: String?
        package var exe: String?
        package var record: Int?
        package var done: String
        package var remaining: String

        package init(
            pid: Int? = nil, user: String? = nil, exe: String? = nil, record: Int? = nil, done: String,
            remaining: String
        ) {
            self.pid = pid
            self.user = user
            self.exe = exe
            self.record = record
            self.done = done
            self.remaining = remaining
        }

        package init(from reader: inout JSONReader) throws(JSONError) {
            var pid: Int?
            var user: String?
            var exe: String?
            var record: Int?
            var done: String?
            var remaining: String?
            try reader.beginObject()
            while let key = try reader.nextKey() {
                switch key {
                case "pid": pid = try reader.read()
                case "user": user = try reader.read()
                case "exe": exe = try reader.read()
                case "record": record = try reader.read()
                case "done": done = try reader.read()
                case "remaining": remaining = try reader.read()
                default: try reader.skipOrRefuse(key)
                }
            }
            self.pid = pid
            self.user = user
            self.exe = exe
            self.record = record
            self.done = try reader.require(done, "done")
            self.remaining = try reader.require(remaining, "remaining")
        }

        package func write(to writer: inout JSONWriter) {
            writer.beginObject()
            writer.member("pid", pid)
            writer.member("user", user)
            writer.member("exe", exe)
            writer.member("record", record)
            writer.member("done", done)
            writer.member("remaining", remaining)
            writer.endObject()
        }
    }
}
