// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Records
import Varlink
import VaultCore
import VaultInterface
import VaultLedger
import VaultModel

/// The ledger's thread at work for the journal, and opening the ledger again when it has failed.
extension Broker {
    /// Appends a record and waits until it is durable.
    /// - Parameter changes: gets the index, for those that name it.
    /// - Throws: `AuditUnavailable` when it is not; whether it is in the log is then not known.
    func record(
        _ record: Record, at moment: Moment = .now(), changes: (UInt64) -> [StateChange] = { _ in [] }
    ) async throws(VarlinkError) -> UInt64 {
        if let failure = journal.failure { throw unavailable(failure) }
        let index = journal.nextIndex
        let outcome = await withCheckedContinuation { continuation in
            journal.append(
                record, at: moment, changes: changes(index), waiter: .then { continuation.resume(returning: $0) })
        }
        guard outcome == .committed else { throw unavailable(journal.failure ?? "the record was not committed") }
        return index
    }

    /// Appends the record that this run begins with, and waits for what becomes of it. Where it is not durable, it is
    /// appended again when the log can be written.
    func begin(
        _ start: Record, at moment: Moment, changes: (UInt64) -> [StateChange]
    ) async throws(VarlinkError) -> Bool {
        if let failure = journal.failure { throw unavailable(failure) }
        let changes = changes(journal.nextIndex)
        let outcome = await withCheckedContinuation { continuation in
            journal.begin(start, at: moment, changes: changes) { continuation.resume(returning: $0) }
        }
        return outcome == .committed
    }

    func unavailable(_ message: String) -> VarlinkError {
        BrokerError.auditUnavailable(message: message).varlinkError
    }

    /// Has the ledger's thread commit a batch; the core hears what became of it.
    func commit(_ batch: Batch) {
        Task {
            do throws(LedgerError) {
                core.committed(try await ledger.commit(batch))
                ledgerCare.pauseUSec = LedgerCare.firstPauseUSec
            } catch {
                await commitFailed(error)
            }
        }
    }

    /// Answers the calls whose records are durable, behind what is queued by now.
    func answerSoon() {
        Task { core.answersDue() }
    }

    /// Who waited for a batch has been answered.
    func recordsAreDurable() {
        scheduleCheckpoint()
        wakeFollowers()
        finishIfLeft()
    }

    // MARK: Failure

    /// A commit failed: nothing of it or of the batch behind it leaves, and the ledger is opened again until it works.
    func commitFailed(_ error: LedgerError) async {
        log.error("the log cannot be written: \(error)")
        core.commitFailed(error)
        if error.kind == .changedUnderneath { await signWhatIsKnown() }
        await reopenLedger()
    }

    /// Opens the ledger again until it works. Who stops the broker opens it by itself.
    func reopenLedger() async {
        // A log that can be opened and not written would be opened again without end.
        if SystemClock.bootTimeUSec() - journal.openedUSec < ledgerCare.pauseUSec { await pauseReopening() }
        // Who has let go of it takes it back by itself.
        while !journal.isWorking, !core.sessions.isOver, !ledgerCare.isLetGo {
            // A start takes up first what it has read.
            if ledgerCare.isStateTakenUp, await reopenLedgerOnce() { continue }
            if phase == .leaving { break }
            await pauseReopening()
        }
        finishIfLeft()
    }

    /// Longer each time, until a commit succeeds.
    private func pauseReopening() async {
        let pause = ledgerCare.pauseUSec
        ledgerCare.pauseUSec = min(pause * 2, LedgerCare.longestPauseUSec)
        await sleep(microseconds: pause)
    }

    /// One attempt, after that which is under way; none where that was enough.
    /// - Returns: false where it failed.
    @discardableResult
    func reopenLedgerOnce() async -> Bool {
        await ledgerCare.reopening.run {
            if journal.isWorking { return true }
            do throws(LedgerError) {
                await resume(try await ledger.reopen())
                return true
            } catch {
                journal.isStillFailing(error)
                log.error("the log cannot be opened again: \(error)")
                return false
            }
        }
    }

    private func resume(_ restored: RestoredState) async {
        await withCheckedContinuation { continuation in core.reopened(restored) { continuation.resume() } }
        log.notice("the log is written again", metadata: ["size": "\(restored.size)"])
        recallLeases()
        if phase == .serving { Task { await reloadIfWanted() } }
    }

    /// Waits on the loop's boot clock.
    func sleep(microseconds: Int64) async {
        await withCheckedContinuation { continuation in
            _ = loop.timer(after: .microseconds(microseconds)) { continuation.resume() }
        }
    }
}

/// What the broker does for the ledger beside giving it records.
struct LedgerCare {
    /// Whose turn it is to open the ledger again after a failed commit.
    let reopening = Turn()
    /// How long the next pause is before it is opened again, in microseconds.
    var pauseUSec = LedgerCare.firstPauseUSec
    /// Another daemon has the log, or is about to.
    var isLetGo = false
    /// What the start has read of the ledger is in force, so that it can be opened again and compared.
    var isStateTakenUp = false
    /// The files of the ledger, as they were looked at last; nil before that.
    var files: LedgerFiles?
    /// They are being looked at.
    var isLookingAtFiles = false
    /// It was logged that the write-ahead log has grown too large.
    var isGrowthTold = false

    static let firstPauseUSec: Int64 = 100_000
    static let longestPauseUSec: Int64 = 1_000_000
}
