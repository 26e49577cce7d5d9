// SPDX-License-Identifier: Apache-2.0

internal import TransparencyLog
internal import VaultModel

/// One thing that is wrong with a stored ledger. Each kind has words of its own and names the first index it is about.
package enum Damage: Sendable, Hashable, CustomStringConvertible {
    /// A record's bytes are not those that were hashed.
    case leafEdited(index: UInt64)
    /// One of the last records, after the last full tile, is not what was hashed, or the recorded root is not.
    case leafOrRootEdited(Range<UInt64>)
    /// A record is not there, and later ones are.
    case rowMissing(index: UInt64)
    /// Several that follow one another are not there, and no record tells that they were pruned.
    case rowsMissing(Range<UInt64>)
    /// The records from here to the recorded size are not there.
    case tailCut(index: UInt64, size: UInt64)
    /// A record that the recorded size does not count.
    case rowAdded(index: Int64)
    /// A row with several records is not what it says.
    case batch(BatchFault)
    /// A record says that it is another one: rows were swapped, or moved after one was taken out or put in.
    case rowMoved(index: UInt64, says: UInt64)
    /// A stored tile is not what its records hash to.
    case tileEdited(level: Int, index: UInt64, firstRecord: UInt64)
    case tileMissing(level: Int, index: UInt64, firstRecord: UInt64)
    /// A tile beyond the recorded size.
    case tileAdded(level: Int, index: Int64)
    /// Records and tiles agree with one another and not with the recorded root.
    case rootEdited(size: UInt64)
    /// A tile of pruned records was edited, or the recorded root was: only hashes of hashes are left to compare.
    case prunedTileOrRootEdited(before: UInt64)
    /// A row beside the log does not say what its record says.
    case projectionEdited(table: String, record: UInt64)
    /// A row beside the log that a record tells of is not there.
    case projectionMissing(table: String, record: UInt64)
    /// The rules, files and suspensions in force are not those that were recorded, from this revision on.
    case policyAltered(revision: Int, record: UInt64)
    /// The log was signed over more records than there are.
    case shorterThanSigned(size: UInt64, signed: UInt64)
    /// The records up to `fits` are those that were signed, and those after them are not.
    case signedDifferently(fits: UInt64, signed: UInt64)
    /// A checkpoint is not signed by the log's key, or was changed.
    case badSignature(signed: UInt64)
    /// The log is signed by another key than the one that was given.
    case otherKey(found: String, expected: String)
    /// A checkpoint is that of another log.
    case otherLog(found: String, checkpoint: String)
    /// A table or trigger is not as this version made it.
    case schemaChanged(name: String)
    case schemaMissing(name: String)
    case schemaAdded(name: String)
    /// SQLite cannot read the rows from about here on.
    case unreadable(index: UInt64, message: String)

    /// The first record that cannot be trusted; nil where the damage is about none in particular.
    package var firstIndex: UInt64? {
        switch self {
        case .leafEdited(let index), .rowMissing(let index), .tailCut(let index, _), .rowMoved(let index, _),
            .unreadable(let index, _), .projectionEdited(_, let index), .projectionMissing(_, let index),
            .policyAltered(_, let index), .shorterThanSigned(let index, _),
            .signedDifferently(let index, _):
            index
        case .leafOrRootEdited(let range), .rowsMissing(let range): range.lowerBound
        case .batch(let fault): fault.first
        case .tileEdited(_, _, let record), .tileMissing(_, _, let record): record
        case .rowAdded(let index): index < 0 ? nil : UInt64(index)
        case .rootEdited(let size): size
        case .prunedTileOrRootEdited: 0
        case .tileAdded, .schemaChanged, .schemaMissing, .schemaAdded, .badSignature, .otherKey, .otherLog: nil
        }
    }

    package var description: String {
        switch self {
        case .leafEdited(let index): "record \(index) was edited: its bytes are not those that were hashed"
        case .leafOrRootEdited(let range):
            "one of the records \(range.lowerBound) to \(range.upperBound.saturatingSubtracting(1)) was edited, or the recorded root was"
        case .rowMissing(let index): "record \(index) is missing"
        case .rowsMissing(let range):
            "the records \(range.lowerBound) to \(range.upperBound.saturatingSubtracting(1)) are missing"
        case .tailCut(let index, let size):
            "the records from \(index) to \(size.saturatingSubtracting(1)) are missing at the end"
        case .rowAdded(let index): "record \(index) was added: the log does not reach so far"
        case .batch(let fault): "\(fault)"
        case .rowMoved(let index, let says): "record \(index) is out of its place: it says that it is record \(says)"
        case .tileEdited(let level, let index, let record):
            "tile \(index) of level \(level) was edited, from record \(record) on: the records hash to another"
        case .tileMissing(let level, let index, let record):
            "tile \(index) of level \(level), from record \(record) on, is missing"
        case .tileAdded(let level, let index):
            "tile \(index) of level \(level) was added: the log does not reach so far"
        case .rootEdited(let size): "the recorded root over \(size) records was edited: all records hash to another"
        case .prunedTileOrRootEdited(let before):
            "a tile of the pruned records before \(before) was edited, or the recorded root was"
        case .projectionEdited(let table, let record):
            "the table \(table) was edited: a row of it is not what record \(record) says"
        case .projectionMissing(let table, let record):
            "the table \(table) was edited: the row that record \(record) tells of is missing"
        case .policyAltered(let revision, let record):
            "the stored policy was altered: its rules, files and suspensions are not those of revision \(revision), "
                + "which record \(record) made"
        case .shorterThanSigned(let size, let signed):
            "the records from \(size) to \(signed.saturatingSubtracting(1)) are missing: the log was signed over \(signed) records"
        case .signedDifferently(let fits, let signed):
            "the records from \(fits) to \(signed.saturatingSubtracting(1)) are not those that were signed"
        case .badSignature(let signed):
            "the checkpoint over \(signed) records was changed, or is not signed by the log's key"
        case .otherKey(let found, let expected): "the log is signed by another key: \(found), not \(expected)"
        case .otherLog(let found, let checkpoint): "it is another log: \(found), and the checkpoint is of \(checkpoint)"
        case .schemaChanged(let name): "\(name) in the database's schema was changed"
        case .schemaMissing(let name): "\(name) is missing from the database's schema"
        case .schemaAdded(let name): "\(name) was added to the database's schema"
        case .unreadable(let index, let message): "the database cannot be read from record \(index) on: \(message)"
        }
    }
}

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
