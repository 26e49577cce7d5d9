// SPDX-License-Identifier: Apache-2.0

import Records
import VaultLedger

/// The state of the log as the loop sees it: the batch that is being collected, the one that is being committed, and
/// whether the log can be written at all.
struct Recording {
    enum Health {
        case working
        /// A commit failed. Nothing is granted until the ledger has been opened again.
        case failed(LedgerError)
        /// The database is not the log that was signed. Nothing is granted and no record is added to it.
        case distrusted(LogFinding)
    }

    var health = Health.working
    /// The index that the next record gets.
    private(set) var nextIndex: UInt64 = 0
    /// Records up to here are durable.
    private(set) var committed: UInt64 = 0
    /// How many records there were when the ledger was last opened.
    private(set) var opened: UInt64 = 0
    /// The RFC 6962 root over the durable records, 32 bytes.
    private(set) var root: [UInt8] = []
    /// The texts of the records below this index have been pruned, or are being pruned.
    var prunedBefore: UInt64 = 0
    /// The newest time in a record: a clock that shows less has been set back.
    var newestUSec: Int64 = 0
    /// The clock showed less than that when the last record was appended.
    var isClockBehind = false
    var collecting = CollectingBatch()
    var inFlight: CollectingBatch?
    /// When the commit that is under way began (boot clock); nil when none is.
    var commitBeganUSec: Int64?
    /// A commit of `collecting` has been asked for at the end of this turn.
    var isScheduled = false
    /// A timer runs after which outcomes that found no batch to ride with are committed by themselves.
    var isDeliveryTimed = false
    /// Whose turn it is to open the ledger again after a failed commit.
    var reopening = Turn()
    /// When that last succeeded (boot clock).
    var openedUSec: Int64 = 0
    /// The files of the ledger, as they were looked at last; nil before that.
    var files: LedgerFiles?
    /// They are being looked at.
    var isLookingAtFiles = false
    /// It was said that the write-ahead log has grown too large.
    var isGrowthTold = false
    /// Revocations that are already in force, to be recorded as soon as the log can be written again.
    var owed: [OwedRevocation] = []

    var isWorking: Bool { if case .working = health { true } else { false } }

    /// What those are told who ask for what needs a record.
    var failure: String? {
        switch health {
        case .working: nil
        case .failed(let error): error.message
        case .distrusted(let finding): "\(finding); to go on, \(finding.remedy)"
        }
    }

    /// What is wrong with the database itself, and what to do: it is not what was signed, or not what was committed to it.
    var damage: (finding: String, remedy: String)? {
        switch health {
        case .distrusted(let finding): ("\(finding)", finding.remedy)
        case .failed(let error) where error.kind == .changedUnderneath || error.kind == .damaged:
            (error.message, error.remedy)
        case .working, .failed: nil
        }
    }

    var finding: LogFinding? { if case .distrusted(let finding) = health { finding } else { nil } }

    /// Gives out the next index.
    mutating func takeIndex() -> UInt64 {
        defer { nextIndex += 1 }
        return nextIndex
    }

    /// The clock is right, whatever was recorded before.
    mutating func acceptClock(_ wallUSec: Int64) {
        newestUSec = wallUSec
        isClockBehind = false
    }

    mutating func committed(_ tree: TreeState) {
        committed = tree.size
        root = tree.root
    }

    /// Takes up what the ledger really holds, at start and after a failed commit.
    mutating func adopt(_ restored: RestoredState) {
        nextIndex = restored.size
        committed = restored.size
        opened = restored.size
        root = restored.root
        prunedBefore = restored.prunedBefore
        newestUSec = max(newestUSec, restored.lastTimeUSec)
    }
}
