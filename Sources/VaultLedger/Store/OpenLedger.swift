// SPDX-License-Identifier: Apache-2.0

import GRDB
import Records
internal import TransparencyLog

/// An open database with the tree over it, as the ``Ledger`` actor has it between two failures.
final class OpenLedger {
    let connection: LedgerConnection
    private(set) var tree: MerkleTree
    private let directory: StateDirectory
    private let watch: DatabaseWatch
    private var state: WorkingState
    /// Whether the row of the tree says the same as the last batch.
    private var treeIsStored = false
    private var text = BatchText()
    /// How many records are deleted at once.
    private var pruneLimit = OpenLedger.leastPruned

    /// What is stored with each commit beside the records and the root.
    private struct WorkingState: Equatable {
        var lastTimeUSec: Int64
        var deliveredUpTo: UInt64

        mutating func apply(_ change: StateChange) {
            switch change {
            case .deliveredUpTo(let index): deliveredUpTo = index
            case .clockAccepted(let usec): lastTimeUSec = usec
            default: break
            }
        }
    }

    private init(
        connection: LedgerConnection, tree: MerkleTree, directory: StateDirectory, watch: DatabaseWatch,
        state: WorkingState
    ) {
        self.connection = connection
        self.tree = tree
        self.state = state
        self.directory = directory
        self.watch = watch
    }

    static func open(
        _ directory: StateDirectory, acknowledged: TreeState?
    ) throws(LedgerError) -> (OpenLedger, RestoredState) {
        let connection = try LedgerConnection(directory, mayBegin: acknowledged.map { $0.size == 0 } ?? true)
        let watch = try DatabaseWatch(directory, pageSize: connection.pageSize, frames: connection.logPageCount)
        let (tree, state) = try connection.read { try StateRestorer(database: $0).restore(acknowledged: acknowledged) }
        let working = WorkingState(lastTimeUSec: state.lastTimeUSec, deliveredUpTo: state.deliveredUpTo)
        let ledger = OpenLedger(
            connection: connection, tree: tree, directory: directory, watch: watch, state: working)
        return (ledger, state)
    }

    /// Refuses what must not reach the database. Nothing has changed when this throws.
    func check(_ batch: Batch) throws(LedgerError) {
        guard batch.firstIndex == tree.size else {
            throw .invalid("a batch that begins at record \(batch.firstIndex) does not follow record \(tree.size)")
        }
        for leaf in batch.leaves where leaf.isEmpty || leaf.count > Record.limit {
            throw .invalid("a record of \(leaf.count) bytes cannot be stored")
        }
        for leaf in batch.leaves where leaf.withUnsafeBytes(StoredBatch.hasSeparator) {
            throw .invalid("a record of more than one line cannot be stored")
        }
        try watch.check(looksAtLog: false)
    }

    /// Runs a block in a transaction, and looks whether what was committed before it is there still.
    private func write(
        synchronises: Bool = true, _ body: (Database, CommitStatements) throws -> Void
    ) throws(LedgerError) {
        let count = connection.writtenCount
        do {
            try connection.write(synchronises: synchronises, body)
        } catch {
            // It may be due to what somebody did to the files.
            try watch.check()
            throw error
        }
        if connection.writtenCount != count { try watch.noteCommit(frames: connection.logPageCount) }
    }

    /// Looks whether the files are as they were left, and how large they are.
    func checkFiles() throws(LedgerError) -> LedgerFiles {
        try watch.check()
        return watch.sizes
    }

    /// Moves what the WAL holds into the database, unless either is not what it was: holes would be moved too.
    func checkpoint() {
        guard watch.condition() == .asLeft else { return }
        watch.noteCheckpoint(isComplete: connection.checkpoint())
    }

    /// Makes the WAL an empty file, where nobody reads and little of it has not been moved.
    func emptyLog() {
        guard watch.condition() == .asLeft else { return }
        // Where a reader is in the way, pages were moved all the same.
        watch.noteCheckpoint(isComplete: connection.empty())
    }

    /// Cuts a part off the end of a WAL that has begun anew and needs no more than its beginning; false where there is nothing
    /// to cut. A file system takes a while for a large part, and commits wait for it.
    func shrinkLog() -> Bool {
        let size = watch.sizes.logBytes
        let most = LedgerFiles.logLimitBytes / 2
        guard Int64(connection.logPageCount * connection.pageSize) < most / 2, size > most, watch.condition() == .asLeft
        else { return false }
        return connection.shrinkLog(in: directory, to: max(most, size - Self.cutAtOnce))
    }

    private static let cutAtOnce: Int64 = 16 << 20

    /// Before another connection moves pages; false where they are not to be moved.
    func beginMoving() -> Bool {
        guard watch.condition() == .asLeft else { return false }
        watch.beginMoving()
        return true
    }

    func endMoving(_ moved: PageMover.Moved?) {
        watch.endMoving()
        if let moved { connection.noteMoved(moved.moved) }
    }

    /// Closes the connection. Where somebody changed the files, only what is surely right is moved into the database.
    func close() {
        switch watch.condition() {
        case .asLeft: break
        case .logMoved:
            // The open WAL is the only copy of what is in it; the one of its name is another's.
            if connection.checkpoint() { try? WriteAheadLogFile(directory: directory).setAside() }
            connection.leaveFiles()
        case .changed: connection.leaveFiles()
        }
        connection.close()
    }

    /// Appends and commits. After an error this object is of no further use, since the tree may be ahead of the database.
    func commit(_ batch: Batch) throws(LedgerError) -> TreeState {
        var next = state
        if !batch.leaves.isEmpty { next.lastTimeUSec = max(next.lastTimeUSec, batch.lastTimeUSec) }
        for change in batch.changes { next.apply(change) }
        try write { database, statements in
            try append(batch.leaves, next, with: statements)
            if batch.leaves.isEmpty, next != state { try store(next, with: statements) }
            let writer = StateWriter(database: database, statements: statements)
            for change in batch.changes { try writer.apply(change) }
        }
        if !batch.leaves.isEmpty { treeIsStored = false }
        state = next
        return TreeState(size: tree.size, root: tree.root.bytes)
    }

    private func append(_ leaves: [[UInt8]], _ state: WorkingState, with statements: CommitStatements) throws {
        var start = 0
        while start < leaves.count {
            let end = start + BatchText.count(of: leaves, from: start, at: tree.size)
            let first = Int64(tree.size)
            for leaf in leaves[start..<end] {
                let hash = leaf.withUnsafeBytes { TreeHash.leaf($0) }
                try tree.append(hash) { try append($0, with: statements) }
            }
            let row = leaves[start..<end]
            try append(row, from: first, end < leaves.count ? nil : state, with: statements)
            start = end
        }
    }

    /// Stores one row.
    ///
    /// - Parameter state: nil for all rows of the commit but the last.
    private func append(
        _ leaves: ArraySlice<[UInt8]>, from first: Int64, _ state: WorkingState?, with statements: CommitStatements
    ) throws {
        let statement = statements.appendBatch
        statement.bind(first, at: 1)
        statement.bind(Int64(leaves.count), at: 2)
        statement.bind(state?.lastTimeUSec, at: 4)
        statement.bind(state.map { Int64($0.deliveredUpTo) }, at: 5)
        guard state != nil else {
            statement.bind(nil, at: 3)
            return try text.with(leaves) { try statement.run(withText: $0, at: 6) }
        }
        try tree.root.withUnsafeBytes { root in
            try statement.bind(blob: root, at: 3)
            try text.with(leaves) { try statement.run(withText: $0, at: 6) }
        }
    }

    private func store(_ state: WorkingState, with statements: CommitStatements) throws {
        statements.setTree.bind(Int64(tree.size), at: 1)
        statements.setTree.bind(state.lastTimeUSec, at: 3)
        statements.setTree.bind(Int64(state.deliveredUpTo), at: 4)
        try tree.root.withUnsafeBytes { try statements.setTree.run(withBlob: $0, at: 2) }
    }

    /// Stores how large the log is apart from its records, so that its end cannot be cut off unnoticed. Before it is closed;
    /// where that fails the last batch says it.
    func storeTree() {
        guard !treeIsStored, (try? watch.check()) != nil else { return }
        treeIsStored = (try? write { try store(state, with: $1) }) != nil
    }

    /// Deletes some of the texts that were pruned, from the front; false where none are left.
    ///
    /// As many as take a few milliseconds, since commits wait for it. It is not synchronised by itself: what a crash brings back
    /// is deleted again.
    func deletePruned() throws(LedgerError) -> Bool {
        let limit = pruneLimit
        let piece = try connection.read { try PrunedPiece(from: $0, atMost: limit) }
        guard let piece else { return false }
        try watch.check()
        let start = ContinuousClock.now
        try write(synchronises: false) { database, _ in try piece.delete(from: database) }
        let time = ContinuousClock.now - start
        if time > Self.pruneTime { pruneLimit = max(Self.leastPruned, limit / 2) }
        if time < Self.pruneTime / 2 { pruneLimit = min(Self.mostPruned, limit * 2) }
        return true
    }

    /// How long a commit may have to wait for one piece, and how many records that may be.
    private static let pruneTime = Duration.milliseconds(2)
    private static let leastPruned: UInt64 = 16
    private static let mostPruned: UInt64 = 2048

    private func append(_ tile: Tile, with statements: CommitStatements) throws {
        statements.appendTile.bind(Int64(tile.level), at: 1)
        statements.appendTile.bind(Int64(tile.index), at: 2)
        try tile.bytes.withUnsafeBytes { try statements.appendTile.run(withBlob: $0, at: 3) }
    }
}
