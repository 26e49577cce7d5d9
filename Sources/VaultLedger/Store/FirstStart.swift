// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import Records
internal import SystemPackage

/// Tells a log that begins from one that was lost.
///
/// The file `STATE/log.beginning` is durable before anything else of a new log is made, and it goes when the first records
/// and a checkpoint over them are durable, before anybody is served:
///
/// | a crash after | leaves | the next start |
/// |---|---|---|
/// | the mark | the mark alone | begins |
/// | the database, its tables, the key, the file of checkpoints | these, the mark, no record | begins, with that key |
/// | the first record | a log without a checkpoint, the mark | goes on, and signs |
/// | the first checkpoint | a log that is signed, the mark | goes on; without the database there is a finding |
/// | the mark was removed | a log that is signed | goes on; without the database there is a finding |
///
/// So whoever was served was served by a log that cannot be lost in silence: without the mark, a key or a file of
/// checkpoints and no records are a ``LogFinding``.
struct FirstStart {
    let directory: StateDirectory

    /// Whether a log was begun here and nobody has been served from it.
    var isUnderWay: Bool { directory.has(directory.beginning) }

    /// The names of the files that a log leaves beside its database.
    var traces: [String] {
        [directory.key, directory.checkpoints, directory.revoked].filter { directory.has($0) }.compactMap {
            $0.lastComponent?.string
        }
    }

    /// Before the database is made: sets the mark where there is nothing of a log.
    func begin() throws(LedgerError) {
        guard !directory.hasDatabase, traces.isEmpty, !isUnderWay else { return }
        _ = try directory.open(directory.beginning, O_WRONLY | O_CREAT)
        try directory.synchronize()
    }

    /// Takes the mark away: the log has records, and a checkpoint outside of the database says so.
    func end() throws(LedgerError) {
        guard isUnderWay else { return }
        try directory.failing("remove", directory.beginning) { () throws(Errno) in
            _ = try directory.beginning.unlink()
        }
        try directory.synchronize()
    }
}
