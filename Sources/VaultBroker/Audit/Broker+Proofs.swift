// SPDX-License-Identifier: Apache-2.0

import Records
import TransparencyLog
import Varlink
import VaultCore
import VaultInterface
import VaultLedger

/// What outsiders can check without the log: receipts, checkpoints, and the signatures of witnesses.
extension Broker {
    /// A receipt for one record. A checkpoint that witnesses have signed is preferred; one is signed where none covers the
    /// record yet.
    func prove(
        _ parameters: AuditInterface.Prove.Parameters, _ session: Session
    ) async throws(VarlinkError) -> AuditInterface.Prove.Reply {
        guard let index = UInt64(exactly: parameters.record) else { throw .invalidParameter("record") }
        try recordReading("prove", session)
        do {
            guard index < journal.committed else {
                throw BrokerError.notFound(name: "record \(index)").varlinkError
            }
            let head = try await head(covering: index)
            guard let proof = try await reader.inclusionProof(of: index, in: head.size) else {
                throw BrokerError.notFound(name: "record \(index)").varlinkError
            }
            // Its bytes go along, so that the receipt needs nothing besides the key.
            let leaf = index < journal.prunedBefore ? nil : try await reader.record(index)?.text
            // The path is made of stored hashes; a receipt whose record is not what was hashed proves nothing to anybody.
            if let leaf, !proof.proves(.leaf(leaf), in: try Checkpoint(parsing: head.note.text).root) {
                throw LedgerError(
                    .damaged, "record \(index) or its hash was edited, so that nothing proves it",
                    remedy: "see what `vault audit verify` finds")
            }
            return .init(proof: LogProof(index: index, path: proof.path, extra: leaf, checkpoint: head.note).text)
        } catch {
            throw Self.varlinkError(error)
        }
    }

    func checkpoint(
        _ parameters: AuditInterface.Checkpoint.Parameters, _ session: Session
    ) async throws(VarlinkError) -> AuditInterface.Checkpoint.Reply {
        try recordReading("checkpoint", session)
        do {
            let head = try await checkpoint()
            var path: [TreeHash] = []
            if let since = parameters.since {
                guard let old = UInt64(exactly: since),
                    let proof = try await reader.consistencyProof(from: old, to: head.size)
                else { throw VarlinkError.invalidParameter("since") }
                path = proof.path
            }
            return .init(
                note: head.note.published, key: signer.signer.key.description, consistency: path.map(\.base64))
        } catch {
            throw Self.varlinkError(error)
        }
    }

    /// Keeps what others have signed. It is not the log's to say whose signatures are worth anything; what is checked is
    /// that the note is a checkpoint of this log.
    func addCosignature(
        _ parameters: AuditInterface.AddCosignature.Parameters, _ session: Session
    ) async throws(VarlinkError) -> AuditInterface.AddCosignature.Reply {
        let (checkpoint, note) = try await ownCheckpoint(parameters.note)
        let own = signer.signer.key
        let others = note.signatures.filter { $0.name != own.name || $0.keyID != own.id }
        guard !others.isEmpty else { throw refused("it has no other signature than the log's own") }
        guard others.allSatisfy({ $0.signature.count >= Self.shortestSignature }) else {
            throw refused("it has a signature that is too short to be one")
        }
        try await checkRoom(for: others, at: checkpoint.size)
        let log = note.signatures.filter { $0.name == own.name && $0.keyID == own.id }
        guard let bare = try? SignedNote(text: note.text, signatures: log) else { throw refused("it has no text") }
        var changes: [StateChange] = [.checkpoint(StoredCheckpoint(size: checkpoint.size, note: bare.published))]
        changes += others.map { .cosignature(size: checkpoint.size, line: $0.line) }
        let all = changes
        let changesOf = { (_: UInt64) in all }
        try await stillPermits([.audit], session)
        let record = try await record(
            .cosignatureAdd(
                peer: session.authorText, size: checkpoint.size, names: others.map(\.name)),
            changes: changesOf)
        await noteCosigned(checkpoint.size)
        return .init(record: Int(record))
    }

    /// An Ed25519 signature; a cosignature has its time besides, and every other kind that C2SP names is longer.
    private static let shortestSignature = 64
    /// The most signatures of others that are kept for one checkpoint: with the log's own it stays a note.
    private static let cosignatureLimit = SignedNote.signatureLimit - 1

    /// Refuses what would make the note of a checkpoint one that nobody reads any more.
    private func checkRoom(for others: [NoteSignature], at size: UInt64) async throws(VarlinkError) {
        do {
            let all = Set(try await reader.cosignatures(at: size)).union(others)
            guard all.count <= Self.cosignatureLimit else {
                throw refused("the checkpoint over \(size) records would have too many signatures")
            }
        } catch {
            throw Self.varlinkError(error)
        }
    }

    /// Reads a note, and refuses one that is no checkpoint of this log.
    private func ownCheckpoint(_ text: String) async throws(VarlinkError) -> (Checkpoint, SignedNote) {
        let key = signer.signer.key
        do {
            let note = try SignedNote(parsing: text)
            let checkpoint = try Checkpoint(verifying: note, origin: key.name, keys: [key])
            guard try await reader.root(at: checkpoint.size) == checkpoint.root else {
                throw refused("its root is not the log's over \(checkpoint.size) records")
            }
            return (checkpoint, note)
        } catch {
            if let error = error as? NoteError { throw refused("\(error)") }
            throw Self.varlinkError(error)
        }
    }

    private func refused(_ message: String) -> VarlinkError {
        AuditError.noteRefused(message: message).varlinkError
    }

    /// A checkpoint that covers a record.
    private func head(covering index: UInt64) async throws -> SignedCheckpoint {
        if let stored = try await reader.cosignedCheckpoint(covering: index, origin: signer.signer.key.name) {
            var note = try SignedNote(parsing: stored.note)
            // Two calls at the same time may have stored more.
            note.add(Array(stored.cosignatures.prefix(Self.cosignatureLimit)))
            return SignedCheckpoint(size: stored.size, note: note)
        }
        if let newest = checkpoints.newest, newest.size > index, journal.finding == nil { return newest }
        return try await checkpoint()
    }

    private static func varlinkError(_ error: any Error) -> VarlinkError {
        if let error = error as? VarlinkError { return error }
        let message = (error as? LedgerError)?.message ?? "\(error)"
        return BrokerError.auditUnavailable(message: message).varlinkError
    }
}
