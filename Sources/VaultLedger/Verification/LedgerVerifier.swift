// SPDX-License-Identifier: Apache-2.0

import Dispatch
import GRDB
import Synchronization
package import SystemPackage
internal import TransparencyLog

/// Verifies a stored ledger: hashes the bytes that are there, builds the tree over them, and compares with everything
/// that is stored of it. Never compares stored hashes with stored hashes alone.
///
/// Works on the files of a running daemon, of a stopped one, and on a copy; it only reads. What was taken from the end
/// together with every trace of it is found only by what is kept elsewhere, such as a checkpoint.
package struct LedgerVerifier: Sendable {
    private let registry: ReaderRegistry

    /// - Parameter directory: the state directory, or a copy of it.
    package init(directory: FilePath) {
        self.init(database: StateDirectory(directory).database)
    }

    /// - Parameter database: the file, or a copy of it, whatever its name.
    package init(database: FilePath) {
        registry = ReaderRegistry(database: database)
    }

    /// Verifies everything. Blocks, on several threads.
    ///
    /// - Parameters:
    ///   - threads: how many records are hashed at once.
    ///   - progress: called from any of the threads with the number of records hashed so far, and of all.
    /// - Throws: where nothing can be said, since there is no ledger or it cannot be read at all.
    package func verify(
        threads: Int = 1, progress: @escaping @Sendable (_ done: UInt64, _ of: UInt64) -> Void = { _, _ in }
    ) throws(LedgerError) -> VerificationReport {
        let connection = registry.makeConnection()
        var damage: [Damage] = []
        // In one transaction, since the ledger of a running daemon grows.
        let tree = try connection.read { database in
            let tree = try StateTables(database: database).tree()
            damage += Self.found { try ExtentVerifier(database: database, size: tree.size).damage() }
            return tree
        }
        damage += try connection.read { database in
            Self.found { try SchemaVerifier(database: database).damage() }
        }
        let blocks = hash(size: tree.size, threads: max(threads, 1), progress: progress)
        damage += blocks.flatMap(\.damage)
        var root: TreeHash?
        damage += try connection.read { database in
            Self.found {
                var check = TreeVerifier(tree: tree, tiles: StoredTiles(database))
                root = try check.verify(blocks)
                return check.damage
            }
        }
        return VerificationReport(
            size: tree.size, root: root?.bytes, damage: Self.summarize(damage, size: tree.size))
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
        size: UInt64, threads: Int, progress: @escaping @Sendable (UInt64, UInt64) -> Void
    ) -> [BlockVerifier.Block] {
        let width = UInt64(Tile.width)
        let count = Int((size + width - 1) / width)
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

    /// In the order of the records, with what is missing at the end told as one.
    private static func summarize(_ damage: [Damage], size: UInt64) -> [Damage] {
        var missing = Set<UInt64>()
        for case .rowMissing(let index) in damage { missing.insert(index) }
        var tail = size
        while tail > 0, missing.contains(tail - 1) { tail -= 1 }
        var summary = damage.filter { entry in
            if case .rowMissing(let index) = entry { return index < tail }
            return true
        }
        if tail < size { summary.append(.tailCut(index: tail, size: size)) }
        return summary.enumerated().sorted { a, b in
            (a.element.firstIndex ?? 0, a.offset) < (b.element.firstIndex ?? 0, b.offset)
        }.map(\.element)
    }
}
