// SPDX-License-Identifier: Apache-2.0

import CSQLite
import Descriptors
import GRDB
import Glibc
import Records
package import SystemPackage

/// A copy of a state directory from which the daemon can be started, taken while another process writes it.
///
/// What is copied first is never newer than what is copied after it, so that the copy is a state in which the log has been:
///
/// 1. the file of checkpoints: the database is to have at least as many records as they cover;
/// 2. `revoked`: what is recorded and cleared while the copy is made is in the database;
/// 3. the signing key, where it lies there;
/// 4. the database, in one read transaction (`sqlite3_backup(3)`), which keeps its WAL from beginning anew for so long.
///
/// The index is made anew, space is kept aside anew, the lock and `log.beginning` belong to the process. The copy appears whole
/// or not at all: it is made beside its place, each file of mode 0600, synchronised, and renamed. Blocks.
package struct LedgerBackup {
    private let source: StateDirectory
    private let target: FilePath
    private let draft: StateDirectory

    /// What was copied.
    package struct Summary: Sendable, Equatable {
        package var records: UInt64
        /// The bytes of the database.
        package var bytes: Int64
        /// Whether the signing key lay in the directory, and is in the copy.
        package var hasKey: Bool
    }

    /// - Parameter target: nothing, or an empty directory. What it lies in is there.
    package init(of database: FilePath, to target: FilePath) {
        source = StateDirectory(database.removingLastComponent().isEmpty ? "." : database.removingLastComponent())
        self.target = target
        let name = target.lastComponent?.string ?? "backup"
        draft = StateDirectory(target.directory.appending(".\(name).partial-\(getpid())"))
    }

    package func run() throws(LedgerError) -> Summary {
        try checkTarget()
        try draft.failing("make", draft.path) { () throws(Errno) in
            guard try draft.path.makeDirectory(mode: 0o700) else { throw .fileExists }
        }
        do throws(LedgerError) {
            let summary = try copy()
            try publish()
            return summary
        } catch {
            removeDraft()
            throw error
        }
    }

    private func checkTarget() throws(LedgerError) {
        do throws(Errno) {
            guard try target.entryNames().isEmpty else { throw .directoryNotEmpty }
        } catch .noSuchFileOrDirectory {
            return
        } catch {
            throw LedgerError(
                .directory, "cannot write to \(target): \(error)",
                remedy: "name a directory that is empty, or one that is not there yet")
        }
    }

    private func copy() throws(LedgerError) -> Summary {
        try copy(source.checkpoints, to: draft.checkpoints)
        try copy(source.revoked, to: draft.revoked)
        let hasKey = try copy(source.key, to: draft.key)
        let records = try copyDatabase()
        let status = try draft.failing("inspect", draft.database) { () throws(Errno) in
            let file = try OwnedDescriptor.open(draft.database)
            try file.synchronize()
            return try FileStatus(of: file)
        }
        return Summary(records: records, bytes: status.size, hasKey: hasKey)
    }

    /// - Returns: false where there is no such file.
    @discardableResult
    private func copy(_ file: FilePath, to copy: FilePath) throws(LedgerError) -> Bool {
        guard source.has(file) else { return false }
        let from = try source.open(file, O_RDONLY)
        let to = try draft.open(copy, O_WRONLY | O_CREAT | O_EXCL)
        while true {
            let chunk = try source.failing("read", file) { () throws(Errno) in try from.readPrefix(1 << 20) }
            if chunk.isEmpty { break }
            try draft.failing("write", copy) { () throws(Errno) in try to.writeAll(chunk.span) }
        }
        try draft.failing("synchronise", copy) { () throws(Errno) in try to.synchronize() }
        return true
    }

    /// - Returns: how many records the copy has.
    private func copyDatabase() throws(LedgerError) -> UInt64 {
        // With this mode from its beginning on.
        _ = try draft.open(draft.database, O_WRONLY | O_CREAT | O_EXCL)
        let connection = ReaderRegistry(database: source.database).makeConnection()
        defer { connection.disconnect() }
        let path = draft.database
        return try connection.read { database in
            let records = try StateTables(database: database).tree().size
            do {
                let copy = try DatabaseQueue(
                    path: path.string, configuration: Configuration(label: "backup", timeout: 5))
                try copy.writeWithoutTransaction { copy in
                    // It shares a disk with the log: written at once, commits would wait for all of it.
                    try check(csqlite_pace_writes(copy.sqliteConnection, PageMover.step))
                    defer { csqlite_stop_pacing(copy.sqliteConnection) }
                    try database.backup(to: copy)
                }
                try copy.close()
            } catch {
                throw LedgerError(error, committing: path.string)
            }
            return records
        }
    }

    private func check(_ code: CInt) throws {
        guard code == SQLITE_OK else { throw DatabaseError(resultCode: ResultCode(rawValue: code)) }
    }

    private func publish() throws(LedgerError) {
        try draft.synchronize()
        try draft.failing("rename", draft.path) { () throws(Errno) in
            try draft.path.rename(to: target)
            try target.directory.synchronizeDirectory()
        }
    }

    private func removeDraft() {
        let names = (try? draft.path.entryNames()) ?? []
        for name in names {
            _ = try? draft.path.appending(String(decoding: name, as: UTF8.self)).unlink()
        }
        _ = draft.path.withPlatformString { rmdir($0) }
    }
}
