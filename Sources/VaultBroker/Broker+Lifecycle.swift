// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Records
import SystemPackage
import Varlink
import VaultCore
import VaultInterface
import VaultLedger

/// From start to stop.
extension Broker {
    /// How often timeouts are looked for, in microseconds.
    static let sweepUSec: Int64 = 250_000
    /// How long a stop waits for what is in flight, in microseconds.
    static let farewellUSec: Int64 = 5_000_000
    /// How long it waits then for who has not read that there is no credential, and how often it looks, in microseconds.
    static let lastReadUSec: Int64 = 30_000_000
    private static let lastLookUSec: Int64 = 20_000

    /// Takes up what the ledger holds, applies the policy, opens the table, and then serves the sockets.
    ///
    /// Returns when the broker is ready: every revocation is in force, the first `start` record is durable, deposits that
    /// came back are held again, and what is to be open from the start is open, has failed, or has had the opener's time limit.
    /// - Parameter onceReady: called when nothing is left to do but to serve; where it fails nothing is.
    package func start(
        _ restored: RestoredState, on sockets: [HeldDescriptor], onceReady: @Sendable () async throws -> Void = {}
    ) async throws {
        failKeptCredentials()
        opener.onReturn { [weak self] in self?.assumeIsolated { $0.openAgain() } }
        adoptCheckpoints(restored)
        if let finding = checked.finding, checked.origin == nil {
            try await distrust(finding, restored)
        } else {
            try await startRecording(restored)
        }
        await reloadIfWanted()
        await tableIsOpen(limit: .microseconds(configuration.openerTimeLimitUSec))
        closeUndeclared()
        await withCheckedContinuation { continuation in core.deposits.whenBack { continuation.resume() } }
        await reloadIfWanted()
        try await onceReady()
        for socket in sockets { try serve(socket) }
        for socket in configuration.fdHolderSockets { try serve(socket, framing: FDHolderSession.framing) }
        for socket in configuration.credentialSockets { try serve(socket, framing: CredentialSession.framing) }
        if let store = configuration.store { try serveStore(store) }
        try serveMetrics()
        guard core.sessions.serve() else { return }
        listenForTakeover()
        sweepLater()
        recallLeases()
        log.notice(
            "ready",
            metadata: [
                "records": "\(journal.committed)", "policy": "\(policy.revision)", "capabilities": "\(table.count)",
            ])
        giveBackSoon()
        Task { await noteCosigned() }
        let places = TrustedPlaces(configuration)
        Task {
            for problem in await files.run({ places.problems() }) {
                log.warning("\(problem.message)", metadata: ["remedy": "\(problem.remedy)"])
            }
        }
    }

    private func startRecording(_ restored: RestoredState) async throws {
        var restored = restored
        if let finding = checked.finding { try await acceptFinding(finding, &restored) }
        if journal.noteClock(.now()) { clockIsSetBack() }
        let origin = checked.finding == nil ? checked.origin : nil
        let changes = { (index: UInt64) in origin.map { [StateChange.originStarted($0.begun(by: index))] } ?? [] }
        let moment = Moment.now()
        // As old as the record says: so the counts of this run can be computed from the log.
        if checked.finding == nil { counters.adopt(restored.counters, now: moment) }
        let start = Record.start(
            version: configuration.version, undelivered: restored.undelivered.count, origin: signer.signer.key.name)
        if try await !begin(start, at: moment, changes: changes) {
            guard isStartPossibleUnrecorded(restored) else { throw unavailable(journal.failure ?? "it failed") }
            log.error("the start is recorded when the log can be written; until then nothing is granted")
        }
        leases.takeUp(restored.leases)
        try await loadPolicy(restored)
        core.endWhatIsOver()
        try await finishBeginning()
        if restored.prunedBefore > 0 { Task { await ledger.prune() } }
        journal.commitOutcomes()
    }

    /// Whether to start with a log that cannot be written, so that people can look and revoke: not a log that begins, and
    /// not where the start itself is to change who may do what.
    private func isStartPossibleUnrecorded(_ restored: RestoredState) -> Bool {
        checked.finding == nil && checked.origin == nil && !restored.bootstrapNeeded && !configuration.recoverAdmin
    }

    // MARK: Timeouts

    private func sweepLater() {
        _ = loop.timer(after: .microseconds(Self.sweepUSec)) { [weak self] in
            self?.assumeIsolated { $0.sweep() }
        }
    }

    private func sweep() {
        guard !core.sessions.isOver else { return }
        if core.sweep() { clockIsSetBack() }
        sweepCount += 1
        // Every second: commits look for themselves.
        if sweepCount % 4 == 0 {
            checkFiles()
            saySuppressed()
        }
        if sweepCount % 8 == 0 { retryListeners() }
        noticeChanges()
        sweepLater()
    }

    // MARK: Stop

    /// Has `body` called when the opener has ended and this process may start no other.
    package func onOpenerLoss(_ body: @escaping @Sendable () -> Void) { opener.onLoss(body) }

    /// No new connection and no new call; what is in flight is finished, then the last records are written.
    package func stop(_ done: @escaping @Sendable () -> Void) {
        // Another daemon has all of it, and goes on as soon as this process has ended.
        if ledgerCare.isLetGo, let isOver = handover.onOver { return isOver() }
        guard core.sessions.leave() else { return }
        wakeFollowers()
        onStopped = done
        credentialGuard.giveUp()
        for listener in listeners { if let watch = listener.watch { loop.unwatch(watch) } }
        listeners = []
        metricsEndpoint?.stop()
        closeStore()
        _ = loop.timer(after: .microseconds(Self.farewellUSec)) { [weak self] in
            self?.assumeIsolated { broker in
                broker.core.sessions.endAll()
                broker.store = nil
                broker.finishIfLeft()
            }
        }
        finishIfLeft()
    }

    /// Ends the broker as soon as nothing is in flight any more.
    func finishIfLeft() {
        guard store?.isIdle ?? true else { return }
        if core.sessions.closeIfLeft() { Task { await writeLastRecords() } }
    }

    private func writeLastRecords() async {
        core.denials.recordFolded()
        await recordStop()
        await writeLastCheckpoint()
        core.sessions.stopped()
        stopListeningForTakeover()
        await ledger.close()
        await untilCredentialsEnd()
        log.notice("stopped", metadata: ["records": "\(journal.committed)"])
        onStopped?()
    }

    /// To who still reads a credential, or the zeros in place of one, the end of this process would be its end.
    package func untilCredentialsEnd() async {
        for _ in 0..<(Self.lastReadUSec / Self.lastLookUSec) {
            if credentialGuard.isEmpty, failedCredentials.isEmpty { return }
            // Time in which the machine sleeps is none.
            await sleep(microseconds: Self.lastLookUSec)
        }
        log.error(
            "service managers have not read that they get no credential",
            metadata: [
                "connections": "\(max(credentialGuard.count, failedCredentials.count))",
                "remedy":
                    "systemctl restart what is being started with LoadCredential= from here: it may have half of one",
            ])
    }

    /// How often the last record is tried: on a full file system each failure gives back some of what is kept aside.
    private static let stopAttempts = 4

    /// The `stop` record, and with it the outcomes that are in no record yet. Where the log cannot be written, also after
    /// it was opened again, the next start records them as unknown.
    private func recordStop() async {
        var tried: UInt64?
        for _ in 0..<Self.stopAttempts where journal.finding == nil {
            if !journal.isWorking { await reopenLedgerOnce() }
            guard journal.isWorking else { continue }
            // One whose commit failed may be there nevertheless.
            if let tried, journal.opened > tried, !journal.owesOutcomes { return }
            let changes = { (index: UInt64) -> [StateChange] in
                tried = index
                return []
            }
            do throws(VarlinkError) {
                _ = try await record(.stop(records: journal.nextIndex + 1), changes: changes)
                return
            } catch {
                // Whoever noticed it has logged it; `commitFailed` may be opening the ledger again by now.
            }
        }
    }
}
