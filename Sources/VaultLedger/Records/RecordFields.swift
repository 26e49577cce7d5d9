// SPDX-License-Identifier: Apache-2.0

internal import JSONText

/// What queries look at in a record, read out of its text.
struct RecordFields: Sendable, Equatable {
    var type = ""
    var timeUSec: Int64 = 0
    var request: String?
    var uid: UInt32?
    var user: String?
    var loginuid: UInt32?
    var pid: Int32?
    var exe: String?
    var unit: String?
    var capability: String?
    var decision: String?
    var rules: [String] = []
    var charged: String?
    /// The index of the grant that a later record is about, such as a `revoke` or a `holder.exit`.
    var grant: UInt64?
    /// The lease that a record is about.
    var lease: String?

    /// Reads a record; a text of another form gives what could be read of it.
    init(_ leaf: UnsafeRawBufferPointer) {
        var reader = JSONReader(Array(leaf))
        // A text that is no record has none of the fields; it is still an entry of the log.
        try? read(&reader)
    }

    private mutating func read(_ reader: inout JSONReader) throws(JSONError) {
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "type": type = try reader.readString()
            case "timeUSec": timeUSec = try reader.readInteger()
            case "request": request = try reader.readString()
            case "peer": try readPeer(&reader)
            case "capability": capability = try Self.readMember("name", of: &reader)
            case "decision": decision = try reader.readString()
            case "rules": rules = try reader.read()
            case "rule": rules.append(try reader.readString())
            case "charged": charged = try reader.readString()
            case "grant": grant = try reader.read()
            case "lease": lease = try Self.readMember("id", of: &reader)
            default: try reader.skipValue()
            }
        }
    }

    private mutating func readPeer(_ reader: inout JSONReader) throws(JSONError) {
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "uid": uid = try reader.read()
            case "user": user = try reader.readString()
            case "loginuid": loginuid = try reader.read()
            case "pid": pid = try reader.read()
            case "exe": exe = try reader.readString()
            case "unit": unit = try reader.readString()
            default: try reader.skipValue()
            }
        }
    }

    /// A text within an object, or the text itself where that stands in its place.
    private static func readMember(_ name: JSONKey, of reader: inout JSONReader) throws(JSONError) -> String? {
        if try reader.peek() == .string { return try reader.readString() }
        var text: String?
        try reader.beginObject()
        while let key = try reader.nextKey() {
            if key == name { text = try reader.readString() } else { try reader.skipValue() }
        }
        return text
    }
}
