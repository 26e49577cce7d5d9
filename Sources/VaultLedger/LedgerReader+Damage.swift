// SPDX-License-Identifier: Apache-2.0

import GRDB
import Records
internal import TransparencyLog

extension LedgerReader {
    /// How many tiles one transaction hashes the records of.
    private static let tilesAtOnce: UInt64 = 32

    /// The first record of some whole tiles that is missing, or does not hash to what its tile has; nil where there is none.
    ///
    /// For before texts are deleted: afterwards nothing tells the right hashes from others.
    package func firstDamaged(in range: Range<UInt64>) async throws(LedgerError) -> UInt64? {
        let width = UInt64(Tile.width)
        var next = range.lowerBound
        while next < range.upperBound {
            let part = next..<min(next + Self.tilesAtOnce * width, range.upperBound)
            let found = try connection.read { database -> UInt64? in
                let verifier = try BlockVerifier(database, prunedBefore: 0)
                for start in stride(from: part.lowerBound, to: part.upperBound, by: Tile.width) {
                    let block = try verifier.verify(start..<start + width)
                    let first = [block.firstDifference, block.damage.compactMap(\.firstIndex).min()].compactMap(\.self)
                        .min()
                    if let first { return first }
                }
                return nil
            }
            if let found { return found }
            next = part.upperBound
            await Task.yield()
        }
        return nil
    }
}
