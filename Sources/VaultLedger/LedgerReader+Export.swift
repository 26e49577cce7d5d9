// SPDX-License-Identifier: Apache-2.0

import GRDB
import Records
package import TransparencyLog

/// Part of the log as it is stored: hashes where texts were pruned, and records.
package struct ExportedPart: Sendable {
    /// Tiles of level 0, from the one that has the first record on.
    package var tiles: [Tile] = []
    package var entries: [Entry] = []
    /// The record to go on with.
    package var next: UInt64
}

extension LedgerReader {
    /// The first part of a range, in one short transaction.
    package func export(
        _ range: Range<UInt64>, prunedBefore: UInt64, byteLimit: Int, tileLimit: Int
    ) async throws(LedgerError) -> ExportedPart {
        try connection.read { database in
            var part = ExportedPart(next: range.lowerBound)
            let tiles = StoredTiles(database)
            let width = UInt64(Tile.width)
            while part.next < min(range.upperBound, prunedBefore) {
                guard part.tiles.count < tileLimit else { return part }
                let index = part.next / width
                part.tiles.append(Tile(level: 0, index: index, hashes: try tiles.full(level: 0, index: index)))
                part.next = min((index + 1) * width, range.upperBound)
            }
            var bytes = 0
            var budget = ReadBudget()
            try LeafRows(database).scan(part.next..<range.upperBound) { index, leaf in
                guard index == part.next else { return false }
                part.entries.append(Entry(index: index, text: Array(leaf)))
                part.next = index + 1
                bytes += leaf.count
                return bytes < byteLimit && budget.spend()
            }
            guard !range.isEmpty, part.next == range.lowerBound else { return part }
            throw LedgerError(
                .damaged, "record \(part.next) is missing", remedy: "see what `vault audit verify` finds")
        }
    }

    /// The hash of a record's bytes, also where they were pruned; nil where there is no such record.
    package func leafHash(_ index: UInt64) async throws(LedgerError) -> TreeHash? {
        guard index < UInt64(Int64.max) else { return nil }
        return try connection.read { database in
            try StoredTree(database: database).reader(of: index + 1).map { reader in
                var reader = reader
                return try reader.root(of: index..<index + 1)
            }
        }
    }

    /// The newest checkpoint over a record that witnesses have signed too; nil where there is none.
    package func cosignedCheckpoint(
        covering index: UInt64, origin: String
    ) async throws(LedgerError) -> CosignedCheckpoint? {
        guard index < UInt64(Int64.max) else { return nil }
        return try connection.read { database in
            let sql = """
                SELECT size, note FROM checkpoint WHERE size > ? AND substr(note, 1, ?) = ?
                AND size IN (SELECT size FROM cosignature WHERE size > ?) ORDER BY size DESC LIMIT 1
                """
            let line = "\(origin)\n"
            guard
                let row = try Row.fetchOne(
                    database, sql: sql, arguments: [Int64(index), line.unicodeScalars.count, line, Int64(index)])
            else { return nil }
            return CosignedCheckpoint(
                size: try row.storedIndex(0), note: try row.stored(1),
                cosignatures: try Self.cosignatures(try row.stored(0), database))
        }
    }

    /// What witnesses have added to the checkpoint over the first `size` records.
    package func cosignatures(at size: UInt64) async throws(LedgerError) -> [NoteSignature] {
        try connection.read { try Self.cosignatures(Int64(clamping: size), $0) }
    }

    private static func cosignatures(_ size: Int64, _ database: Database) throws -> [NoteSignature] {
        try String.fetchAll(
            database, sql: "SELECT line FROM cosignature WHERE size = ? ORDER BY line", arguments: [size]
        ).map { try NoteSignature(line: $0[...]) }
    }
}

/// A checkpoint of the database with what witnesses have added to it.
package struct CosignedCheckpoint: Sendable {
    package var size: UInt64
    /// The note as the log signed it.
    package var note: String
    package var cosignatures: [NoteSignature]
}
