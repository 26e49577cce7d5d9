// SPDX-License-Identifier: Apache-2.0

import Foundation
import GRDB
import Records
internal import TransparencyLog

/// Reads tiles out of the database.
struct StoredTiles {
    let database: Database

    /// Nil where there is no such tile, or not a full one.
    func hashes(level: Int, index: UInt64) throws -> [TreeHash]? {
        let bytes = try Data.fetchOne(
            database.cachedStatement(sql: "SELECT hashes FROM tile WHERE level = ? AND idx = ?"),
            arguments: [level, Int64(index)])
        guard let bytes, let hashes = Tile.hashes(in: Array(bytes)), hashes.count == Tile.width else { return nil }
        return hashes
    }

    /// The same where the tile has to be there.
    func full(level: Int, index: UInt64) throws -> [TreeHash] {
        guard let hashes = try hashes(level: level, index: index) else {
            throw LedgerError.damaged("tile \(index) of level \(level) is missing")
        }
        return hashes
    }

    /// One hash for all of a tile.
    static func fingerprint(of hashes: [TreeHash]) -> TreeHash {
        .perfectRoot(of: hashes[...])
    }
}
