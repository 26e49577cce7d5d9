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

    private init(
        connection: LedgerConnection, tree: MerkleTree, directory: StateDirectory, watch: DatabaseWatch
    ) {
        self.connection = connection
        self.tree = tree
        self.directory = directory
        self.watch = watch
    }

    static func open(
        _ directory: StateDirectory, acknowledged: TreeState?
    ) throws(LedgerError) -> (OpenLedger, RestoredState) {
        let connection = try LedgerConnection(directory, mayBegin: acknowledged.map { $0.size == 0 } ?? true)
        let watch = try DatabaseWatch(directory, pageSize: connection.pageSize, frames: connection.logPageCount)
        let (tree, state) = try connection.read { try StateRestorer(database: $0).restore(acknowledged: acknowledged) }
        return (OpenLedger(connection: connection, tree: tree, directory: directory, watch: watch), state)
    }

    /// Refuses what must not reach the database. Nothing has changed when this throws.
    func check(_ batch: Batch) throws(LedgerError) {
        guard batch.firstIndex == tree.size else {
            throw .invalid("a batch that begins at record \(batch.firstIndex) does not follow record \(tree.size)")
        }
        for leaf in batch.leaves where leaf.isEmpty || leaf.count > Record.limit {
            throw .invalid("a record of \(leaf.count) bytes cannot be stored")
        }
        try watch.check()
    }

    /// Runs a block in a transaction, and looks whether what was committed before it is there still.
    private func write(_ body: (Database, CommitStatements) throws -> Void) throws(LedgerError) {
        let count = connection.writtenCount
        try connection.write(body)
        if connection.writtenCount != count { try watch.noteCommit(frames: connection.logPageCount) }
    }

    /// Looks whether the files are as they were left, and how large they are. A WAL that has grown too large is emptied,
    /// where nobody reads any more.
    func checkFiles() throws(LedgerError) -> LedgerFiles {
        try watch.check()
        let files = watch.sizes
        guard files.isLogTooLarge, connection.empty() else { return files }
        watch.noteCheckpoint(isComplete: true)
        return watch.sizes
    }

    /// Moves what the WAL holds into the database, unless either is not what it was: holes would be moved too.
    func checkpoint() {
        guard watch.condition() == .asLeft else { return }
        watch.noteCheckpoint(isComplete: connection.checkpoint())
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
        try write { database, statements in
            var index = Int64(tree.size)
            for leaf in batch.leaves {
                try leaf.withUnsafeBytes { bytes in
                    statements.appendLeaf.bind(index, at: 1)
                    try statements.appendLeaf.run(withText: bytes, at: 2)
                    try tree.append(.leaf(bytes)) { try append($0, with: statements) }
                }
                index += 1
            }
            if !batch.leaves.isEmpty {
                statements.setTree.bind(index, at: 1)
                statements.setTree.bind(batch.lastTimeUSec, at: 2)
                try tree.root.withUnsafeBytes { try statements.setTree.run(withBlob: $0, at: 3) }
            }
            let writer = StateWriter(database: database, statements: statements)
            for change in batch.changes { try writer.apply(change) }
        }
        return TreeState(size: tree.size, root: tree.root.bytes)
    }

    /// Deletes some of the texts that were pruned, whole tiles of them; false where none are left.
    func deletePruned() throws(LedgerError) -> Bool {
        let range = try connection.read { database -> Range<Int64>? in
            let before = try StateTables(database: database).prunedBefore()
            guard let first = try Int64.fetchOne(database, sql: "SELECT min(idx) FROM log"), first < Int64(before)
            else { return nil }
            let end = (first / Int64(Tile.width) + Self.prunedAtOnce) * Int64(Tile.width)
            return first..<min(end, Int64(before))
        }
        guard let range else { return false }
        try watch.check()
        try write { database, _ in
            try database.execute(
                sql: "DELETE FROM log WHERE idx >= ? AND idx < ?", arguments: [range.lowerBound, range.upperBound])
        }
        return true
    }

    /// In tiles: a few milliseconds for which a commit may have to wait.
    private static let prunedAtOnce: Int64 = 8

    private func append(_ tile: Tile, with statements: CommitStatements) throws {
        statements.appendTile.bind(Int64(tile.level), at: 1)
        statements.appendTile.bind(Int64(tile.index), at: 2)
        try tile.bytes.withUnsafeBytes { try statements.appendTile.run(withBlob: $0, at: 3) }
    }
}
