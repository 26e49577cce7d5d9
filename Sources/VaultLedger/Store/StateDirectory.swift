// SPDX-License-Identifier: Apache-2.0

import Glibc
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
        let file = try open(path, .readOnly, options: [.directory, .closeOnExec])
        defer { try? file.close() }
        var status = stat()
        guard fstat(file.rawValue, &status) == 0 else { throw failure("inspect", path, Errno(rawValue: errno)) }
        guard status.st_uid == geteuid() || status.st_uid == 0 else {
            throw LedgerError(
                .directory, "the state directory \(path) belongs to uid \(status.st_uid), not to uid \(geteuid())",
                remedy: "give it to the user that the daemon runs as, or choose another with --state")
        }
        guard status.st_mode & 0o022 == 0 else {
            throw LedgerError(
                .directory, "the state directory \(path) may be written by others than its owner",
                remedy: "chmod 700 \(path)")
        }
    }

    private func make(_ directory: FilePath) throws(LedgerError) {
        if directory.withPlatformString({ mkdir($0, 0o700) }) == 0 {
            let parent = directory.removingLastComponent()
            try synchronize(parent.isEmpty ? "." : parent)
            return
        }
        switch errno {
        case EEXIST: return
        case ENOENT where directory.components.count > 1:
            try make(directory.removingLastComponent())
            try make(directory)
        default: throw failure("make", directory, Errno(rawValue: errno))
        }
    }

    /// Refuses a directory whose database is gone.
    func requireDatabase() throws(LedgerError) {
        if !has(database) { throw DatabaseWatch.changed(self, "was removed") }
    }

    /// Whether there is anything of that name.
    func has(_ file: FilePath) -> Bool {
        var status = stat()
        return file.withPlatformString { lstat($0, &status) } == 0 || errno != ENOENT
    }

    /// Whether there is a database in which anything was ever stored.
    var hasDatabase: Bool {
        var status = stat()
        return database.withPlatformString { lstat($0, &status) } == 0 && status.st_size > 0
    }

    /// Makes the directory's entries durable.
    func synchronize() throws(LedgerError) {
        try synchronize(path)
    }

    private func synchronize(_ directory: FilePath) throws(LedgerError) {
        let file = try open(directory, .readOnly, options: [.directory, .closeOnExec])
        defer { try? file.close() }
        guard fsync(file.rawValue) == 0 else { throw failure("synchronise", directory, Errno(rawValue: errno)) }
    }

    /// Opens a file of this directory; what it makes has mode 0600.
    func open(
        _ file: FilePath, _ mode: FileDescriptor.AccessMode, options: FileDescriptor.OpenOptions
    ) throws(LedgerError) -> FileDescriptor {
        do {
            let permissions: FilePermissions? = options.contains(.create) ? [.ownerReadWrite] : nil
            return try FileDescriptor.open(file, mode, options: options, permissions: permissions)
        } catch {
            throw failure("open", file, error as? Errno)
        }
    }

    func failure(_ verb: String, _ file: FilePath, _ error: Errno?) -> LedgerError {
        let reason = error.map { "\($0)" } ?? "unknown error"
        let remedy =
            switch error {
            case .permissionDenied, .notPermitted: "check who owns it: the daemon runs as uid \(geteuid())"
            case .noSpace: "make room on the file system"
            case .readOnlyFileSystem: "choose a directory that can be written, with --state"
            default: "check \(file) and the file system that it is on"
            }
        return LedgerError(.directory, "cannot \(verb) \(file): \(reason)", remedy: remedy)
    }
}
