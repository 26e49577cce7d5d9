// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Records
import SystemPackage
import TransparencyLog
import VaultCore
import VaultInterface
import VaultLedger

/// What `Status` says of the log, and the looks at its files that it rests on.
extension Broker {
    func logStatus() async -> AdminInterface.LogStatus {
        var log = AdminInterface.LogStatus(
            working: journal.isWorking, records: Int(journal.committed),
            root: Hexadecimal.encode(journal.root), state: configuration.stateDirectory)
        if journal.finding == nil {
            log.origin = signer.signer.key.name
            log.key = signer.signer.key.description
        }
        log.signed = checkpoints.newest.map { Int($0.size) }
        log.newestCheckpointUSec = checkpoints.newestUSec.map { Int($0) }
        log.prunedBefore = journal.prunedBefore > 0 ? Int(journal.prunedBefore) : nil
        log.problem = journal.failure
        log.finding = journal.damage?.finding
        log.remedy = journal.damage?.remedy
        if let files = ledgerCare.files {
            log.databaseBytes = Int(files.databaseBytes)
            log.writeAheadLogBytes = Int(files.logBytes)
            if files.isLogTooLarge { log.readers = await foreignReaders().map(\.words) }
        }
        return log
    }

    func logProblems() async -> [StatusProblem] {
        var problems: [StatusProblem] = []
        switch journal.health {
        case .working:
            if let files = ledgerCare.files, !files.hasRoom {
                problems.append(
                    .init(
                        "the file system of the log is full: grants are refused, what is kept aside is for revocations",
                        remedy: "make room for \(configuration.stateDirectory) (df)"))
            }
        case .failed(let error):
            let remedy =
                journal.damage?.remedy
                ?? "make room or mend what is wrong with \(configuration.stateDirectory) (df, the system's log);"
                + " the broker tries again by itself"
            problems.append(
                .init("the log cannot be written: \(error.message); nothing is granted until it can", remedy: remedy))
        case .distrusted(let finding):
            problems.append(.init("nothing is granted: \(finding)", remedy: finding.remedy))
        }
        if let problem = checkpoints.problem {
            problems.append(
                .init(
                    "the log cannot be signed: \(problem)",
                    remedy: "see that \(configuration.stateDirectory)/checkpoints can be written; it is tried again"))
        }
        if let files = ledgerCare.files, files.isLogTooLarge {
            problems.append(growthProblem(files, await foreignReaders()))
        }
        return problems
    }

    // MARK: Growth

    private func growthProblem(_ files: LedgerFiles, _ readers: [ForeignReader]) -> StatusProblem {
        let size = "the log's write-ahead log has grown to \(files.logBytes >> 20) MiB"
        guard !readers.isEmpty else {
            return .init(
                "\(size): another process keeps reading in one transaction",
                remedy: "find it with `fuser -v \(configuration.stateDirectory)/ledger.db-shm`, and end it or wait for"
                    + " its end; the file becomes small again by itself")
        }
        let pids = readers.map { "\($0.pid)" }.joined(separator: " ")
        return .init(
            "\(size): it is read in one transaction by \(readers.map(\.words).joined(separator: ", "))",
            remedy: "wait for its end, or kill \(pids); the file becomes small again by itself")
    }

    private func foreignReaders() async -> [ForeignReader] {
        let directory = FilePath(configuration.stateDirectory)
        return await work.run { ForeignReaders(directory: directory).find() }
    }

    /// Says once that the file has grown, and once that this is over.
    private func noteGrowth(_ files: LedgerFiles) {
        guard files.isLogTooLarge != ledgerCare.isGrowthTold else { return }
        ledgerCare.isGrowthTold = files.isLogTooLarge
        guard files.isLogTooLarge else {
            log.notice("the log's write-ahead log is small again", metadata: ["bytes": "\(files.logBytes)"])
            return
        }
        Task {
            let problem = growthProblem(files, await foreignReaders())
            log.warning("\(problem.message). Try: \(problem.remedy)")
        }
    }

    /// Looks how large the files are, and whether somebody removed, replaced or cut them: a commit notices that, and there may
    /// be none.
    func checkFiles() {
        guard journal.isWorking, !ledgerCare.isLookingAtFiles else { return }
        ledgerCare.isLookingAtFiles = true
        Task {
            defer { ledgerCare.isLookingAtFiles = false }
            do throws(LedgerError) {
                guard let files = try await ledger.checkFiles() else { return }
                ledgerCare.files = files
                noteGrowth(files)
            } catch {
                // A commit that is under way now finds out by itself.
                if journal.isWorking, !journal.isCommitting { await commitFailed(error) }
            }
        }
    }
}

extension ForeignReader {
    /// For people. The name is the process's own choice: who shows it escapes it.
    fileprivate var words: String {
        command.isEmpty ? "pid \(pid)" : "\(command) (pid \(pid))"
    }
}
