// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Records
import TransparencyLog
import Varlink
import VaultInterface
import VaultLedger
import VaultModel

/// Group commit: records are appended by the loop and committed by the ledger's thread, a whole batch at a time.
extension Broker {
    /// How long a `delivery` record may wait for a batch to ride with, in microseconds.
    static let deliveryDelayUSec: Int64 = 100_000

    /// Appends one record to the batch that is being collected. Its index and time are those of this moment.
    ///
    /// Call only while `recording.isWorking`. Nothing that depends on the record may leave before `waiter` hears
    /// `.committed`.
    /// - Returns: the index of the record.
    @discardableResult
    func append(
        _ record: Record, at moment: Moment = .now(), changes: [StateChange] = [],
        waiter: CollectingBatch.Waiter? = nil
    ) -> UInt64 {
        precondition(recording.isWorking, "a record was appended to a log that cannot be written")
        let index = recording.takeIndex()
        let head = RecordHead(
            index: index, timeUSec: moment.wallUSec, bootTimeUSec: moment.bootUSec, bootID: bootID)
        recording.collecting.leaves.append(record.encoded(head, hash: TreeHash.hexadecimalDigest))
        if !changes.isEmpty { recording.collecting.changes.append(contentsOf: changes) }
        if let waiter { recording.collecting.waiters.append(waiter) }
        recording.collecting.lastTimeUSec = moment.wallUSec
        if record.isEssential { recording.collecting.isEssential = true }
        recording.newestUSec = max(recording.newestUSec, moment.wallUSec)
        scheduleCommit()
        return index
    }

    /// Appends a record and waits until it is durable.
    /// - Parameter changes: gets the index, for those that name it.
    /// - Throws: `AuditUnavailable` when it is not; whether it is in the log is then not known.
    func record(
        _ record: Record, at moment: Moment = .now(), changes: (UInt64) -> [StateChange] = { _ in [] }
    ) async throws(VarlinkError) -> UInt64 {
        if let failure = recording.failure { throw unavailable(failure) }
        let index = recording.nextIndex
        let outcome = await withCheckedContinuation { continuation in
            append(
                record, at: moment, changes: changes(index), waiter: .then { continuation.resume(returning: $0) })
        }
        guard outcome == .committed else { throw unavailable(recording.failure ?? "the record was not committed") }
        return index
    }

    private func unavailable(_ message: String) -> VarlinkError {
        BrokerError.auditUnavailable(message: message).varlinkError
    }

    /// Commits what has been collected at the end of this turn of the loop, unless a commit is under way: then the
    /// records wait for it and go together.
    func scheduleCommit() {
        guard !recording.isScheduled, recording.inFlight == nil else { return }
        recording.isScheduled = true
        loop.afterTurn { [weak self] in
            self?.assumeIsolated { $0.startCommit() }
        }
    }

    private func startCommit() {
        recording.isScheduled = false
        guard recording.isWorking, recording.inFlight == nil else { return }
        appendDelivery()
        guard !recording.collecting.isEmpty else { return }
        storeCheckpoints()
        let collected = recording.collecting
        recording.collecting = CollectingBatch()
        let batch = Batch(
            firstIndex: recording.nextIndex - UInt64(collected.leaves.count), leaves: collected.leaves,
            changes: collected.changes, lastTimeUSec: collected.lastTimeUSec, isEssential: collected.isEssential)
        recording.inFlight = collected
        recording.commitBeganUSec = SystemClock.bootTimeUSec()
        Task { await commit(batch) }
    }

    private func commit(_ batch: Batch) async {
        do {
            let tree = try await ledger.commit(batch)
            commitReturned(tree)
        } catch {
            await commitFailed(error)
        }
    }

    private func commitReturned(_ tree: TreeState) {
        guard let batch = recording.inFlight else { return }
        recording.committed(tree)
        counters.settle(before: tree.size)
        recording.inFlight = nil
        recording.commitBeganUSec = nil
        guard !recording.collecting.isEmpty else { return answerAll(of: batch) }
        // The disk is set to work again before the answers are made: its task is first in the queue, and this one second.
        startCommit()
        Task { answerAll(of: batch) }
    }

    /// Answers those whose records are durable.
    private func answerAll(of batch: CollectingBatch) {
        settle(batch, .committed)
        scheduleCheckpoint()
        wakeFollowers()
        if !recording.collecting.isEmpty {
            scheduleCommit()
        } else if !deliveries.isEmpty {
            scheduleDelivery()
        } else if recording.inFlight == nil {
            finishIfLeft()
        }
    }

    /// Checkpoints that are in their file by now ride with the batch that is about to be committed.
    private func storeCheckpoints() {
        guard !checkpoints.unstored.isEmpty else { return }
        recording.collecting.changes += checkpoints.unstored.map { .checkpoint($0) }
        // Where the batch is voided they are missed here, and not in the file.
        checkpoints.unstored = []
    }

    private func settle(_ batch: CollectingBatch, _ outcome: CollectingBatch.Outcome) {
        for waiter in batch.waiters {
            switch waiter {
            case .open(let call): recorded(call, outcome)
            case .then(let body): body(outcome)
            }
        }
    }

    // MARK: Delivery

    /// Lets the outcomes that are known ride with the batch that is about to be committed.
    func appendDelivery() {
        guard !deliveries.isEmpty, recording.isWorking else { return }
        let told = deliveries.take()
        for part in told.parts() { append(.delivery(part)) }
        recording.collecting.changes.append(.deliveredUpTo(deliveries.settled(before: recording.nextIndex)))
        recording.collecting.delivery.append(told)
    }

    /// An outcome waits for a batch; without one it is committed by itself after a while.
    func scheduleDelivery() {
        guard !recording.isDeliveryTimed else { return }
        recording.isDeliveryTimed = true
        _ = loop.timer(after: .microseconds(Self.deliveryDelayUSec)) { [weak self] in
            self?.assumeIsolated {
                $0.recording.isDeliveryTimed = false
                if !$0.deliveries.isEmpty { $0.scheduleCommit() }
            }
        }
    }

    // MARK: Failure

    /// A commit failed: nothing of it or of the batch behind it leaves, and the ledger is opened again until it works.
    func commitFailed(_ error: LedgerError) async {
        log.error("the log cannot be written: \(error)")
        recording.health = .failed(error)
        let voided = [recording.inFlight, recording.collecting].compactMap { $0 }
        recording.inFlight = nil
        recording.commitBeganUSec = nil
        recording.collecting = CollectingBatch()
        for batch in voided.reversed() { deliveries.restore(batch.delivery) }
        for batch in voided { settle(batch, .voided) }
        if error.kind == .changedUnderneath { await signWhatIsKnown() }
        await reopenLedger()
    }

    /// Opens the ledger again until it works. Who stops the broker opens it by itself.
    private func reopenLedger() async {
        var pause: Int64 = 100_000
        // A log that can be opened and not written would be opened again without end.
        if SystemClock.bootTimeUSec() - recording.openedUSec < pause { await sleep(microseconds: pause) }
        while !recording.isWorking, phase != .closing, phase != .stopped {
            if await reopenLedgerOnce() { continue }
            if phase == .leaving { break }
            await sleep(microseconds: pause)
            pause = min(pause * 2, 5_000_000)
        }
        finishIfLeft()
    }

    /// One attempt, after that which is under way; none where that was enough.
    /// - Returns: false where it failed.
    @discardableResult
    func reopenLedgerOnce() async -> Bool {
        if !recording.reopening.takeIfFree() { await withCheckedContinuation { recording.reopening.wait($0) } }
        defer { recording.reopening.pass() }
        if recording.isWorking { return true }
        do {
            await resume(try await ledger.reopen())
            return true
        } catch {
            recording.health = .failed(error)
            log.error("the log cannot be opened again: \(error)")
            return false
        }
    }

    /// Takes up what the log holds now. What was voided and turns out to be there is told as `commit-unknown`.
    private func resume(_ restored: RestoredState) async {
        recording.adopt(restored)
        recording.openedUSec = SystemClock.bootTimeUSec()
        counters.adopt(restored.counters, size: restored.size)
        deliveries.keep(undelivered: Set(restored.undelivered))
        takeUp(restored.leases)
        for index in restored.undelivered where restored.unacknowledged.contains(index) {
            deliveries.failed(index, reason: .commitUnknown)
        }
        recording.health = .working
        log.notice("the log is written again", metadata: ["size": "\(restored.size)"])
        // Before anything is granted: what is not counted as out any more has its record.
        recordWhatIsOver()
        await reloadPolicyIfStored(restored)
        endWhatIsOver()
        Task { await recordOwed() }
        if !deliveries.isEmpty { scheduleDelivery() }
    }

    /// Waits on the loop's boot clock.
    func sleep(microseconds: Int64) async {
        await withCheckedContinuation { continuation in
            _ = loop.timer(after: .microseconds(microseconds)) { continuation.resume() }
        }
    }
}

extension Record {
    /// It must get through on a full file system.
    fileprivate var isEssential: Bool {
        switch self {
        case .revoke, .stop: true
        default: false
        }
    }
}
