// SPDX-License-Identifier: Apache-2.0

import GRDB
import Records
internal import TransparencyLog

/// Compares a verified log with everything that was signed of it: the checkpoints of the database, those of the file
/// beside it, and those that somebody kept.
struct CheckpointVerifier {
    let size: UInt64
    let origins: [StoredOrigin]
    /// The key that is trusted; nil where the database's own word is taken for it.
    let key: NoteKey?
    private(set) var damage: [Damage] = []
    /// How many fit, and up to which record.
    private(set) var fitting = 0
    private(set) var signed: UInt64 = 0
    /// Whether one of them is of the last origin, which the log goes on under.
    private(set) var isSignedNow = false

    init(size: UInt64, origins: [StoredOrigin], key: NoteKey?) {
        self.size = size
        self.origins = origins
        self.key = key
        guard let key, let current = origins.last else { return }
        // A later origin goes on with the key of the first, unless that was lost: then the new one has to be given.
        let isNamed = origins.contains { $0.name == key.name }
        if !isNamed || (try? NoteKey(current.key))?.publicKey != key.publicKey {
            damage.append(.otherKey(found: current.key, expected: key.description))
        }
    }

    /// - Parameters:
    ///   - stored: of the database and of the file beside it, in any order. What is no checkpoint was cut short by a
    ///     crash and is ignored; those of an earlier origin count where they fit, since a record says why it ended.
    ///   - kept: each must fit.
    mutating func verify(_ stored: [SignedNote], kept: [SignedNote], _ roots: inout SignedRoots) throws {
        let kept = Set(kept)
        let notes = kept.union(stored).compactMap(ParsedNote.init).sorted { $0.checkpoint.size < $1.checkpoint.size }
        for note in notes {
            let found = damage.count
            let goesOn = try verify(note, &roots)
            let isEarlier = origins.dropLast().contains { $0.name == note.checkpoint.origin }
            if isEarlier, !kept.contains(note.note) {
                damage.removeLast(damage.count - found)
            } else if !goesOn {
                return
            }
        }
    }

    /// - Returns: false where no later one can fit.
    private mutating func verify(_ note: ParsedNote, _ roots: inout SignedRoots) throws -> Bool {
        let checkpoint = note.checkpoint
        guard let key = try trusted(checkpoint.origin) else {
            add(
                .otherLog(found: origins.last?.name ?? key?.name ?? "one without a name", checkpoint: checkpoint.origin)
            )
            return true
        }
        guard note.isSigned(by: key) else {
            damage.append(.badSignature(signed: checkpoint.size))
            return true
        }
        guard checkpoint.size <= size else {
            damage.append(.shorterThanSigned(size: size, signed: checkpoint.size))
            return false
        }
        // Without all of the records there is nothing to compare, and that was said.
        guard let root = roots.root(at: checkpoint.size) else { return false }
        guard root == checkpoint.root else {
            damage.append(.signedDifferently(fits: signed, signed: checkpoint.size))
            return false
        }
        fitting += 1
        signed = checkpoint.size
        if checkpoint.origin == origins.last?.name { isSignedNow = true }
        return true
    }

    /// Each log is named once.
    private mutating func add(_ found: Damage) {
        if !damage.contains(found) { damage.append(found) }
    }

    /// The key of an origin of this log; nil where it is none.
    ///
    /// A row of the database names the key of its origin, and whoever writes the log anew writes that row too: where a key
    /// was given, it alone counts, under every name.
    private func trusted(_ origin: String) throws -> NoteKey? {
        let stored = origins.first { $0.name == origin }
        guard let key else { return try stored.map { try NoteKey($0.key) } }
        if key.name == origin { return key }
        return try stored.map { try NoteKey(name: $0.name, algorithm: key.algorithm, publicKey: key.publicKey) }
    }
}

/// Roots of the verified log at earlier sizes, asked for in ascending order: each costs what lies between it and the one
/// before.
struct SignedRoots {
    private let blocks: [BlockVerifier.Block]
    private let leaves: LeafRows
    private let tiles: StoredTiles
    /// The tree that has the roots of the blocks so far for leaves.
    private var tree = MerkleTree()

    init(_ blocks: [BlockVerifier.Block], leaves: LeafRows, tiles: StoredTiles) {
        self.blocks = blocks
        self.leaves = leaves
        self.tiles = tiles
    }

    /// The root over the first `size` records as they are stored, and nil where it is not known: a record is missing and
    /// its tile too. Where only the tile is right, it stands for its records, so that one bad record, which was reported, does
    /// not hide what else was changed.
    mutating func root(at size: UInt64) -> TreeHash? {
        let width = UInt64(Tile.width)
        guard size > 0 else { return .empty }
        while tree.size < size / width {
            guard tree.size < UInt64(blocks.count), let root = blocks[Int(tree.size)].signedRoot else { return nil }
            tree.append(root)
        }
        let rest = Int(size % width)
        guard rest > 0 else { return tree.root }
        guard let hashes = hashes(rest, ofBlock: Int(size / width)) else { return nil }
        return tree.root(before: .root(of: hashes))
    }

    /// The hashes of the first records of a block: of its tile where that is right, else of the bytes.
    private func hashes(_ count: Int, ofBlock number: Int) -> ArraySlice<TreeHash>? {
        guard number < blocks.count else { return nil }
        let block = blocks[number]
        if block.tileIsRight || (block.root != nil && block.firstDifference == nil),
            let stored = try? tiles.hashes(level: 0, index: UInt64(number))
        {
            return stored[..<count]
        }
        let first = UInt64(number) * UInt64(Tile.width)
        var hashes: [TreeHash] = []
        // What cannot be read was reported.
        try? leaves.each(in: first..<first + UInt64(count)) { _, leaf in hashes.append(.leaf(leaf)) }
        return hashes.count == count ? hashes[...] : nil
    }
}
