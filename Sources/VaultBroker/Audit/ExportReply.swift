// SPDX-License-Identifier: Apache-2.0

import JSONText
import TransparencyLog
import VaultInterface
import VaultLedger

/// A reply to `Export`, written as it is sent while the log is read, on the thread that reads it: the loop only sends it.
struct ExportReply: ExportedPart {
    private var writer = JSONWriter(capacity: 64 << 10)
    private var tiles: [AuditInterface.Tile] = []

    init() {
        writer.beginObject()
        writer.key("parameters")
        writer.beginObject()
        writer.key("entries")
        writer.beginArray()
    }

    mutating func append(_ tile: Tile) {
        tiles.append(AuditInterface.Tile(index: Int(tile.index), hashes: tile.hashesInBase64))
    }

    mutating func append(_ text: UnsafeRawBufferPointer, of index: UInt64) {
        writer.beginObject()
        writer.member("record", index)
        writer.key("text")
        text.withMemoryRebound(to: UInt8.self) { writer.string($0.span) }
        writer.endObject()
    }

    /// The whole message, with its NUL.
    consuming func message(continues: Bool) -> [UInt8] {
        writer.endArray()
        if !tiles.isEmpty { writer.member("tiles", tiles) }
        writer.endObject()
        if continues { writer.member("continues", true) }
        writer.endObject()
        writer.terminate(with: 0)
        return writer.finish()
    }
}
