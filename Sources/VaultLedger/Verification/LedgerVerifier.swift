// SPDX-License-Identifier: Apache-2.0

import Dispatch
import GRDB
import Records
import Synchronization
package import SystemPackage
package import TransparencyLog

/// Verifies a stored ledger: hashes the bytes that are there, builds the tree over them, and compares with everything
/// that is stored of it. Never compares stored hashes with stored hashes alone.
///
/// Works on the files of a running daemon, of a stopped one, and on a copy; it only reads. What was taken from the end
/// together with every trace of it is found only by what is kept elsewhere, such as a checkpoint.
package struct LedgerVerifier: Sendable {
    private let registry: ReaderRegistry
    /// The checkpoints beside the database, where they are.
    private let checkpoints: FilePath?

    /// - Parameter directory: the state directory, or a copy of it.
    package init(directory: FilePath) {
        let files = StateDirectory(directory)
        registry = ReaderRegistry(database: files.database)
        checkpoints = files.checkpoints
    }

    /// - Parameter database: the file, or a copy of it, whatever its name. Checkpoints beside it are not looked for.
    package init(database: FilePath) {
        registry = ReaderRegistry(database: database)
        checkpoints = nil
    }

    /// Verifies everything. Blocks, on several threads.
    ///
    /// - Parameters:
    ///   - threads: how many records are hashed at once.
    ///   - key: the key that the log is to be signed with, kept elsewhere. Without one the key that the database names
    ///     is used, which whoever replaces the database can replace too.
    ///   - kept: checkpoints of the log that somebody kept: it must continue each of them.
    ///   - progress: called from any of the threads with the number of records hashed so far, and of all.
    /// - Throws: where nothing can be said, since there is no ledger or it cannot be read at all.
    package func verify(
        threads: Int = 1, key: NoteKey? = nil, against kept: [SignedNote] = [],
        progress: @escaping @Sendable (_ done: UInt64, _ of: UInt64) -> Void = { _, _ in }
    ) throws(LedgerError) -> VerificationReport {
        let connection = registry.makeConnection()
        // The file first: what is signed after it was read may cover more than the database had then.
        let beside = try checkpoints.map { path throws(LedgerError) in try CheckpointFile.notes(at: path) } ?? []
        var damage: [Damage] = []
        var policy: PolicyVerifier?
        // In one transaction, since the ledger of a running daemon grows: what follows is held against this size.
        let stored = try connection.read { database in
            let stored = try StoredLog(database)
            let size = stored.tree.size
            damage += Self.found { try ExtentVerifier(database: database, size: size).damage() }
            damage += Self.found { try SchemaVerifier(database: database).damage() }
            damage += Self.found { try ProjectionVerifier(database: database, size: size).damage() }
            damage += Self.found {
                policy = try PolicyVerifier(database)
                return []
            }
            return stored
        }
        var blocks = hash(stored.looked, threads: max(threads, 1), progress: progress)
        damage += blocks.flatMap(\.damage)
        if let policy { damage += policy.damage(blocks.flatMap(\.changes)) }
        var root: TreeHash?
        var prunedBefore: UInt64 = 0
        var signed = CheckpointVerifier(size: stored.tree.size, origins: stored.origins, key: key)
        damage += try connection.read { database in
            let tiles = StoredTiles(database: database)
            return Self.found {
                var check = TreeVerifier(tree: stored.tree, tiles: tiles)
                root = try check.verify(&blocks)
                return check.damage
            }
                + Self.found {
                    var roots = SignedRoots(blocks, leaves: try LeafRows(database), tiles: tiles)
                    try signed.verify(stored.notes + beside, kept: kept, &roots)
                    return signed.damage
                }
                + Self.found {
                    var prune = PruneVerifier(database: database, blocks: blocks)
                    try prune.verify()
                    prunedBefore = prune.prunedBefore
                    return prune.damage
                }
        }
        let summary = DamageSummary(size: stored.tree.size, looked: stored.looked)
        var report = VerificationReport(size: stored.tree.size, root: root?.bytes, damage: summary(damage))
        report.origin = stored.origins.last?.name
        report.key = stored.origins.last?.key
        report.checkpoints = signed.fitting
        report.signed = signed.signed
        report.isSignedAsOrigin = signed.isSignedNow
        report.prunedBefore = prunedBefore
        return report
    }

    /// What the database says of itself.
    private struct StoredLog {
        var tree: StateTables.Tree
        var origins: [StoredOrigin] = []
        var notes: [SignedNote] = []
        /// As many records as there can be: whoever writes a size that no file holds is not to exhaust the memory.
        var looked: UInt64

        init(_ database: Database) throws {
            let tables = StateTables(database: database)
            tree = try tables.tree()
            looked = min(tree.size, try Self.capacity(of: database))
            guard try ProjectionVerifier.isSigned(database) else { return }
            origins = try tables.origins()
            notes = try String.fetchAll(database, sql: "SELECT note FROM checkpoint ORDER BY size")
                .compactMap { try? SignedNote(parsing: $0) }
        }

        /// Each record has its hash in a tile, or is one of the last, whose texts are longer than a hash.
        private static func capacity(of database: Database) throws -> UInt64 {
            let pages = try Int64.fetchOne(database, sql: "PRAGMA page_count") ?? 0
            let size = try Int64.fetchOne(database, sql: "PRAGMA page_size") ?? 0
            return UInt64(clamping: pages * size) / UInt64(TreeHash.empty.bytes.count) + UInt64(Tile.width)
        }
    }

    /// What one step found; where it could not read the database to its end, that.
    private static func found(_ step: () throws -> [Damage]) -> [Damage] {
        do {
            return try step()
        } catch {
            return [.unreadable(index: 0, message: "\((error as? DatabaseError)?.message ?? "\(error)")")]
        }
    }

    /// Hashes all records, a tile's worth at a time.
    private func hash(
        _ size: UInt64, threads: Int, progress: @escaping @Sendable (UInt64, UInt64) -> Void
    ) -> [BlockVerifier.Block] {
        let width = UInt64(Tile.width)
        let count = Int(TreeVerifier.blockCount(of: size))
        let next = Atomic<Int>(0)
        let done = Atomic<UInt64>(0)
        let blocks = Mutex([BlockVerifier.Block](repeating: BlockVerifier.Block(), count: count))
        // A transaction for each of these, so that none is long.
        let stride = 32
        DispatchQueue.concurrentPerform(iterations: threads) { _ in
            let connection = registry.makeConnection()
            while true {
                let first = next.wrappingAdd(stride, ordering: .relaxed).oldValue
                guard first < count else { return }
                let numbers = first..<min(first + stride, count)
                let found = Self.blocks(numbers, size: size, connection: connection)
                blocks.withLock { $0.replaceSubrange(numbers, with: found) }
                let hashed = min(size, UInt64(numbers.upperBound) * width) - UInt64(first) * width
                progress(done.wrappingAdd(hashed, ordering: .relaxed).newValue, size)
            }
        }
        return blocks.withLock { $0 }
    }

    private static func blocks(
        _ numbers: Range<Int>, size: UInt64, connection: ReadConnection
    ) -> [BlockVerifier.Block] {
        let width = UInt64(Tile.width)
        var found: [BlockVerifier.Block] = []
        do {
            try connection.read { database in
                let verifier = try BlockVerifier(database)
                for number in numbers {
                    let start = UInt64(number) * width
                    found.append(try verifier.verify(start..<min(start + width, size)))
                }
            }
        } catch {
            while found.count < numbers.count {
                var block = BlockVerifier.Block()
                block.damage = [
                    .unreadable(index: UInt64(numbers.lowerBound + found.count) * width, message: error.message)
                ]
                found.append(block)
            }
        }
        return found
    }
}

/// What a verification found.
package struct VerificationReport: Sendable, Equatable {
    /// The size that the ledger says it has, and the root over the bytes that are really there.
    ///
    /// The root is that of a tree only where no record is missing; else it is nil.
    package var size: UInt64
    package var root: [UInt8]?
    /// Everything that is wrong, by the first record it is about; empty for a ledger that is as it was written.
    package var damage: [Damage]
    /// The name under which the log signs; nil where it has not begun to.
    package var origin: String?
    /// The verifier key that the database names; whoever replaces the one can replace the other.
    package var key: String?
    /// How many checkpoints fit: those of the database, of the file beside it, and those that were given.
    package var checkpoints = 0
    /// Records up to here are covered by a checkpoint that fits.
    package var signed: UInt64 = 0
    /// Whether one of these checkpoints is of ``origin``: a log that goes on under a later name is signed under it.
    package var isSignedAsOrigin = false
    /// Of the records before this one only the hashes are there.
    package var prunedBefore: UInt64 = 0

    package init(size: UInt64, root: [UInt8]?, damage: [Damage]) {
        self.size = size
        self.root = root
        self.damage = damage
    }

    package var isIntact: Bool { damage.isEmpty }
}
