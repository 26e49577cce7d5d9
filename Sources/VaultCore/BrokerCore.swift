// SPDX-License-Identifier: Apache-2.0

import Records
import VaultModel
import VaultPolicy

/// The broker without its I/O: the rooms, and the events that come to them from outside.
///
/// Each event is one method; it asks the rooms, hands what one room returns to the next, and comes back when all of it is
/// done. What the rooms want of the outside they say through the ports. Nothing here knows a clock, a socket or a disk, so
/// that whole lives of a broker can be played with numbers.
package final class BrokerCore {
    /// What the core needs of the outside.
    package struct Ports {
        package var loop: any LoopPort
        package var ledger: any LedgerPort
        package var opener: any OpenerPort
        package var holders: any HolderPort
        package var policy: any PolicyPort
        package var deposits: any DepositPort
        /// nil: nobody follows calls on their way.
        package var trace: (any TracePort)?

        package init(
            loop: any LoopPort, ledger: any LedgerPort, opener: any OpenerPort, holders: any HolderPort,
            policy: any PolicyPort, deposits: any DepositPort, trace: (any TracePort)? = nil
        ) {
            self.loop = loop
            self.ledger = ledger
            self.opener = opener
            self.holders = holders
            self.policy = policy
            self.deposits = deposits
            self.trace = trace
        }
    }

    package let journal: Journal
    package let counters: CounterRoom
    package let policy: PolicyRoom
    package let denials: Denials
    package let sessions: Sessions
    package let holdings: Holdings
    package let deposits: Deposits
    package let leases: Leases
    package let renewalLog: RenewalLog
    package let grants: Grants
    package let administration: Administration
    package let turns: Turns
    let loop: any LoopPort
    let bootID: String
    private let ledger: any LedgerPort
    private var sweeps = 0
    /// Ten seconds.
    private static let sweepsBetweenSummaries = 40
    /// Batches that are durable and whose waiters have not been called.
    private var unanswered: [Journal.CollectedBatch] = []
    /// What the ledger held for clients when it was read; nil once that has been taken up.
    private var storedDeposits: [StoredDeposit]?

    /// - Parameters:
    ///   - runID: distinguishes the requests and leases of this run from those of every other.
    ///   - recordsPerUser: how many records the permitted calls of one uid may write in a second.
    package init(
        _ ports: Ports, restored: RestoredState, bootID: String, hash: @escaping SHA256Text, runID: String,
        recordsPerUser: Int, leaseLimits: LeaseLimits, sessionLimits: SessionLimits,
        depositLimits: DepositLimits
    ) {
        loop = ports.loop
        self.bootID = bootID
        storedDeposits = restored.deposits
        ledger = ports.ledger
        journal = Journal(loop: ports.loop, ledger: ports.ledger, bootID: bootID, hash: hash, restored: restored)
        counters = CounterRoom(restored.counters, now: ports.loop.now(), bootID: bootID)
        policy = PolicyRoom(counters: counters, journal: journal)
        denials = Denials(journal: journal, policy: policy)
        sessions = Sessions(
            loop: ports.loop, journal: journal, policy: policy, denials: denials, limits: sessionLimits)
        holdings = Holdings(opener: ports.opener, limits: sessionLimits.descriptors)
        deposits = Deposits(
            loop: ports.loop, port: ports.deposits, policy: policy, holdings: holdings, journal: journal,
            counters: counters, limits: depositLimits, bootID: bootID)
        leases = Leases(
            loop: ports.loop, holders: ports.holders, journal: journal, counters: counters, limits: leaseLimits,
            bootID: bootID)
        renewalLog = RenewalLog(journal, leases)
        grants = Grants(
            loop: ports.loop, policy: policy, holdings: holdings, deposits: deposits, journal: journal, leases: leases,
            counters: counters, denials: denials, sessions: sessions, runID: runID, recordsPerUser: recordsPerUser,
            trace: ports.trace)
        turns = Turns(loop: ports.loop, grants: grants)
        administration = Administration(
            loop: ports.loop, port: ports.policy, journal: journal, counters: counters, policy: policy,
            holdings: holdings, deposits: deposits, leases: leases, grants: grants, bootID: bootID)
        for index in restored.undelivered where !isPlanted(.unknownForgotten) { journal.outcomeUnknown(index) }
    }

    /// How many deposits an earlier run held that cannot be had, since nothing says in the log yet that they are back.
    package var unreturnedDeposits: Int { storedDeposits?.count ?? deposits.returningCount }

    // MARK: From connections

    /// A connection whose peer is known.
    /// - Returns: false where there is no place for it, or nobody is served: it is to be closed.
    package func begin(_ caller: Caller) -> Bool { sessions.begin(caller) }

    package func open(_ asked: OpenRequest, reason: String?, _ caller: Caller, _ answer: any OpenAnswer) {
        grants.open(asked, reason: reason, caller, answer)
    }

    /// Takes so many descriptors from a caller's share of what is on its way, before they are received; nil where it is used up.
    package func charge(_ count: Int, _ caller: Caller) -> Charge? { sessions.charge(count, caller) }

    /// The last look at a recorded call, in the very turn in which it is to leave.
    package func verdict(_ call: UInt64, _ caller: Caller) -> Verdict { grants.verdict(call, caller) }

    /// - Parameter failure: the name of the error of `sendmsg(2)`; nil: it took the message.
    package func passed(_ call: UInt64, _ caller: Caller, failure: String?) {
        let now = loop.bootUSec
        // First, so that the call's descriptors are counted throughout.
        if failure == nil { sessions.passed(call, caller, at: now) }
        grants.passed(call, caller, failure: failure, at: now)
    }

    /// A client says over a connection which of the descriptors that were sent over it have arrived, by the numbers of their
    /// records, and which came without. What else it names means nothing.
    /// - Returns: whether it has named one that was sent.
    package func received(_ records: [UInt64], missing: [UInt64], _ caller: Caller) -> Bool {
        let (arrived, lost) = (caller.sent.take(records), caller.sent.take(missing))
        journal.received(arrived, missing: lost)
        return !arrived.isEmpty || !lost.isEmpty
    }

    /// The opener has looked whether the caller is who it was.
    package func rechecked(_ call: OpenCall, isSame: Bool) { grants.rechecked(call, isSame: isSame) }

    /// A connection has ended.
    /// - Parameter reason: nil: its other end went.
    package func closed(_ caller: Caller, reason: DeliveryLog.Reason? = nil) {
        guard !caller.isGone else { return }
        caller.leave()
        turns.hasUnread(0, caller)
        sessions.ended(caller)
        grants.closed(caller, reason: reason)
        deposits.closed(caller)
    }

    // MARK: From the opener

    package func opened(_ ticket: Ticket, _ result: Result<any PassableDescriptor, OpenProblem>) {
        acquired(holdings.opened(ticket, result))
    }

    package func held(_ ticket: Ticket, _ result: Result<any Holding, OpenProblem>) {
        acquired(holdings.held(ticket, result))
    }

    package func paired(_ ticket: Ticket, _ result: Result<PipeEnds, OpenProblem>) {
        acquired(holdings.paired(ticket, result))
    }

    /// What a call is to deliver has been read, or cannot be.
    package func contentRead(_ call: OpenCall, _ result: Result<CapabilityContent, OpenProblem>) {
        grants.contentRead(call, result)
    }

    /// Makes sure that an entry holds what it is to hold; `done` hears what went wrong.
    package func hold(_ entry: CapabilityEntry, _ done: @escaping (OpenProblem?) -> Void) {
        acquired(holdings.hold(entry, done))
    }

    private func acquired(_ acquisitions: [Acquisition]) {
        for acquisition in acquisitions { grants.acquired(acquisition) }
    }

    // MARK: From the ledger

    /// The turn has ended in which records were appended.
    package func commitDue() { journal.commit() }

    /// The batch in flight is durable.
    package func committed(_ tree: TreeState) {
        guard let (batch, isMore) = journal.committed(tree) else { return }
        counters.settle(before: tree.size)
        unanswered.append(batch)
        // The disk is at work again: its task is first in the queue, and the answers come behind it.
        if isMore { loop.answerSoon() } else { answersDue() }
    }

    /// Answers the calls whose records are durable.
    package func answersDue() {
        let batches = unanswered
        unanswered = []
        for batch in batches { settle(batch, .committed) }
        guard !batches.isEmpty else { return }
        journal.settled()
        ledger.settled()
    }

    /// A commit failed: nothing of it or of the batch behind it leaves.
    package func commitFailed(_ error: LedgerError) {
        // What is durable already is answered first, in order.
        answersDue()
        for batch in journal.failed(error) {
            settle(batch, isPlanted(.voidedToldCommitted) ? .committed : .voided)
        }
    }

    private func settle(_ batch: Journal.CollectedBatch, _ outcome: Journal.Outcome) {
        let now = loop.bootUSec
        for waiter in batch.waiters {
            switch waiter {
            case .open(let call): grants.recorded(call, outcome, at: now)
            case .then(let body): body(outcome)
            }
        }
    }

    /// The ledger has been opened again. Goes on from what it holds now as soon as the policy that this is has been built:
    /// nothing is recorded between the log's return and the comparison of what is stored with what is in force.
    /// - Parameter done: called when the log is written again.
    package func reopened(_ restored: RestoredState, _ done: @escaping () -> Void) {
        administration.reopened(restored) { [self] in
            journal.resume(restored)
            if !isPlanted(.countersNotAdopted) {
                counters.adopt(restored.counters, size: restored.size, now: loop.now())
            }
            deposits.takeUp(restored.deposits)
            storedDeposits = nil
            leases.takeUp(restored.leases)
            // Before anything is granted: what is not counted as out any more has its record.
            leases.recordWhatIsOver()
            renewalLog.takeUp(size: restored.size)
            administration.resumed()
            done()
        }
    }

    // MARK: From timers and holders

    package func fired(_ event: TimerEvent) {
        switch event {
        case .lease(let id): leases.expired(id)
        case .deposit(let id): deposits.expired(id)
        case .take(let id): deposits.confirmationIsOverdue(id)
        case .deliveries: journal.outcomesAreDue()
        }
    }

    /// A quarter of a second has passed.
    /// - Returns: whether it was seen now that the wall clock has been set back.
    package func sweep() -> Bool {
        let now = loop.now()
        denials.answerImpatient(now.bootUSec)
        let isSetBack = journal.noteClock(now)
        sessions.sweep()
        sweeps += 1
        if sweeps % Self.sweepsBetweenSummaries == 0 {
            denials.recordFolded()
            holdings.shrinkStocks()
        }
        return isSetBack
    }

    /// A process that holds leases has ended.
    package func exited(_ key: HolderKey) { leases.exited(key) }

    /// At the end of a start: records which deposits come back and which have gone, and the end of leases that were over when
    /// they were read, and ends what the policy no longer permits.
    package func endWhatIsOver() {
        guard journal.isWorking else { return }
        // A log that was opened again meanwhile has brought what it held.
        if let storedDeposits { deposits.takeUp(storedDeposits) }
        storedDeposits = nil
        leases.recordWhatIsOver()
        administration.endRevokedLeases()
    }
}
