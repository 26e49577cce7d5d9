// SPDX-License-Identifier: Apache-2.0

import Descriptors
import GRDB
import Records
package import SystemPackage
internal import TransparencyLog

/// Fills the query index behind the ledger, on a thread of its own that gives way to all others.
///
/// The index is a second database that can be deleted at any time: it is then made anew from the log. One that belongs to
/// another log, or to a part of this one that was rolled back, is found by the root that it stores, and made anew too.
package actor LedgerIndexer {
    private let executor: ThreadExecutor
    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private let path: FilePath
    private let connection: ReadConnection
    private var opened: Opened?
    private var isCatchingUp = false
    private var isClosed = false

    private struct Opened {
        let index: IndexDatabase
        /// The tree over what is indexed.
        var tree: MerkleTree
        /// What was pruned before this record is not in the index.
        var prunedBefore: UInt64
    }

    init(path: FilePath, registry: ReaderRegistry) {
        executor = ThreadExecutor(name: "ledger index", turn: .whenIdle)
        self.path = path
        connection = registry.makeConnection()
    }

    /// An indexer of the ledger in a directory, for a process of its own. There must be no other.
    package init(directory: FilePath) {
        let files = StateDirectory(directory)
        self.init(path: files.index, registry: ReaderRegistry(database: files.database))
    }

    /// Indexes what has been committed, as far as it fills whole rows, and takes out what was pruned; gives the size that is
    /// indexed then.
    ///
    /// A call while another one works returns at once: that one goes on to the end.
    @discardableResult
    package func catchUp() async throws(LedgerError) -> UInt64 {
        guard !isCatchingUp, !isClosed else { return opened?.tree.size ?? 0 }
        isCatchingUp = true
        defer { isCatchingUp = false }
        do {
            var opened = try open()
            while !isClosed {
                try await forgetPruned(in: &opened)
                guard !isClosed, let tree = try indexSegment(after: opened.tree, in: opened.index) else { break }
                opened.tree = tree
                self.opened = opened
                await Task.yield()
            }
            return opened.tree.size
        } catch {
            opened?.index.close()
            opened = nil
            throw LedgerError(error, reading: path.string)
        }
    }

    /// Ends the work after the row that is being written.
    package func close() {
        isClosed = true
        opened?.index.close()
        opened = nil
    }

    /// Goes on after a ``close()``.
    package func resume() async {
        isClosed = false
        _ = try? await catchUp()
    }

    private func open() throws -> Opened {
        if let opened { return opened }
        var index = try IndexDatabase.open(path)
        var source = try index.source()
        var tree = try restore(source)
        if tree == nil {
            index.close()
            IndexDatabase.remove(path)
            index = try IndexDatabase.open(path)
            source = try index.source()
            tree = MerkleTree()
        }
        let opened = Opened(index: index, tree: tree ?? MerkleTree(), prunedBefore: source.prunedBefore)
        self.opened = opened
        return opened
    }

    /// The tree over the part of the log that the index says it covers; nil where it is not that part.
    private func restore(_ source: IndexDatabase.Source) throws -> MerkleTree? {
        if source.size == 0 { return MerkleTree() }
        guard source.size.isMultiple(of: IndexSchema.segmentSize) else { return nil }
        return try connection.read { database in
            guard source.size <= (try StateTables(database: database).tree().size) else { return nil }
            let tiles = StoredTiles(database: database)
            let tree = try MerkleTree(size: source.size, lastLeaves: []) { level, index in
                try tiles.full(level: level, index: index)
            }
            return tree.root.bytes == source.root ? tree : nil
        }
    }

    /// Makes the rows anew that tell of records which have been pruned. Begun again from the start after an interruption.
    private func forgetPruned(in opened: inout Opened) async throws {
        let before = try connection.read { try StateTables(database: $0).prunedBefore() }
        guard before > opened.prunedBefore else { return }
        var start = IndexView.range(of: IndexView.segment(of: opened.prunedBefore)).lowerBound
        while start < min(before, opened.tree.size) {
            let segment = IndexView.segment(of: start)
            let records = try connection.read { try Self.records(of: segment, in: $0) }
            try opened.index.replace(segment: segment, records)
            start += IndexSchema.segmentSize
            await Task.yield()
            if isClosed { return }
        }
        try opened.index.forgetTerms(prunedBefore: before)
        opened.prunedBefore = before
        self.opened = opened
    }

    /// What the log has of a row's worth of records.
    private static func records(of segment: UInt64, in database: Database) throws -> [RecordFields] {
        let range = IndexView.range(of: segment)
        var records: [RecordFields] = []
        records.reserveCapacity(range.count)
        // What was pruned has its place, and nothing in it that a query asks for.
        let pruned = try range.clamped(to: 0..<StateTables(database: database).prunedBefore())
        if !pruned.isEmpty { records = [RecordFields](repeating: .none, count: pruned.count) }
        try LeafRows(database).each(in: max(range.lowerBound, pruned.upperBound)..<range.upperBound) { _, leaf in
            records.append(RecordFields(leaf))
        }
        guard records.count == range.count else {
            throw LedgerError.damaged(
                "records are missing between \(range.lowerBound) and \(range.upperBound)", remedy: LedgerError.verify)
        }
        return records
    }

    /// Indexes the next row's worth of records; nil where there are not so many yet.
    private func indexSegment(after tree: MerkleTree, in index: IndexDatabase) throws -> MerkleTree? {
        let segment = IndexView.segment(of: tree.size)
        let range = IndexView.range(of: segment)
        var grown = tree
        var lastTile: [TreeHash] = []
        let records = try connection.read { database -> [RecordFields]? in
            guard range.upperBound <= (try StateTables(database: database).tree().size) else { return nil }
            let tiles = StoredTiles(database: database)
            for number in range.lowerBound / UInt64(Tile.width)..<range.upperBound / UInt64(Tile.width) {
                lastTile = try tiles.full(level: 0, index: number)
                for hash in lastTile { grown.append(hash) }
            }
            return try Self.records(of: segment, in: database)
        }
        guard let records else { return nil }
        try index.append(
            segment: segment, records, root: grown.root,
            lastTile: StoredTiles.fingerprint(of: lastTile))
        return grown
    }
}
