// SPDX-License-Identifier: Apache-2.0

import GRDB
import Records
package import SystemPackage
package import TransparencyLog
internal import VaultModel

/// Compares the database with the checkpoints outside of it, at each start, before anything is granted.
///
/// Only checkpoints of the current origin count. The database must be at least as large as the largest of them and have
/// the same root at that size; the root is computed from the stored tiles, so that a start does not read the whole log.
/// Blocks; called before the event loop runs.
package struct StartCheck {
    /// What the log is called unless it is already called something.
    private let usualOrigin: String
    private let directory: StateDirectory
    /// A key that somebody else keeps.
    private let credential: NoteSigner?

    /// - Parameters:
    ///   - origin: the name of a log that begins now; one that has a name keeps it.
    ///   - credential: the key where it does not lie in the directory.
    package init(directory: FilePath, origin: String, credential: NoteSigner? = nil) {
        self.directory = StateDirectory(directory)
        usualOrigin = origin
        self.credential = credential
    }

    /// What is to be signed with, and what was found.
    package struct Outcome: Sendable {
        /// Named as the log is from now on.
        package var signer: NoteSigner
        package var file: CheckpointFile
        /// The newest checkpoint of the current origin, where there is one.
        package var newest: SignedNote?
        /// Why the database cannot be trusted.
        package var finding: LogFinding?
        /// The origin that is to be stored with the next record, since the log has none yet.
        package var origin: StoredOrigin?
        /// The leases that end with an accepted finding.
        package var endedLeases: [StoredLease] = []
        /// What a person should know, and no reason to stop.
        package var warning: String?
        /// There is no key: ``signer`` has one that is stored nowhere, and signs nothing.
        var lacksKey = false
    }

    package func run(_ restored: RestoredState) throws(LedgerError) -> Outcome {
        // Before this start makes any of them.
        let traces = FirstStart(directory: directory).isUnderWay ? [] : FirstStart(directory: directory).traces
        let file = try CheckpointFile(directory)
        let notes = try file.newest().compactMap(ParsedNote.init)
        guard let current = restored.origins.last else { return try begin(restored, file, notes, traces) }
        guard let key = try storedKey() else {
            var outcome = try withoutKey(current.name, file, notes)
            outcome.finding = .keyMissing(expected: current.key)
            return outcome
        }
        let signer = try Self.call { () throws(NoteError) in try key.renamed(current.name) }
        var outcome = Outcome(signer: signer, file: file, newest: notes.last?.note)
        if signer.key.description != current.key {
            outcome.finding = .otherKey(expected: current.key)
        } else {
            try compare(restored, current, notes, &outcome)
        }
        if outcome.finding == nil, let revision = try tables().alteredRevision(restored) {
            outcome.finding = .policyAltered(revision: revision)
        }
        return outcome
    }

    /// After a finding was accepted: the log goes on under a new name, with the key that is there, and without leases.
    package func accept(_ checked: Outcome, _ restored: inout RestoredState) throws(LedgerError) -> Outcome {
        let last = checked.newest.flatMap(ParsedNote.init)?.checkpoint.origin ?? restored.origins.last?.name
        var name = StoredOrigin.name(after: last ?? usualOrigin)
        while restored.origins.contains(where: { $0.name == name }) { name = StoredOrigin.name(after: name) }
        let key = checked.lacksKey ? try LogKeyFile.make(named: name, in: directory) : checked.signer
        var accepted = checked
        accepted.lacksKey = false
        accepted.signer = try Self.call { () throws(NoteError) in try key.renamed(name) }
        accepted.origin = StoredOrigin(
            number: (restored.origins.last?.number ?? 0).saturatingAdding(1), name: name,
            key: accepted.signer.key.description,
            record: restored.size)
        accepted.endedLeases = restored.leases
        restored.leases = []
        if let revision = checked.finding?.alteredRevision {
            // What a later revision took back stays taken back.
            restored.policy = try tables().policy(from: revision)
        }
        return accepted
    }

    /// A log without a name: it begins, or was written before logs had names, or it is not the one that was here.
    private func begin(
        _ restored: RestoredState, _ file: CheckpointFile, _ notes: [ParsedNote], _ traces: [String]
    ) throws(LedgerError) -> Outcome {
        let name = notes.last?.checkpoint.origin ?? usualOrigin
        let finding: LogFinding? =
            if let newest = notes.last {
                .newDatabase(signed: newest.checkpoint.size)
            } else if restored.size == 0, !traces.isEmpty {
                .lost(traces: traces)
            } else {
                nil
            }
        let stored = try storedKey()
        if let finding, stored == nil {
            var outcome = try withoutKey(name, file, notes)
            outcome.finding = finding
            return outcome
        }
        let key = if let stored { stored } else { try LogKeyFile.make(named: name, in: directory) }
        let signer = try Self.call { () throws(NoteError) in try key.renamed(name) }
        var outcome = Outcome(signer: signer, file: file, newest: notes.last?.note, finding: finding)
        if finding == nil {
            outcome.origin = StoredOrigin(number: 1, name: name, key: signer.key.description, record: restored.size)
        }
        return outcome
    }

    /// Nothing is signed with this key unless the finding is accepted, and then with one that is stored.
    private func withoutKey(
        _ name: String, _ file: CheckpointFile, _ notes: [ParsedNote]
    ) throws(LedgerError) -> Outcome {
        let signer = try Self.call { () throws(NoteError) in try NoteSigner(name: name) }
        return Outcome(signer: signer, file: file, newest: notes.last?.note, lacksKey: true)
    }

    private func compare(
        _ restored: RestoredState, _ current: StoredOrigin, _ all: [ParsedNote], _ outcome: inout Outcome
    ) throws(LedgerError) {
        if let last = all.last?.checkpoint.origin, !restored.origins.contains(where: { $0.name == last }) {
            let isLater = restored.origins.contains { StoredOrigin.name(after: $0.name) == last }
            outcome.finding =
                isLater
                ? .earlierOrigin(found: current.name, signed: last) : .otherLog(found: current.name, signed: last)
            return
        }
        let notes = all.filter { $0.checkpoint.origin == current.name }
        let tables = try tables()
        guard let newest = notes.max(by: { $0.checkpoint.size < $1.checkpoint.size }) else {
            outcome.newest = nil
            return try restoreFile(after: 0, &outcome)
        }
        outcome.newest = newest.note
        let signed = newest.checkpoint.size
        guard newest.isSigned(by: outcome.signer.key) else {
            outcome.finding = .badSignature(signed: signed)
            return
        }
        if try tables.fits(newest.checkpoint) {
            return try restoreFile(after: signed, &outcome)
        }
        let earlier = notes.filter { $0.checkpoint.size < signed && $0.isSigned(by: outcome.signer.key) }
        let fitting = try tables.newestFitting(earlier)
        let comparable = earlier.contains { $0.checkpoint.size <= restored.size }
        outcome.finding =
            if fitting == nil, comparable || restored.size >= signed {
                .replaced(size: restored.size, signed: signed)
            } else if restored.size < signed {
                .rolledBack(size: restored.size, signed: signed)
            } else {
                .altered(fits: fitting?.checkpoint.size ?? 0, signed: signed)
            }
    }

    /// The file was cut or lost, and the database still has what was in it: that goes back into the file.
    /// - Parameter signed: what the newest checkpoint that is left in it covers.
    private func restoreFile(after signed: UInt64, _ outcome: inout Outcome) throws(LedgerError) {
        let tables = try tables()
        guard let stored = try tables.newestCheckpoint(of: outcome.signer.key.name), stored.size > signed,
            let note = try? SignedNote(parsing: stored.note), let parsed = ParsedNote(note)
        else { return }
        guard parsed.isSigned(by: outcome.signer.key), try tables.fits(parsed.checkpoint) else {
            outcome.finding = .altered(fits: 0, signed: parsed.checkpoint.size)
            return
        }
        try outcome.file.append(note)
        outcome.newest = note
        outcome.warning =
            "the file of checkpoints was shorter than the log: its newest, over \(stored.size) records, was added again"
    }

    private func tables() throws(LedgerError) -> StoredTables { try StoredTables(directory) }

    private func storedKey() throws(LedgerError) -> NoteSigner? {
        if let credential { return credential }
        return try LogKeyFile.read(in: directory)
    }

    private static func call<Result>(_ body: () throws(NoteError) -> Result) throws(LedgerError) -> Result {
        do {
            return try body()
        } catch {
            throw LedgerError(.directory, "\(error)", remedy: "name the log with audit.origin")
        }
    }
}

/// A note and what it says of the log.
struct ParsedNote {
    let note: SignedNote
    let checkpoint: Checkpoint

    /// Nil where the note is no checkpoint.
    init?(_ note: SignedNote) {
        guard let checkpoint = try? Checkpoint(parsing: note.text) else { return nil }
        self.note = note
        self.checkpoint = checkpoint
    }

    func isSigned(by key: NoteKey) -> Bool { (try? note.verify(with: [key])) != nil }
}

/// What the database has of its own past: roots of the tree at earlier sizes, and the policy.
private struct StoredTables {
    private let connection: ReadConnection

    init(_ directory: StateDirectory) throws(LedgerError) {
        connection = ReaderRegistry(database: directory.database).makeConnection()
    }

    /// The last of the notes that fits.
    func newestFitting(_ notes: [ParsedNote]) throws(LedgerError) -> ParsedNote? {
        for note in notes.reversed() where try fits(note.checkpoint) { return note }
        return nil
    }

    /// The newest stored one of an origin: those of earlier ones, which may be larger, stay where they are.
    func newestCheckpoint(of origin: String) throws(LedgerError) -> StoredCheckpoint? {
        let line = "\(origin)\n"
        return try connection.read { database in
            try Row.fetchOne(
                database,
                sql: "SELECT size, note FROM checkpoint WHERE substr(note, 1, ?) = ? ORDER BY size DESC LIMIT 1",
                arguments: [line.unicodeScalars.count, line]
            ).map { StoredCheckpoint(size: try $0.storedIndex(0), note: try $0.stored(1)) }
        }
    }

    /// Whether the log is at least as large and has this root at that size.
    func fits(_ checkpoint: Checkpoint) throws(LedgerError) -> Bool {
        try connection.read { database in
            let size = checkpoint.size
            return try StoredTree(database: database).read(size) { try $0.root(of: 0..<size) } == checkpoint.root
        }
    }

    /// What there is of the policy at a revision which the tables may not have, or at a later one that any row of them names:
    /// the next revision must bring nothing back.
    func policy(from revision: Int) throws(LedgerError) -> StoredPolicy {
        try connection.read { database in
            let tables = PolicyTables(database: database)
            return try tables.rows(at: max(revision, tables.newestNamed()), sha256: "")
        }
    }

    /// See ``PolicyCheck``.
    func alteredRevision(_ restored: RestoredState) throws(LedgerError) -> Int? {
        try connection.read { database in
            try PolicyCheck(database: database, size: restored.size, prunedBefore: restored.prunedBefore)
                .alteredRevision(of: restored.policy)
        }
    }
}
