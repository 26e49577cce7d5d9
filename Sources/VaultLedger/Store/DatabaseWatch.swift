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
/// * before it, whether both names still lead to the files that were opened, and the database is as long as it was left;
/// * before it, whether nobody has written to the database since the last checkpoint did;
/// * before it is acknowledged, whether the frame that the commit before ended with is still there in the WAL. Whoever cuts a
///   file takes its end away, and what is written behind a cut leaves a hole there, so that the size alone does not tell. A
///   hole reads as zeros: so it is enough to look at the last bytes of the frame that are others.
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

    /// The last bytes that are not zeros of the frame that a commit ended with (file format of the WAL, 4.2).
    private struct Tail {
        static let byteCount = 64
        /// Of the frame.
        var frame: Int64
        /// Of the bytes.
        var offset: Int64
        var bytes: [UInt8]
    }

    private static let frameHeaderBytes = 24
    private static let headerBytes: Int64 = 32

    private let directory: StateDirectory
    private let databasePath: FilePath
    private let logPath: FilePath
    private let frameBytes: Int
    private let log: OwnedDescriptor
    private let logFile: FileStatus
    private var database: FileStatus
    private var tail: Tail?
    /// Everything in the WAL is in the database too, and that synchronised.
    private var isAllMoved = false
    /// Another connection of this process writes to the database.
    private var isBeingMoved = false
    /// It may have moved all that there was, so that the next commit begins the WAL anew.
    private var mayBeginAnew = false
    /// What frames of the WAL as of then begin with: one that begins anew has other salts.
    private var movedSalts: [UInt8]?

    /// - Parameter frames: what the WAL holds at the moment.
    init(_ directory: StateDirectory, pageSize: Int, frames: Int) throws(LedgerError) {
        self.directory = directory
        databasePath = directory.database
        logPath = directory.databaseLog
        frameBytes = pageSize + Self.frameHeaderBytes
        guard let database = Self.status(databasePath) else { throw Self.changed(directory, "was removed") }
        self.database = database
        let log = try directory.open(logPath, O_RDONLY)
        logFile = try directory.failing("inspect", logPath) { () throws(Errno) in
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
    ///
    /// - Parameter looksAtLog: not before a commit, after which ``noteCommit(frames:)`` does.
    func check(looksAtLog: Bool = true) throws(LedgerError) {
        switch condition(looksAtLog: looksAtLog) {
        case .asLeft: return
        case .logMoved: throw Self.changed(directory, "lost its write-ahead log, which was removed or replaced")
        case .changed(let what): throw Self.changed(directory, what)
        }
    }

    func condition(looksAtLog: Bool = true) -> Condition {
        guard let found = Self.status(databasePath) else { return .changed("was removed") }
        guard found.isSameFile(as: database) else { return .changed("was replaced") }
        guard found.size >= database.size else { return .changed("was cut short") }
        guard isBeingMoved || (found.modifiedNSec == database.modifiedNSec && found.size == database.size) else {
            return .changed("was written to by another program")
        }
        if looksAtLog, let tail, !isAllMoved, (try? isThere(tail)) != true { return .changed(Self.lostLog) }
        guard let named = Self.status(logPath), named.isSameFile(as: logFile) else { return .logMoved }
        return .asLeft
    }

    private static let lostLog = "lost a part of its write-ahead log, which was cut short or overwritten"

    /// After a commit: what was committed before it is still there, and this one is.
    ///
    /// - Parameter frames: what the WAL holds now.
    func noteCommit(frames: Int) throws(LedgerError) {
        let last = try read(lastOf: frames)
        if let tail, tail.frame < last.frame, try isOfSameLog(last), try !isThere(tail) {
            throw Self.changed(directory, Self.lostLog)
        }
        tail = last
        isAllMoved = false
        if !isBeingMoved { mayBeginAnew = false }
    }

    /// Whether the WAL has not begun anew with this commit. It does so only when all of it was moved.
    private func isOfSameLog(_ last: Tail) throws(LedgerError) -> Bool {
        guard isAllMoved || mayBeginAnew else { return true }
        let salts = try salts(of: last)
        defer { movedSalts = salts }
        return salts == movedSalts
    }

    /// Another connection of this process moves pages, from here on until ``endMoving()``.
    func beginMoving() {
        isBeingMoved = true
        mayBeginAnew = true
        movedSalts = tail.flatMap { try? salts(of: $0) }
    }

    func endMoving() {
        isBeingMoved = false
        noteCheckpoint(isComplete: false)
    }

    private func salts(of tail: Tail) throws(LedgerError) -> [UInt8] {
        Array(try read(Self.frameHeaderBytes, at: tail.frame)[8..<16])
    }

    /// After a checkpoint, which alone writes to the database.
    func noteCheckpoint(isComplete: Bool) {
        if let found = Self.status(databasePath), found.isSameFile(as: database), found.size >= database.size {
            database = found
        }
        isAllMoved = isComplete
        if isComplete { movedSalts = tail.flatMap { try? salts(of: $0) } }
    }

    var sizes: LedgerFiles {
        LedgerFiles(databaseBytes: database.size, logBytes: (try? FileStatus(of: log))?.size ?? 0)
    }

    private func read(lastOf frames: Int) throws(LedgerError) -> Tail {
        let frame = Self.headerBytes + Int64(max(0, frames - 1)) * Int64(frameBytes)
        let end = frame + Int64(frameBytes - Tail.byteCount)
        let bytes = try read(Tail.byteCount, at: end)
        if bytes.contains(where: { $0 != 0 }) { return Tail(frame: frame, offset: end, bytes: bytes) }
        // The header of a frame has the number of its page, which is not 0.
        let whole = try read(frameBytes, at: frame)
        let last = whole.lastIndex { $0 != 0 } ?? 0
        let start = max(0, last + 1 - Tail.byteCount)
        return Tail(frame: frame, offset: frame + Int64(start), bytes: Array(whole[start...last]))
    }

    private func isThere(_ tail: Tail) throws(LedgerError) -> Bool {
        try read(tail.bytes.count, at: tail.offset) == tail.bytes
    }

    private func read(_ count: Int, at offset: Int64) throws(LedgerError) -> [UInt8] {
        let bytes = try directory.failing("read", logPath) { () throws(Errno) in try log.read(count, at: offset) }
        guard bytes.count == count else {
            throw Self.changed(directory, "lost a part of its write-ahead log, which was cut short")
        }
        return bytes
    }
}
