// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Records
package import SystemPackage
internal import TransparencyLog

/// The only writer of `STATE/ledger.db`: takes a whole batch at a time, in one transaction, with one synchronisation.
///
/// Lives on a thread of its own, since a commit waits for the disk. A commit makes these system calls: writes to the WAL,
/// one `fdatasync` of it, and when it returns the batch survives a crash of the machine.
package actor Ledger {
    private let executor: ThreadExecutor
    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private let directory: StateDirectory
    private let options: LedgerOptions
    private let readers: ReaderRegistry
    /// Fills the query index; nil where none is kept.
    package nonisolated let indexer: LedgerIndexer?
    private var phase: Phase
    private var reserve: SpaceReserve
    /// The log after the last commit that was reported to the caller.
    private var acknowledged: TreeState
    /// Held for as long as the ledger is open; nil after ``close()``.
    private var lock: LedgerLock?
    /// Pages are being moved out of the WAL, or soon will be.
    private var checkpoint: Task<Void, Never>?
    private let mover: PageMover
    /// Whether space was given back for an essential batch that has not been committed yet.
    private var essentialBatchIsDue = false
    /// Deleting what was pruned has been interrupted; gone on with after an ordinary batch, not before `pruneAgainAt`.
    private var pruneIsDue = false
    private var pruneAgainAt = ContinuousClock.now
    /// Since deleting took up the piece that it is at.
    private var hasCommitted = false

    private enum Phase {
        case open(OpenLedger)
        /// A commit failed; the connection is closed.
        case failed
        case closed
    }

    private init(
        directory: StateDirectory, options: LedgerOptions, lock: LedgerLock, reserve: SpaceReserve,
        opened: sending OpenLedger
    ) {
        executor = ThreadExecutor(name: "ledger", turn: .early)
        self.directory = directory
        self.options = options
        self.lock = lock
        readers = ReaderRegistry(database: directory.database)
        mover = PageMover(registry: readers)
        indexer = options.keepsIndex ? LedgerIndexer(path: directory.index, registry: readers) : nil
        acknowledged = TreeState(size: opened.tree.size, root: opened.tree.root.bytes)
        phase = .open(opened)
        self.reserve = reserve
    }

    /// Opens or creates the ledger in `directory`, made with mode 0700 where it is missing, and reads what it held. Blocks.
    ///
    /// Survives a crash at any point: the lock goes with the process, a new file is durable in its directory before
    /// anything is stored in it, and each step of the schema is one transaction.
    ///
    /// - Throws: ``LedgerError/Kind/alreadyOpen(pid:)`` at once where another process has it open.
    package static func open(
        directory path: FilePath, options: LedgerOptions = LedgerOptions()
    ) throws(LedgerError) -> (Ledger, RestoredState) {
        let directory = StateDirectory(path)
        try directory.prepare()
        let lock = try LedgerLock(in: directory)
        try FirstStart(directory: directory).begin()
        var reserve = SpaceReserve(in: directory)
        _ = reserve.take()
        let (opened, state) = try open(directory, acknowledged: nil, reserve: &reserve)
        let ledger = Ledger(directory: directory, options: options, lock: lock, reserve: reserve, opened: opened)
        if let indexer = ledger.indexer { Task { try? await indexer.catchUp() } }
        return (ledger, state)
    }

    /// Opens the database; where that needs space that is not there, with what is kept aside.
    private static func open(
        _ directory: StateDirectory, acknowledged: TreeState?, reserve: inout SpaceReserve
    ) throws(LedgerError) -> (OpenLedger, RestoredState) {
        while true {
            do {
                return try OpenLedger.open(directory, acknowledged: acknowledged)
            } catch {
                guard error.kind == .full, reserve.release() else { throw error }
            }
        }
    }

    /// Appends the batch and applies its changes; returns when they are durable.
    ///
    /// After an error nothing of the batch counts as recorded, and the next call is ``reopen()``, which tells what of it
    /// is there nevertheless.
    package func commit(_ batch: Batch) async throws(LedgerError) -> TreeState {
        switch phase {
        case .closed: throw .closed
        case .failed:
            throw LedgerError(
                .needsReopen, "an earlier commit failed", remedy: "wait until the ledger can be opened again")
        case .open(let opened):
            try setSpaceAside(for: batch)
            let state = try commit(batch, to: opened)
            indexSoon(from: batch.firstIndex, to: state.size)
            if opened.connection.newPageCount >= options.checkpointPages { checkpointSoon() }
            return state
        }
    }

    private func commit(_ batch: Batch, to opened: OpenLedger) throws(LedgerError) -> TreeState {
        try opened.check(batch)
        do {
            let state = try opened.commit(batch)
            acknowledged = state
            hasCommitted = true
            if batch.isEssential { essentialBatchIsDue = false } else if pruneIsDue { pruneSoon() }
            return state
        } catch {
            phase = .failed
            opened.close()
            if error.kind == .full, batch.isEssential { essentialBatchIsDue = reserve.release() }
            throw error
        }
    }

    /// Refuses an ordinary batch while there is no space kept aside for the records of revocations and of the stop.
    private func setSpaceAside(for batch: Batch) throws(LedgerError) {
        if batch.isEssential || reserve.take() { return }
        throw LedgerError(
            .full, "no more than \(SpaceReserve.byteCount >> 20) MiB are free for the ledger in \(directory.path)",
            remedy: LedgerError.noRoom)
    }

    /// Gives back some of what is kept aside, for the last checkpoint; false where nothing of it is left.
    package func makeRoom() -> Bool { reserve.release() }

    /// After the reply, so that nobody waits for it who does not have to.
    private func checkpointSoon() {
        if checkpoint == nil { checkpoint = Task { await self.movePages(aside: false) } }
    }

    /// Moves what the WAL holds now. Where that is much, most of it beside the commits: only the end is moved between two of them.
    ///
    /// - Parameter aside: whether it is much whatever it is now.
    private func movePages(aside: Bool) async {
        defer { checkpoint = nil }
        guard case .open(let opened) = phase else { return }
        if aside || opened.connection.unmovedPageCount > Self.movedBetweenCommits * options.checkpointPages {
            // What is committed meanwhile is moved in the same way, until little of it is left.
            var rounds = 0
            repeat {
                guard opened.beginMoving() else { return }
                let moved = await mover.move()
                guard case .open(let still) = phase, still === opened else { return }
                opened.endMoving(moved)
                // Who reads keeps the rest from being moved, and may end any moment.
                guard let moved, moved.pages == moved.moved else { return }
                rounds += 1
            } while opened.connection.unmovedPageCount > options.checkpointPages && rounds < Self.mostRounds
        }
        opened.checkpoint()
    }

    /// In sizes at which the WAL is usually moved.
    private static let movedBetweenCommits = 2
    /// So often what has come meanwhile is moved aside: who commits faster than that would have it go on for ever.
    private static let mostRounds = 8

    /// What the WAL holds now is in the database when this returns, unless somebody reads.
    private func moveAllPages() async {
        while let checkpoint { await checkpoint.value }
        checkpointSoon()
        await checkpoint?.value
    }

    /// Has the index filled when another row of it is complete. Where that fails, queries read the log itself.
    private func indexSoon(from first: UInt64, to size: UInt64) {
        guard let indexer, IndexView.segment(of: first) != IndexView.segment(of: size) else { return }
        Task { try? await indexer.catchUp() }
    }

    /// Deletes the texts that were pruned, some at a time, so that commits come in between. What a crash or a full disk
    /// interrupted is gone on with when this is called again.
    ///
    /// Deleting needs space in the WAL. None is taken while what is kept aside is not whole: it belongs to revocations.
    package func prune() async {
        pruneIsDue = false
        while case .open(let opened) = phase {
            guard !essentialBatchIsDue, reserve.take() else {
                pruneIsDue = true
                return
            }
            let start = ContinuousClock.now
            hasCommitted = false
            do throws(LedgerError) {
                // At the end the file itself is to hold none of it, and not only what the WAL makes of the file.
                guard try opened.deletePruned() else { return await moveAllPages() }
            } catch {
                pruneIsDue = true
                pruneAgainAt = .now + Self.prunePause
                phase = .failed
                opened.close()
                // Nothing that was acknowledged is lost, so that whoever commits next need not know of it.
                _ = try? await reopen()
                return
            }
            let pieceTime = ContinuousClock.now - start
            // Each piece brings pages, and the synchronisation of the database is what would last.
            if checkpoint == nil, opened.connection.newPageCount >= options.checkpointPages {
                checkpoint = Task { await self.movePages(aside: true) }
            }
            await Task.yield()
            // Where others commit they are to wait for a piece seldom, and not each time.
            if hasCommitted { try? await Task.sleep(for: pieceTime * Self.prunePauses) }
        }
    }

    /// How long deleting pauses after a piece while others commit, in times that the piece took.
    private static let prunePauses = 3

    /// How long after a failure deleting is not begun again by itself.
    private static let prunePause = Duration.seconds(60)

    private func pruneSoon() {
        guard ContinuousClock.now >= pruneAgainAt else { return }
        pruneIsDue = false
        Task { await self.prune() }
    }

    /// Looks whether the database is as it was left, as every commit does; for when there are none. A WAL that has grown too
    /// large is emptied, where nobody reads any more.
    ///
    /// - Returns: how large its files are; nil while it is not open.
    @discardableResult
    package func checkFiles() async throws(LedgerError) -> LedgerFiles? {
        guard case .open(let opened) = phase else { return nil }
        var files = try opened.checkFiles()
        if files.isLogTooLarge {
            await moveAllPages()
            guard case .open(let still) = phase, still === opened else { return nil }
            var hasShrunk = false
            while opened.shrinkLog() {
                hasShrunk = true
                await Task.yield()
                guard case .open(let still) = phase, still === opened else { return nil }
            }
            if !hasShrunk, opened.connection.unmovedPageCount <= Self.movedBetweenCommits * options.checkpointPages {
                opened.emptyLog()
            }
            files = try opened.checkFiles()
        }
        files.hasRoom = !essentialBatchIsDue && reserve.take() && !LedgerError.isFull(directory.database.string)
        return files
    }

    /// The log has records, and a checkpoint in the file of checkpoints covers some of them: from now on a database without
    /// them is a finding, and not a log that begins. Durable when this returns; to be called before anybody is served.
    package func begun() async throws(LedgerError) {
        try FirstStart(directory: directory).end()
    }

    /// After a failed commit: closes every connection, opens again, and reads what turned out to be there
    /// (Decisions: after a failed commit everything is opened again).
    ///
    /// Until it succeeds nothing can be committed; it may be called again and again.
    package func reopen() async throws(LedgerError) -> RestoredState {
        if case .closed = phase { throw .closed }
        if lock == nil {
            lock = try LedgerLock(in: directory)
            if let indexer { Task { await indexer.resume() } }
        }
        // Opening would make a new database, which is none of this log. The files that are open stay so: what was
        // committed is still in them.
        try directory.requireDatabase()
        if case .open(let opened) = phase { opened.close() }
        phase = .failed
        let (opened, state) = try readers.whileDisconnected { () throws(LedgerError) in
            try Self.open(directory, acknowledged: acknowledged, reserve: &reserve)
        }
        phase = .open(opened)
        acknowledged = TreeState(size: state.size, root: state.root)
        if state.prunedBefore > 0 { pruneSoon() }
        // Others would use what opening needed for a while.
        if !essentialBatchIsDue { _ = reserve.take() }
        return state
    }

    /// A reader of this ledger on a thread of its own. ``reopen()`` disconnects it while it works.
    package nonisolated func makeReader() -> LedgerReader {
        LedgerReader(registry: readers, index: directory.index)
    }

    /// Lets go of the database and of the lock, for another daemon. ``reopen()`` takes both back, as soon as that has ended.
    package func letGo() async {
        await indexer?.close()
        while let checkpoint { await checkpoint.value }
        if case .open(let opened) = phase {
            opened.storeTree()
            readers.whileDisconnected { opened.close() }
        }
        phase = .failed
        lock = nil
    }

    /// Moves the WAL into the database, closes it, and lets go of the lock.
    ///
    /// Readers are disconnected for that; they connect again when they are asked again.
    package func close() async {
        await indexer?.close()
        if case .open(let opened) = phase {
            opened.storeTree()
            readers.whileDisconnected { opened.close() }
        }
        phase = .closed
        lock = nil
    }
}
