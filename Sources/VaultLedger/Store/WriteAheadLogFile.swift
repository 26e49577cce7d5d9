// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import Records
internal import SystemPackage

/// The WAL as a file, where it cannot be emptied because another process reads it.
struct WriteAheadLogFile {
    let directory: StateDirectory

    private static let chunkBytes = 1 << 20

    /// Writes every byte of it once more where it is, and synchronises: what is only in the page cache, as after a
    /// synchronisation that failed, is on the disk then, and commits may follow it
    /// (Decisions: after a failed commit everything is opened again).
    ///
    /// Nobody may write it meanwhile; who reads it reads the same.
    func makeDurable() throws(LedgerError) {
        let path = directory.databaseLog
        let file = try directory.open(path, O_RDWR)
        try directory.failing("synchronise", path) { () throws(Errno) in
            var offset: Int64 = 0
            while true {
                let chunk = try file.read(Self.chunkBytes, at: offset)
                if chunk.isEmpty { break }
                try file.writeAll(chunk.span, at: offset)
                offset += Int64(chunk.count)
            }
            try file.synchronizeData()
        }
    }

    /// Cuts off what lies behind so many bytes. What is committed lies before them.
    func cut(to size: Int64) throws(LedgerError) {
        let path = directory.databaseLog
        let file = try directory.open(path, O_RDWR)
        try directory.failing("cut", path) { () throws(Errno) in try file.resize(to: size) }
    }

    /// Gives a WAL that is not this database's another name: SQLite would take its frames for the database's, or delete
    /// them. They may be all that is left of something.
    func setAside() throws(LedgerError) {
        let path = directory.databaseLog
        guard let status = try? FileStatus(ofPath: path, followingLinks: false), status.size > 0 else { return }
        for number in 1...99 {
            let other = directory.path.appending("ledger.db-wal.\(number)")
            if directory.has(other) { continue }
            try directory.failing("rename", path) { () throws(Errno) in try path.rename(to: other) }
            return try directory.synchronize()
        }
        throw LedgerError(
            .directory, "\(path) belongs to no database, and too many like it were kept",
            remedy: "move the files ledger.db-wal.* elsewhere")
    }
}
