// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Records
import TransparencyLog
import Varlink
import VaultCore
import VaultInterface
import VaultLedger

/// Signing the log: after the commit that is covered has returned, away from the loop, at a cadence and at stop.
extension Broker {
    /// Looks whether a checkpoint is due; called after each commit.
    func scheduleCheckpoint() {
        let now = SystemClock.bootTimeUSec()
        let uncovered = journal.committed - min(checkpoints.covered, journal.committed)
        guard !checkpoints.turn.isBusy, journal.isWorking,
            let wait = configuration.cadence.wait(
                uncovered: uncovered, sinceLastUSec: now - checkpoints.lastUSec)
        else { return }
        if wait == 0 { return writeCheckpointSoon() }
        // A timer that fires later than now needed is overtaken by another; the late one finds nothing to do.
        if let due = checkpoints.dueUSec, due <= now + wait { return }
        checkpoints.dueUSec = now + wait
        _ = loop.timer(after: .microseconds(wait)) { [weak self] in
            self?.assumeIsolated { broker in
                guard let due = broker.checkpoints.dueUSec, due <= SystemClock.bootTimeUSec() else { return }
                broker.checkpoints.dueUSec = nil
                if broker.checkpoints.covered < broker.journal.committed { broker.writeCheckpointSoon() }
            }
        }
    }

    private func writeCheckpointSoon() {
        guard !checkpoints.turn.isBusy, journal.isWorking, !core.sessions.isOver else { return }
        Task {
            do {
                _ = try await checkpoint()
            } catch {
                // Told in the log and by `status`; the next commit tries again.
            }
        }
    }

    /// A checkpoint over everything that is committed: the newest one where it is that, else one that is signed now.
    ///
    /// - Throws: also where the database is not the log: that is not signed.
    func checkpoint() async throws(LedgerError) -> SignedCheckpoint {
        if let finding = journal.finding {
            throw LedgerError(.damaged, "\(finding)", remedy: finding.remedy)
        }
        defer { scheduleCheckpoint() }
        return try await checkpoints.turn.run { () throws(LedgerError) in try await sign() }
    }

    private func sign() async throws(LedgerError) -> SignedCheckpoint {
        if let newest = checkpoints.newest, newest.size == journal.committed { return newest }
        checkpoints.lastUSec = SystemClock.bootTimeUSec()
        do throws(LedgerError) {
            let signed = try await signer.write(TreeState(size: journal.committed, root: journal.root))
            checkpoints.newest = signed
            checkpoints.newestUSec = SystemClock.wallTimeUSec()
            // It is in its file by now; the database has it with the next batch.
            journal.ride(.checkpoint(signed.stored))
            checkpoints.problem = nil
            return signed
        } catch {
            if checkpoints.problem == nil { log.error("the log cannot be signed: \(error)") }
            checkpoints.problem = error.message
            throw error
        }
    }

    /// At the end of a start: from now on the log cannot be lost without a finding (``FirstStart``).
    ///
    /// - Throws: where a log begins and cannot be signed. One that was there before serves without.
    func finishBeginning() async throws(LedgerError) {
        if checkpoints.newest == nil {
            do throws(LedgerError) {
                _ = try await checkpoint()
            } catch {
                if checked.origin != nil { throw error }
            }
        }
        if checkpoints.newest != nil { try await ledger.begun() }
    }

    /// Somebody took the files of the database away, or some of them: what was committed is signed, so that a start on less
    /// than that has a finding.
    func signWhatIsKnown() async {
        do throws(LedgerError) {
            let signed = try await checkpoint()
            log.notice("signed what was committed", metadata: ["size": "\(signed.size)"])
        } catch {
            // Told in the log, by `checkpoint`.
        }
    }

    /// The last checkpoint, over the `stop` record too. No batch follows that it could be stored with.
    func writeLastCheckpoint() async {
        guard journal.isWorking else { return }
        while (try? await checkpoint()) == nil {
            // The file of checkpoints may have needed what is kept aside.
            guard await ledger.makeRoom() else { return }
        }
        let changes = journal.takeRiders()
        for _ in 0..<2 where journal.isWorking && !changes.isEmpty {
            do throws(LedgerError) {
                let batch = Batch(firstIndex: journal.committed, changes: changes, isEssential: true)
                _ = try await ledger.commit(batch)
                return
            } catch {
                guard (try? await ledger.reopen()) != nil else { return }
            }
        }
    }
}
