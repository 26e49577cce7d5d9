// SPDX-License-Identifier: Apache-2.0

import Glibc
internal import SystemPackage

/// Which files the database was when it was opened, so that one that was removed or replaced since is noticed.
///
/// SQLite goes on writing to the files it has open; what it commits there would be lost with them.
struct DatabaseIdentity: Sendable, Equatable {
    private struct File: Sendable, Equatable {
        var device: dev_t
        var inode: ino_t

        init?(_ path: FilePath) {
            var status = stat()
            guard stat(path.string, &status) == 0 else { return nil }
            device = status.st_dev
            inode = status.st_ino
        }
    }

    private let database: File?
    private let log: File?

    init(of directory: StateDirectory) {
        database = File(directory.database)
        log = File(directory.databaseLog)
    }

    func check(_ directory: StateDirectory) throws(LedgerError) {
        guard self != DatabaseIdentity(of: directory) else { return }
        throw LedgerError(
            .damaged, "the database \(directory.database) was removed or replaced while it was open",
            remedy: "stop the daemon, put the database back, and start it again")
    }
}
