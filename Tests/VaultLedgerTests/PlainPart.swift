// SPDX-License-Identifier: Apache-2.0

import TransparencyLog
import VaultLedger

/// Part of the log as values.
struct PlainPart: ExportedPart {
    var tiles: [Tile] = []
    var entries: [(index: UInt64, text: [UInt8])] = []

    init() {}

    mutating func append(_ tile: Tile) { tiles.append(tile) }

    mutating func append(_ text: UnsafeRawBufferPointer, of index: UInt64) {
        entries.append((index, Array(text)))
    }
}
