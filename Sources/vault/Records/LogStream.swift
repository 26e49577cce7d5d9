// SPDX-License-Identifier: Apache-2.0

import JSONText
import TerminalKit
import VaultInterface

/// The log as `vault-offline` reads it, and as an archive holds it: a line that says what follows and has a signed
/// checkpoint, then the exact bytes of each record on a line, or, of each 256 that were pruned, their hashes.
///
/// This program passes it on and hashes nothing: it links no cryptography.
struct LogStream {
    private(set) var checkpoint: AuditInterface.Checkpoint.Reply
    /// The records that are in it, or whose hashes are.
    private(set) var range: Range<Int>
    /// The roots of the perfect subtrees over the records before them.
    private var before: JSONValue = []
    private let origin: String
    private let connection: BrokerConnection

    /// The log as it is now, or up to a record: then with the proof that it continued as the checkpoint says.
    init(_ connection: BrokerConnection, upTo end: Int? = nil) throws(Failure) {
        self.connection = connection
        checkpoint = try connection.call(AuditInterface.Checkpoint.self, .init(since: end))
        let head = try NoteHead(checkpoint.note)
        origin = head.origin
        range = 0..<(end ?? head.size)
    }

    private static func header(
        _ origin: String, _ range: Range<Int>, _ checkpoint: AuditInterface.Checkpoint.Reply, before: JSONValue = []
    ) -> [UInt8] {
        let object: JSONObject = [
            "archive": 1, "origin": .string(origin), "from": .integer(Int64(range.lowerBound)),
            "to": .integer(Int64(range.upperBound)), "key": .string(checkpoint.key),
            "checkpoint": .string(checkpoint.note), "consistency": .array(checkpoint.consistency.map { .string($0) }),
            "before": before,
        ]
        return object.jsonBytes() + [UInt8(ascii: "\n")]
    }

    /// Leaves out what a directory of tiles has already, where that turns out to be the beginning of this log: what its
    /// checkpoint says is only where to look.
    mutating func leaveOut(tilesIn directory: String) throws {
        guard let note = try? InputFile.read("\(directory)/checkpoint", as: "a checkpoint"),
            let size = try? NoteHead(note).size, case let count = size / 256 * 256, count > 0, count <= range.upperBound
        else { return }
        let newest = try connection.call(AuditInterface.Checkpoint.self, .init(since: count))
        let answer = try OfflineProgram.run(["audit", "tiles", "--begun", "--", directory], catchingOutput: true) {
            try $0(Self.header(origin, 0..<count, newest))
        }
        guard let found = try? JSONValue(parsing: answer), found.array?.isEmpty == false else { return }
        before = found
        range = count..<(try NoteHead(newest.note).size)
        checkpoint = newest
        checkpoint.consistency = []
    }

    /// Reads all of it from the broker, and gives it away a piece at a time.
    func read(_ write: ([UInt8]) throws -> Void) throws {
        try write(Self.header(origin, range, checkpoint, before: before))
        try connection.callMore(
            AuditInterface.Export.self, .init(from: range.lowerBound, to: range.upperBound), as: ExportedLines.self
        ) { part in
            var bytes: [UInt8] = []
            for tile in part.tiles ?? [] {
                let line: JSONObject = ["tile": .integer(Int64(tile.index)), "hashes": .string(tile.hashes)]
                bytes += line.jsonBytes()
                bytes.append(UInt8(ascii: "\n"))
            }
            if !bytes.isEmpty { try write(bytes) }
            try write(part.lines)
        }
    }
}

/// A reply to `Export`, of whose records nothing is looked at: the bytes of each become a line.
struct ExportedLines: JSONReadable {
    /// In place of records that were pruned; they come before the others.
    var tiles: [AuditInterface.Tile]?
    /// The records, each with a line feed.
    var lines: [UInt8] = []

    init(from reader: inout JSONReader) throws(JSONError) {
        var hasEntries = false
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "entries":
                hasEntries = true
                try reader.beginArray()
                while try reader.nextElement() { try readEntry(&reader) }
            case "tiles": tiles = try reader.read()
            default: try reader.skipOrRefuse(key)
            }
        }
        if !hasEntries { throw reader.missingMember("entries") }
    }

    private mutating func readEntry(_ reader: inout JSONReader) throws(JSONError) {
        var hasText = false
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "text":
                hasText = true
                try reader.readString(appendingTo: &lines)
                lines.append(UInt8(ascii: "\n"))
            default: try reader.skipOrRefuse(key)
            }
        }
        if !hasText { throw reader.missingMember("text") }
    }
}
