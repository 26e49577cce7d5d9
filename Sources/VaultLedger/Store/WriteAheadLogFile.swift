// SPDX-License-Identifier: Apache-2.0

import Glibc
internal import SystemPackage

/// The WAL as a file, where it cannot be emptied because another process reads it.
struct WriteAheadLogFile {
    let directory: StateDirectory

    private static let chunkBytes = 1 << 20

    /// Writes every byte of it once more where it is, and synchronises: what is only in the page cache, as after a
    /// synchronisation that failed, is on the disk then, and commits may follow it (RULINGS 7).
    ///
    /// Nobody may write it meanwhile; who reads it reads the same.
    func makeDurable() throws(LedgerError) {
        let path = directory.databaseLog
        let file = try directory.open(path, .readWrite, options: [.closeOnExec, .noFollow])
        defer { try? file.close() }
        var chunk = [UInt8](repeating: 0, count: Self.chunkBytes)
        do {
            var offset: Int64 = 0
            while true {
                let count = try chunk.withUnsafeMutableBytes { try file.read(fromAbsoluteOffset: offset, into: $0) }
                if count == 0 { break }
                try file.writeAll(toAbsoluteOffset: offset, chunk[..<count])
                offset += Int64(count)
            }
            guard fdatasync(file.rawValue) == 0 else { throw Errno(rawValue: errno) }
        } catch {
            throw directory.failure("synchronise", path, error as? Errno)
        }
    }

    /// Gives a WAL that is not this database's another name: SQLite would take its frames for the database's, or delete
    /// them. They may be all that is left of something.
    func setAside() throws(LedgerError) {
        let path = directory.databaseLog
        var status = stat()
        guard path.withPlatformString({ lstat($0, &status) }) == 0, status.st_size > 0 else { return }
        for number in 1...99 {
            let other = directory.path.appending("ledger.db-wal.\(number)")
            if directory.has(other) { continue }
            let isRenamed = path.withPlatformString { old in
                other.withPlatformString { rename(old, $0) == 0 }
            }
            guard isRenamed else { throw directory.failure("rename", path, Errno(rawValue: errno)) }
            return try directory.synchronize()
        }
        throw LedgerError(
            .directory, "\(path) belongs to no database, and too many like it were kept",
            remedy: "move the files ledger.db-wal.* elsewhere")
    }
}
