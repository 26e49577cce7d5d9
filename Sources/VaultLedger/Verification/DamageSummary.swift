// SPDX-License-Identifier: Apache-2.0

internal import TransparencyLog

/// Everything that was found, in the order of the records: neighbours that are missing as one, and nothing that says less
/// than something else.
struct DamageSummary {
    let size: UInt64
    /// How many records were looked for: fewer where the database is too small to hold as many as it says.
    let looked: UInt64

    func callAsFunction(_ damage: [Damage]) -> [Damage] {
        var missing = Set<UInt64>()
        for case .rowMissing(let index) in damage { missing.insert(index) }
        var tail = looked
        while tail > 0, missing.contains(tail - 1) { tail -= 1 }
        if tail == size { tail = .max }
        let found = Set(damage)
        var summary: [Damage] = []
        for entry in damage {
            switch entry {
            case .rowMissing(let index):
                guard index < tail, index == 0 || !missing.contains(index - 1) else { continue }
                var end = index + 1
                while end < tail, missing.contains(end) { end += 1 }
                summary.append(end == index + 1 ? entry : .rowsMissing(index..<end))
            case .signedDifferently(let fits, let signed):
                let isTold = damage.contains { other in
                    isAllThatIsKnown(other, found) && other.firstIndex.map { $0 >= fits && $0 < signed } ?? false
                }
                if !isTold { summary.append(entry) }
            default: summary.append(entry)
            }
        }
        if tail < size { summary.append(.tailCut(index: tail, size: size)) }
        return summary.enumerated().sorted { a, b in
            (a.element.firstIndex ?? 0, a.offset) < (b.element.firstIndex ?? 0, b.offset)
        }.map(\.element)
    }

    /// Whether a record was found to be another, and no tile is there to compare with what was signed in its place: that
    /// what was signed does not fit says less then. Where the tile could be compared, something else does not fit.
    private func isAllThatIsKnown(_ damage: Damage, _ found: Set<Damage>) -> Bool {
        switch damage {
        case .leafOrRootEdited, .unreadable: return true
        case .rowMoved(let index, _): return index >= size - size % UInt64(Tile.width)
        case .leafEdited(let index):
            let tile = index / UInt64(Tile.width)
            return found.contains(
                .tileEdited(level: 0, index: tile, firstRecord: tile * UInt64(Tile.width)))
        default: return false
        }
    }
}
