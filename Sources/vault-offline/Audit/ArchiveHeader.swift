// SPDX-License-Identifier: Apache-2.0

import Foundation
import JSONText
import TerminalKit
import TransparencyLog

/// The first line of an archive, or of a log that is streamed: what follows, and which checkpoint it is to fit.
struct ArchiveHeader {
    var origin: String
    /// The first record whose bytes may be there: the texts of those before were pruned already.
    var from: UInt64
    /// The record before which it ends.
    var to: UInt64
    /// The key that the log says is its own.
    var key: String
    var checkpoint: String
    /// That the tree of `to` records is the beginning of the one of the checkpoint.
    var consistency: [TreeHash]
    /// The roots of the perfect subtrees over the records before `from`, from left to right.
    var before: [TreeHash]

    /// - Throws: `Failure` for anything else.
    init(_ line: UnsafeRawBufferPointer) throws {
        guard let object = try? JSONObject(parsing: Array(line)), object["archive"]?.integer == 1,
            let origin = object["origin"]?.string, let key = object["key"]?.string,
            let from = object["from"]?.integer.flatMap(UInt64.init(exactly:)),
            let to = object["to"]?.integer.flatMap(UInt64.init(exactly:)), from <= to, to < UInt64(Int64.max),
            let checkpoint = object["checkpoint"]?.string, let consistency = Self.hashes(object["consistency"]),
            let before = Self.hashes(object["before"] ?? []), before.count == from.nonzeroBitCount
        else {
            throw Failure(
                .unverified, "this is no archive of a log: its first line does not say what it holds",
                next: "a file that 'vault audit export --format archive' or 'vault audit prune' wrote")
        }
        (self.origin, self.from, self.to, self.key) = (origin, from, to, key)
        (self.checkpoint, self.consistency, self.before) = (checkpoint, consistency, before)
    }

    /// The line, with its line feed.
    var line: [UInt8] {
        var object: JSONObject = [
            "archive": 1, "origin": .string(origin), "from": .integer(Int64(from)), "to": .integer(Int64(to)),
            "key": .string(key), "checkpoint": .string(checkpoint), "consistency": Self.value(consistency),
        ]
        if !before.isEmpty { object["before"] = Self.value(before) }
        return object.jsonBytes() + [0x0A]
    }

    private static func value(_ hashes: [TreeHash]) -> JSONValue {
        .array(hashes.map { .string(Data($0.bytes).base64EncodedString()) })
    }

    private static func hashes(_ value: JSONValue?) -> [TreeHash]? {
        guard let array = value?.array, array.count <= 128 else { return nil }
        let hashes = array.compactMap { $0.string.flatMap { Data(base64Encoded: $0) }.flatMap { TreeHash(Array($0)) } }
        return hashes.count == array.count ? hashes : nil
    }
}
