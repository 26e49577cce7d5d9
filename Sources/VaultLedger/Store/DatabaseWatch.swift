// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import Records
internal import SystemPackage

/// Notices when the files of an open database are cut, removed, replaced, or written by another program.
///
/// SQLite notices none of it: it goes on writing to the files it has open, at the places where it believes the end to be,
/// and what it commits there is gone at the next start. Three things are looked at, for some microseconds a commit:
///
/// * both names still lead to the files that were opened, and these are no shorter than they were left;
/// * nobody has written to the database since the last checkpoint did;
/// * the frame that the commit before ended with is still whole in the WAL. Whoever cuts a file takes its end away, and what
///   is written behind a cut leaves a hole there, so that the size alone does not tell.
///
/// Belongs to the thread of the ``Ledger``. It has a descriptor of its own for the WAL, on which SQLite holds no locks; it
/// must never have one for the database, whose locks would go with it (`fcntl(2)`, F_SETLK).
final class DatabaseWatch {
    /// How the files are found.
    enum Condition: Equatable {
        case asLeft
        /// The name of the WAL leads elsewhere, and what was committed is all in the one that is open.
        case logMoved
        /// What is not as it was.
        case changed(String)
    }

    /// The frame that a commit ended with (file format of the WAL, 4.2).
    private struct Tail {
        static let headerBytes = 24
        var offset: Int64
        var bytes: [UInt8]

        /// A WAL that begins anew has other salts.
        func isOfSameLog(as other: Tail) -> Bool { bytes[8..<16] == other.bytes[8..<16] }
    }

    private static let headerBytes: Int64 = 32

    private let directory: StateDirectory
    private let frameBytes: Int
    private let log: OwnedDescriptor
    private let logFile: FileStatus
    private var database: FileStatus
    private var tail: Tail?
    /// Everything in the WAL is in the database too, and that synchronised.
    private var isAllMoved = false

    /// - Parameter frames: what the WAL holds at the moment.
    init(_ directory: StateDirectory, pageSize: Int, frames: Int) throws(LedgerError) {
        self.directory = directory
        frameBytes = pageSize + Tail.headerBytes
        guard let database = Self.status(directory.database) else { throw Self.changed(directory, "was removed") }
        self.database = database
        let log = try directory.open(directory.databaseLog, O_RDONLY)
        logFile = try directory.failing("inspect", directory.databaseLog) { () throws(Errno) in
            try FileStatus(of: log)
        }
        self.log = log
        tail = try frames == 0 ? nil : read(lastOf: frames)
    }

    /// Nil where there is nothing of that name.
    private static func status(_ path: FilePath) -> FileStatus? {
        try? FileStatus(ofPath: path, followingLinks: false)
    }

    /// What is said of files that are not as they were.
    static func changed(_ directory: StateDirectory, _ what: String) -> LedgerError {
        LedgerError(
            .changedUnderneath, "the database \(directory.database) \(what) while it was open",
            remedy: "stop the daemon, put the right database back, and start it again; find out who did that")
    }

    /// Looks at the files, before anything is written to them.
    func check() throws(LedgerError) {
        switch condition() {
        case .asLeft: return
        case .logMoved: throw Self.changed(directory, "lost its write-ahead log, which was removed or replaced")
        case .changed(let what): throw Self.changed(directory, what)
        }
    }

    func condition() -> Condition {
        guard let found = Self.status(directory.database) else { return .changed("was removed") }
        guard found.isSameFile(as: database) else { return .changed("was replaced") }
        guard found.size >= database.size else { return .changed("was cut short") }
        guard found.modifiedNSec == database.modifiedNSec, found.size == database.size else {
            return .changed("was written to by another program")
        }
        if let tail, !isAllMoved, (try? read(at: tail.offset)) != tail.bytes {
            return .changed("lost a part of its write-ahead log, which was cut short or overwritten")
        }
        guard let named = Self.status(directory.databaseLog), named.isSameFile(as: logFile) else { return .logMoved }
        return .asLeft
    }

    /// After a commit: what was committed before it is still there, and this one is.
    ///
    /// - Parameter frames: what the WAL holds now.
    func noteCommit(frames: Int) throws(LedgerError) {
        let last = try read(lastOf: frames)
        if let tail, tail.isOfSameLog(as: last), tail.offset < last.offset, try read(at: tail.offset) != tail.bytes {
            throw Self.changed(directory, "lost a part of its write-ahead log, which was cut short or overwritten")
        }
        tail = last
        isAllMoved = false
    }

    /// After a checkpoint, which alone writes to the database.
    func noteCheckpoint(isComplete: Bool) {
        if let found = Self.status(directory.database), found.isSameFile(as: database), found.size >= database.size {
            database = found
        }
        isAllMoved = isComplete
    }

    var sizes: LedgerFiles {
        LedgerFiles(databaseBytes: database.size, logBytes: (try? FileStatus(of: log))?.size ?? 0)
    }

    private func read(lastOf frames: Int) throws(LedgerError) -> Tail {
        let offset = Self.headerBytes + Int64(max(0, frames - 1)) * Int64(frameBytes)
        return Tail(offset: offset, bytes: try read(at: offset))
    }

    private func read(at offset: Int64) throws(LedgerError) -> [UInt8] {
        let bytes = try directory.failing("read", directory.databaseLog) { () throws(Errno) in
            try log.read(frameBytes, at: offset)
        }
        guard bytes.count == frameBytes else {
            throw Self.changed(directory, "lost a part of its write-ahead log, which was cut short")
        }
        return bytes
    }
}
