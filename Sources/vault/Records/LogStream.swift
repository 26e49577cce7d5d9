// SPDX-License-Identifier: Apache-2.0

import JSONText
import TerminalKit
import VaultInterface

/// The log as `vault-offline` reads it, and as an archive holds it: a line that says what follows and has a signed
/// checkpoint, then the exact bytes of each record on a line, or, of each 256 that were pruned, their hashes.
///
/// This program passes it on and hashes nothing: it links no cryptography.
struct LogStream {
    let checkpoint: AuditInterface.Checkpoint.Reply
    /// The records that are in it, or whose hashes are.
    let range: Range<Int>
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

    private var header: JSONObject {
        [
            "archive": 1, "origin": .string(origin), "from": .integer(Int64(range.lowerBound)),
            "to": .integer(Int64(range.upperBound)), "key": .string(checkpoint.key),
            "checkpoint": .string(checkpoint.note), "consistency": .array(checkpoint.consistency.map { .string($0) }),
        ]
    }

    /// Reads all of it from the broker, and gives it away a piece at a time.
    func read(_ write: ([UInt8]) throws -> Void) throws {
        try write(header.jsonBytes() + [UInt8(ascii: "\n")])
        try connection.callMore(
            AuditInterface.Export.self, .init(from: range.lowerBound, to: range.upperBound)
        ) { reply in
            var bytes: [UInt8] = []
            for tile in reply.tiles ?? [] {
                let line: JSONObject = ["tile": .integer(Int64(tile.index)), "hashes": .string(tile.hashes)]
                bytes += line.jsonBytes()
                bytes.append(UInt8(ascii: "\n"))
            }
            for entry in reply.entries {
                bytes += entry.text.utf8
                bytes.append(UInt8(ascii: "\n"))
            }
            try write(bytes)
        }
    }
}
