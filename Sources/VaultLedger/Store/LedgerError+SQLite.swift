// SPDX-License-Identifier: Apache-2.0

import GRDB
import Glibc
import Records
internal import SystemPackage

extension LedgerError {
    static let closed = LedgerError(.closed, "the ledger is closed", remedy: "open it again")

    static func invalid(_ message: String) -> LedgerError {
        LedgerError(.invalidBatch, message, remedy: "report this as a fault of vaultd")
    }

    /// What is stored cannot be what the ledger stored.
    static func damaged(_ message: String, remedy: String = verifyDatabase) -> LedgerError {
        LedgerError(.damaged, message, remedy: remedy)
    }

    static let noRoom = "make room on the file system"
    static let verify = "see what `vault audit verify` finds"
    static let verifyFile = "keep a copy of the file, and \(verify)"
    static let verifyDatabase = "keep a copy of the database, and \(verify)"
    static let putBack = "keep a copy of the file, and put back the last good one"

    init(_ error: any Error, opening path: FilePath) {
        self.init(error, doing: "cannot open the ledger", path.string, otherwise: .unreadable)
    }

    init(_ error: any Error, reading path: String) {
        self.init(error, doing: "cannot read the ledger", path, otherwise: .unreadable)
    }

    init(_ error: any Error, committing path: String) {
        self.init(error, doing: "cannot write the ledger", path, otherwise: .commitFailed)
    }

    private init(_ error: any Error, doing what: String, _ path: String, otherwise kind: Kind) {
        let what = "\(what) \(path)"
        if let error = error as? LedgerError {
            self = error
            return
        }
        guard let error = error as? DatabaseError else {
            self.init(kind, "\(what): \(error)", remedy: "check the file system that it is on")
            return
        }
        let message = "\(what): \(error.message ?? error.resultCode.description)"
        let (found, remedy): (Kind, String) =
            switch error.resultCode {
            case .SQLITE_FULL: (.full, Self.noRoom)
            // The shared memory beside the WAL, and files that cannot be made, fail so where there is no space.
            case .SQLITE_IOERR where Self.isFull(path), .SQLITE_CANTOPEN where Self.isFull(path): (.full, Self.noRoom)
            case .SQLITE_BUSY, .SQLITE_LOCKED: (.busy, "end the other processes that use the file, and try again")
            case .SQLITE_CORRUPT: (.damaged, Self.verifyFile)
            case .SQLITE_NOTADB: (.foreign, "move the file away, or choose another directory with --state")
            case .SQLITE_CANTOPEN, .SQLITE_PERM, .SQLITE_READONLY, .SQLITE_AUTH:
                (kind, "check who may write the file and its directory")
            default: (kind, "check the disk and the file system that it is on")
            }
        self.init(found, message, remedy: remedy, code: error.extendedResultCode.rawValue)
    }

    /// Whether next to nothing is left on the file system of a file.
    static func isFull(_ path: String) -> Bool {
        var status = statvfs()
        guard statvfs(FilePath(path).removingLastComponent().string, &status) == 0 else { return false }
        return status.f_bavail * status.f_frsize < 1 << 20 || status.f_favail == 0 && status.f_files > 0
    }
}
