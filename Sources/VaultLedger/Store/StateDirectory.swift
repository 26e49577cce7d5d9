// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import Records
package import SystemPackage

/// The directory of the daemon's state, and the names of the files in it.
package struct StateDirectory: Sendable, Equatable {
    package let path: FilePath

    /// A relative path stays relative; SQLite would take one such as `file:x` for a URI.
    package init(_ path: FilePath) {
        self.path = path.isRelative ? FilePath(".").appending(path.components) : path
    }

    package var database: FilePath { path.appending("ledger.db") }
    package var databaseLog: FilePath { path.appending("ledger.db-wal") }
    var sharedMemory: FilePath { path.appending("ledger.db-shm") }
    /// There while a log begins (``FirstStart``).
    package var beginning: FilePath { path.appending("log.beginning") }
    package var index: FilePath { path.appending("index.db") }
    package var lock: FilePath { path.appending("ledger.lock") }
    package var reserve: FilePath { path.appending("reserve") }
    package var revoked: FilePath { path.appending("revoked") }
    package var key: FilePath { path.appending("log.key") }
    package var checkpoints: FilePath { path.appending("checkpoints") }

    /// Makes the directory, and those above it, where they are missing: mode 0700, each durable in its parent.
    ///
    /// Refuses a directory that anybody but its owner and root may write: they could replace the ledger.
    func prepare() throws(LedgerError) {
        try make(path)
        let status = try failing("inspect", path) { () throws(Errno) in
            try FileStatus(of: OwnedDescriptor.open(path, flags: O_RDONLY | O_DIRECTORY))
        }
        guard status.uid == geteuid() || status.uid == 0 else {
            throw LedgerError(
                .directory, "the state directory \(path) belongs to uid \(status.uid), not to uid \(geteuid())",
                remedy: "give it to the user that the daemon runs as, or choose another with --state")
        }
        guard status.mode & 0o022 == 0 else {
            throw LedgerError(
                .directory, "the state directory \(path) may be written by others than its owner",
                remedy: "chmod 700 \(path)")
        }
    }

    private func make(_ directory: FilePath) throws(LedgerError) {
        do throws(Errno) {
            guard try directory.makeDirectory(mode: 0o700) else { return }
        } catch {
            guard error == .noSuchFileOrDirectory, directory.components.count > 1 else {
                throw failure("make", directory, error)
            }
            try make(directory.directory)
            return try make(directory)
        }
        try synchronize(directory.directory)
    }

    /// Refuses a directory whose database is gone.
    func requireDatabase() throws(LedgerError) {
        if !has(database) { throw DatabaseWatch.changed(self, "was removed") }
    }

    /// Whether there is anything of that name.
    func has(_ file: FilePath) -> Bool {
        do throws(Errno) {
            _ = try FileStatus(ofPath: file, followingLinks: false)
            return true
        } catch {
            return error != .noSuchFileOrDirectory
        }
    }

    /// Whether there is a database in which anything was ever stored.
    var hasDatabase: Bool {
        (try? FileStatus(ofPath: database, followingLinks: false)).map { $0.size > 0 } ?? false
    }

    /// Makes the directory's entries durable.
    func synchronize() throws(LedgerError) {
        try synchronize(path)
    }

    private func synchronize(_ directory: FilePath) throws(LedgerError) {
        try failing("synchronise", directory) { () throws(Errno) in try directory.synchronizeDirectory() }
    }

    /// Opens a file of this directory, by `flags` of open(2), never through a link; what it makes has mode 0600.
    func open(_ file: FilePath, _ flags: CInt) throws(LedgerError) -> OwnedDescriptor {
        try failing("open", file) { () throws(Errno) in
            try OwnedDescriptor.open(file, flags: flags | O_NOFOLLOW, mode: 0o600)
        }
    }

    func failing<Value: ~Copyable>(
        _ verb: String, _ file: FilePath, _ body: () throws(Errno) -> Value
    ) throws(LedgerError) -> Value {
        do throws(Errno) {
            return try body()
        } catch {
            throw failure(verb, file, error)
        }
    }

    func failure(_ verb: String, _ file: FilePath, _ error: Errno) -> LedgerError {
        let remedy =
            switch error {
            case .permissionDenied, .notPermitted: "check who owns it: the daemon runs as uid \(geteuid())"
            case .noSpace: LedgerError.noRoom
            case .readOnlyFileSystem: "choose a directory that can be written, with --state"
            default: "check \(file) and the file system that it is on"
            }
        return LedgerError(.directory, "cannot \(verb) \(file): \(error)", remedy: remedy)
    }
}
