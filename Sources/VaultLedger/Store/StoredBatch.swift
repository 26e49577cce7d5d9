// SPDX-License-Identifier: Apache-2.0

import Glibc
internal import TransparencyLog
internal import VaultModel

/// A row of `log_batch`. Its texts are SQLite's own bytes, and gone with the next step of the statement.
struct StoredBatch {
    /// What stands between two texts, and in none: a record is written without line feeds, and JSON escapes them in strings.
    static let separator = UInt8(ascii: "\n")

    static func hasSeparator(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard let base = bytes.baseAddress else { return false }
        return memchr(base, Int32(separator), bytes.count) != nil
    }

    let first: UInt64
    /// What the row says.
    let count: Int64
    let text: UnsafeRawBufferPointer

    /// Where the tile ends that the first record is in: no row goes beyond.
    var endOfTile: UInt64 { (first / UInt64(Tile.width) + 1) * UInt64(Tile.width) }

    /// The index behind the last record that the row says it has, as far as it may have it.
    var end: UInt64 { count <= 0 ? first : min(first.saturatingAdding(UInt64(count)), endOfTile) }

    /// Calls `body` for each text in order, until it returns false.
    func forEachText(_ body: (UnsafeRawBufferPointer) throws -> Bool) rethrows {
        var start = 0
        while true {
            let end = endOfText(from: start)
            guard try body(UnsafeRawBufferPointer(rebasing: text[start..<end])), end < text.count else { return }
            start = end + 1
        }
    }

    private func endOfText(from start: Int) -> Int {
        guard start < text.count, let base = text.baseAddress else { return text.count }
        guard let found = memchr(base + start, Int32(Self.separator), text.count - start) else { return text.count }
        return UnsafeRawPointer(found) - base
    }

    /// What is wrong with a row that has so many texts; nil where nothing is.
    func fault(texts: Int64) -> BatchFault? {
        if texts != count { return .count(first: first, says: count, has: texts) }
        return end - first < UInt64(count) ? .crossesTile(first: first, says: count) : nil
    }
}

/// What is wrong with a row of `log_batch`, apart from the texts themselves.
package enum BatchFault: Sendable, Hashable, CustomStringConvertible {
    /// Another number of texts than the row says.
    case count(first: UInt64, says: Int64, has: Int64)
    /// Records that the row before has too.
    case overlaps(first: UInt64, end: UInt64)
    /// More records than its tile has room for.
    case crossesTile(first: UInt64, says: Int64)

    /// The record that the row begins with.
    package var first: UInt64 {
        switch self {
        case .count(let first, _, _), .overlaps(let first, _), .crossesTile(let first, _): first
        }
    }

    package var description: String {
        switch self {
        case .count(let first, let says, let has):
            "the batch from record \(first) on says that it has \(says) records, and has \(has)"
        case .overlaps(let first, let end):
            "the batch from record \(first) on has records of the one before, which goes up to record \(end - 1)"
        case .crossesTile(let first, let says):
            "the batch from record \(first) on says that it has \(says) records, which goes beyond its tile"
        }
    }
}
