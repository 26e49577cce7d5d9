// SPDX-License-Identifier: Apache-2.0

import GRDB
internal import TransparencyLog

/// Tells texts that were pruned from texts that somebody deleted: a record says how far they went, and they go from the
/// front.
///
/// Reads after everything was hashed, since a running daemon may begin to prune meanwhile.
struct PruneVerifier {
    let database: Database
    let blocks: [BlockVerifier.Block]
    private(set) var damage: [Damage] = []
    /// Up to here texts were pruned, as a record that was not changed says.
    private(set) var prunedBefore: UInt64 = 0

    private static let width = UInt64(Tile.width)

    mutating func verify() throws {
        let size = try StateTables(database: database).tree().size
        for prune in try ProjectionVerifier(database: database, size: size).prunes() {
            if !prune.isTold {
                damage.append(.projectionEdited(table: "prune", record: prune.record))
            } else if isSound(prune.record) {
                prunedBefore = max(prunedBefore, prune.before)
            }
        }
        // What a crash interrupted has still some texts, behind those that are gone.
        let first = try LogForm(database).firstRecord(database)
        let gone = min(prunedBefore, first ?? 0)
        var missing = RangeSet<UInt64>()
        for number in blocks.indices where blocks[number].isPruned {
            let start = UInt64(number) * Self.width
            if start + Self.width > gone { missing.insert(contentsOf: start..<start + Self.width) }
        }
        damage += missing.ranges.map { .rowsMissing($0) }
    }

    /// Whether the tile's worth of records that this one is in hashes to its tile. One that came later is not looked at.
    private func isSound(_ record: UInt64) -> Bool {
        let number = record / Self.width
        guard number < blocks.count else { return true }
        let block = blocks[Int(number)]
        return block.damage.isEmpty && block.firstDifference == nil
    }
}
