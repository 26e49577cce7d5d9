// SPDX-License-Identifier: Apache-2.0

import Records
import VaultModel

/// The log as the broker sees it: what is being collected and what is being committed, whether records can be written at
/// all, who waits for which of them, and which grants still have no outcome.
///
/// Group commit: records are appended as they come, and a whole batch is committed at a time, the next one while the
/// former is at the disk. Nothing that depends on a record leaves before its waiter hears ``Outcome/committed``.
package final class Journal {
    /// What became of a batch.
    package enum Outcome: Sendable {
        /// The records are durable.
        case committed
        /// Nothing that depends on these records may leave; whether they are in the log is known when it is opened again.
        case voided
    }

    /// Who waits for a record.
    package enum Waiter {
        /// A call whose grants are in the batch.
        case open(OpenCall)
        case then((Outcome) -> Void)
    }

    /// Whether records can be written.
    package enum Health: Sendable {
        case working
        /// A commit failed. Nothing is granted until the ledger has been opened again.
        case failed(LedgerError)
        /// The database is not the log that was signed. Nothing is granted and no record is added to it.
        case distrusted(LogFinding)
    }

    /// Records that wait to be committed together, and what is to happen when they are.
    package struct CollectedBatch {
        fileprivate var leaves: [[UInt8]] = []
        fileprivate var changes: [StateChange] = []
        fileprivate(set) var waiters: [Waiter] = []
        /// The outcomes in the `delivery` record of this batch; if it is voided, a later one has them.
        fileprivate var delivery = DeliveryReport()
        /// The index of that record.
        fileprivate var deliveryIndex: UInt64 = 0
        /// The newest time in a record, as far as the clock is believed: from the record on that accepts it, if one does.
        fileprivate var newestUSec: Int64 = 0
        fileprivate var acceptsClock = false
        fileprivate var isEssential = false

        fileprivate var isEmpty: Bool { leaves.isEmpty && changes.isEmpty }
    }

    /// How long an outcome may wait for a batch to ride with, in microseconds.
    private static let deliveryDelayUSec: Int64 = 100_000
    /// How far the wall clock may be behind the newest record before it counts as set back, in microseconds: time
    /// daemons correct by less.
    package static let clockSlackUSec: Int64 = 1_000_000

    private let loop: any LoopPort
    private let ledger: any LedgerPort
    private let bootID: String
    private let hash: SHA256Text

    package private(set) var health = Health.working
    /// The index that the next record gets.
    package private(set) var nextIndex: UInt64 = 0
    /// Behind the newest record that tells who watches a name what became of it (``RecordType/watched``).
    package private(set) var newestEvent: UInt64 = 0
    /// Records up to here are durable.
    package private(set) var committed: UInt64 = 0
    /// How many records there were when the ledger was last opened.
    package private(set) var opened: UInt64 = 0
    /// When that was (boot clock); 0 for the start.
    package private(set) var openedUSec: Int64 = 0
    /// The RFC 6962 root over the durable records, 32 bytes.
    package private(set) var root: [UInt8] = []
    /// The texts of the records below this index have been pruned, or are being pruned.
    package private(set) var prunedBefore: UInt64 = 0
    /// The newest time in a record: a clock that shows less has been set back.
    package private(set) var newestUSec: Int64 = 0
    /// The same of the records from one on that accepts the clock, for each of those that are not durable.
    private var newestSinceAcceptance: [Int64] = []
    private var isClockBehind = false
    private var collecting = CollectedBatch()
    private var inFlight: CollectedBatch?
    /// When the commit that is under way began (boot clock); nil when none is.
    package private(set) var commitBeganUSec: Int64?
    package private(set) var commits = CommitCounts()
    /// A commit of what is collected has been asked for at the end of this turn.
    private var isScheduled = false
    private var isDeliveryTimed = false
    private var deliveries = DeliveryLog()
    /// The first record of this run, until it is durable: everything else stands behind it.
    private var first: Record?
    /// What goes along with the next batch, and causes none.
    private var riders: [StateChange] = []

    /// - Parameter hash: of what is cut in a record.
    package init(
        loop: any LoopPort, ledger: any LedgerPort, bootID: String, hash: @escaping SHA256Text, restored: RestoredState
    ) {
        self.loop = loop
        self.ledger = ledger
        self.bootID = bootID
        self.hash = hash
        adopt(restored)
    }

    // MARK: Health

    /// The database is not the log: nothing is granted or recorded from here on.
    package func distrust(_ finding: LogFinding) { health = .distrusted(finding) }

    /// The ledger could not be opened again.
    package func isStillFailing(_ error: LedgerError) { health = .failed(error) }

    /// How many records wait to be committed.
    package var waiting: Int { collecting.leaves.count + (inFlight?.leaves.count ?? 0) }

    // MARK: The clock

    /// Whether the wall clock is not behind what was recorded before.
    package func isTrusted(_ moment: Moment) -> Bool {
        moment.wallUSec >= newestUSec.saturatingSubtracting(Self.clockSlackUSec)
    }

    /// A wall clock that has been set back is recorded once.
    ///
    /// Looked at between requests, so that no record comes between an index that was read and its record.
    /// - Returns: whether it was now.
    package func noteClock(_ moment: Moment) -> Bool {
        guard isWorking else { return false }
        let isBehind = !isTrusted(moment)
        guard isBehind != isClockBehind else { return false }
        isClockBehind = isBehind
        guard isBehind else { return false }
        let newest = newestUSec
        append(.clockStep(newestUSec: newest), at: moment)
        return true
    }

    /// The clock was right at this time, whatever was recorded before; its record is durable. What has been recorded since
    /// holds.
    package func acceptClock(_ wallUSec: Int64) {
        newestUSec = newestSinceAcceptance.isEmpty ? wallUSec : newestSinceAcceptance.removeFirst()
        isClockBehind = false
    }

    // MARK: Appending

    /// Appends one record to the batch that is being collected. Its index and time are those of this moment.
    ///
    /// Call only while ``isWorking``. Nothing that depends on the record may leave before `waiter` hears ``Outcome/committed``.
    /// - Returns: the index of the record.
    @discardableResult
    package func append(
        _ record: Record, at moment: Moment? = nil, changes: [StateChange] = [], waiter: Waiter? = nil
    ) -> UInt64 {
        let moment = moment ?? loop.now()
        let index = append(at: moment, waiter: waiter) { record.encoded($0, hash: hash) }
        if !changes.isEmpty { collecting.changes.append(contentsOf: changes) }
        if record.isEssential { collecting.isEssential = true }
        if RecordType.watched.contains(record.type) || RecordType.ofRules.contains(record.type) {
            newestEvent = index + 1
        }
        if case .clockAccept = record {
            collecting.newestUSec = moment.wallUSec
            collecting.acceptsClock = true
            newestSinceAcceptance.append(moment.wallUSec)
        }
        return index
    }

    /// Appends the record of a grant whose text is there but for its numbers.
    func append(_ grant: PreparedGrant, request: UInt64, at moment: Moment, waiter: Waiter?) -> UInt64 {
        append(at: moment, waiter: waiter) { grant.encoded($0, request: request) }
    }

    /// Makes such a text; nil where each is to be written anew.
    /// - Parameter request: what the request has before its number.
    func prepare(_ grant: Record.Grant, request: String) -> PreparedGrant? {
        PreparedGrant(grant, request: request, bootID: bootID, hash: hash)
    }

    private func append(at moment: Moment, waiter: Waiter?, _ text: (RecordHead) -> [UInt8]) -> UInt64 {
        precondition(isWorking, "a record was appended to a log that cannot be written")
        let index = nextIndex
        nextIndex += 1
        collecting.leaves.append(
            text(RecordHead(index: index, timeUSec: moment.wallUSec, bootTimeUSec: moment.bootUSec, bootID: bootID)))
        if let waiter { collecting.waiters.append(waiter) }
        newestUSec = max(newestUSec, moment.wallUSec)
        collecting.newestUSec = max(collecting.newestUSec, moment.wallUSec)
        for place in newestSinceAcceptance.indices {
            newestSinceAcceptance[place] = max(newestSinceAcceptance[place], moment.wallUSec)
        }
        schedule()
        return index
    }

    /// Appends the record that a run begins with: now, and whenever the log is opened again before it is durable.
    /// - Parameter heard: called once, with what became of the first attempt.
    package func begin(
        _ record: Record, at moment: Moment, changes: [StateChange] = [], _ heard: @escaping (Outcome) -> Void
    ) {
        first = record
        appendFirst(record, at: moment, changes, heard)
    }

    private func appendFirst(
        _ record: Record, at moment: Moment, _ changes: [StateChange], _ heard: @escaping (Outcome) -> Void
    ) {
        append(
            record, at: moment, changes: changes,
            waiter: .then { [self] outcome in
                if outcome == .committed { first = nil }
                heard(outcome)
            })
    }

    /// Has a change of state committed with the batch that is being collected.
    package func add(_ change: StateChange) {
        guard isWorking else { return }
        collecting.changes.append(change)
        schedule()
    }

    /// Has a change of state committed with the next batch, whenever there is one. Where that is voided it is missed here.
    package func ride(_ change: StateChange) { riders.append(change) }

    /// Gives up what waits for a batch, since none will come.
    package func takeRiders() -> [StateChange] {
        defer { riders = [] }
        return riders
    }

    /// The texts of the records below this index are deleted.
    package func pruned(before index: UInt64) { prunedBefore = max(prunedBefore, index) }

    /// Commits what has been collected at the end of this turn, unless a commit is under way: then the records wait for it
    /// and go together.
    private func schedule() {
        guard !isScheduled, inFlight == nil else { return }
        isScheduled = true
        loop.commitAfterTurn()
    }

    /// Hands what has been collected to the ledger, if that has nothing to do.
    package func commit() {
        isScheduled = false
        guard isWorking, inFlight == nil else { return }
        tellOutcomes()
        guard !collecting.isEmpty else { return }
        collecting.changes += riders
        riders = []
        if collecting.acceptsClock { collecting.changes.append(.clockAccepted(usec: collecting.newestUSec)) }
        let collected = collecting
        collecting = CollectedBatch()
        inFlight = collected
        commitBeganUSec = loop.bootUSec
        ledger.commit(
            Batch(
                firstIndex: nextIndex - UInt64(collected.leaves.count), leaves: collected.leaves,
                changes: collected.changes, lastTimeUSec: collected.newestUSec, isEssential: collected.isEssential))
    }

    /// The batch in flight is durable. The disk is set to work again before the answers are made.
    /// - Returns: the batch whose waiters are to hear of it, and whether another is under way.
    package func committed(_ tree: TreeState) -> (batch: CollectedBatch, isMore: Bool)? {
        guard let batch = inFlight else { return nil }
        committed = tree.size
        root = tree.root
        commits.add(batch.leaves.count, usec: commitBeganUSec.map { loop.bootUSec - $0 } ?? 0)
        inFlight = nil
        commitBeganUSec = nil
        guard !collecting.isEmpty else { return (batch, false) }
        commit()
        return (batch, true)
    }

    /// The waiters of a durable batch have been called: what they appended is committed, at once or after a while.
    package func settled() {
        if !collecting.isEmpty {
            schedule()
        } else if !deliveries.isEmpty {
            commitOutcomesLater()
        }
    }

    /// A commit failed: nothing of it or of the batch behind it leaves.
    /// - Returns: the batches whose waiters are to hear that they are voided, in order.
    package func failed(_ error: LedgerError) -> [CollectedBatch] {
        health = .failed(error)
        commits.fail()
        let voided = [inFlight, isPlanted(.batchVoidedInPart) ? nil : collecting].compactMap { $0 }
        inFlight = nil
        commitBeganUSec = nil
        newestSinceAcceptance = []
        collecting = CollectedBatch()
        if isPlanted(.outcomeLostWithBatch) { return voided }
        for batch in voided.reversed() { deliveries.restore(batch.delivery, record: batch.deliveryIndex) }
        return voided
    }

    /// The ledger has been opened again: goes on from what it holds now. A grant that was voided and turns out to be there
    /// gets the outcome `commit-unknown`.
    package func resume(_ restored: RestoredState) {
        adopt(restored)
        openedUSec = loop.bootUSec
        if !isPlanted(.outcomeToldTwice) {
            deliveries.keep(undelivered: Set(restored.undelivered), size: restored.size)
        }
        let unknown = restored.undelivered.filter(restored.unacknowledged.contains)
        for index in unknown { deliveries.failed(index, reason: .commitUnknown) }
        health = .working
        if let first { appendFirst(first, at: loop.now(), []) { _ in } }
        if !deliveries.isEmpty { commitOutcomesLater() }
    }

    private func adopt(_ restored: RestoredState) {
        nextIndex = restored.size
        committed = restored.size
        opened = restored.size
        root = restored.root
        prunedBefore = restored.prunedBefore
        newestUSec = max(newestUSec, restored.lastTimeUSec)
    }

    // MARK: Outcomes of grants

    /// Below which index every grant has an outcome; at most `end`.
    package func outcomesKnown(before end: UInt64) -> UInt64 { deliveries.settled(before: end) }

    /// Whether outcomes wait for a `delivery` record.
    package var owesOutcomes: Bool { !deliveries.isEmpty }

    /// The grants that were not sent, and of which no record tells that yet.
    var unsent: Set<UInt64> { deliveries.unsent }

    /// A grant was appended: it is owed an outcome.
    package func granted(_ index: UInt64) { deliveries.granted(index) }

    /// The grant's commit was voided: nothing is owed for a record that does not exist.
    package func voided(_ index: UInt64) { deliveries.voided(index) }

    package func sent(_ index: UInt64) {
        deliveries.sent(index)
        commitOutcomesLater()
    }

    /// - Parameter errno: the name of the error of `sendmsg(2)`, or of what ended the connection.
    package func notSent(_ index: UInt64, errno: String? = nil, reason: DeliveryLog.Reason? = nil) {
        if isPlanted(.outcomeForgotten) { return }
        deliveries.failed(index, errno: errno, reason: reason)
        commitOutcomesLater()
    }

    /// Nobody knows whether a grant of an earlier run went out.
    package func outcomeUnknown(_ index: UInt64) { deliveries.unknown(index) }

    /// A client says what has arrived of what was sent to it, and what was missing.
    func received(_ indices: [UInt64], missing: [UInt64]) {
        if isPlanted(.receiptForgotten) || (indices.isEmpty && missing.isEmpty) { return }
        deliveries.received(indices, missing: missing)
        commitOutcomesLater()
    }

    /// The outcomes that are known ride with the batch that is about to be committed.
    package func tellOutcomes() {
        guard !deliveries.isEmpty, isWorking else { return }
        let told = deliveries.take()
        collecting.deliveryIndex = nextIndex
        for part in told.parts() { append(.delivery(part)) }
        collecting.changes.append(.deliveredUpTo(deliveries.settled(before: nextIndex)))
        collecting.delivery.append(told)
    }

    private func commitOutcomesLater() {
        guard !isDeliveryTimed else { return }
        isDeliveryTimed = true
        _ = loop.timer(at: loop.bootUSec + Self.deliveryDelayUSec, .deliveries)
    }

    /// The timer of outcomes has fired.
    package func outcomesAreDue() {
        isDeliveryTimed = false
        commitOutcomes()
    }

    /// Commits what is owed without waiting for more.
    package func commitOutcomes() {
        if !deliveries.isEmpty { schedule() }
    }
}
