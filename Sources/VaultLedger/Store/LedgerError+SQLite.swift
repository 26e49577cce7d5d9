// SPDX-License-Identifier: Apache-2.0

import GRDB
import Glibc
import Records
internal import SystemPackage

extension LedgerError {
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
        let code = error.extendedResultCode.rawValue
        switch error.resultCode {
        case .SQLITE_FULL:
            self.init(.full, message, remedy: "make room on the file system", code: code)
        // The shared memory beside the WAL, and files that cannot be made, fail so where there is no space.
        case .SQLITE_IOERR where Self.isFull(path), .SQLITE_CANTOPEN where Self.isFull(path):
            self.init(.full, message, remedy: "make room on the file system", code: code)
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            self.init(.busy, message, remedy: "end the other processes that use the file, and try again", code: code)
        case .SQLITE_CORRUPT:
            self.init(
                .damaged, message, remedy: "keep a copy of the file, and see what `vault audit verify` finds",
                code: code)
        case .SQLITE_NOTADB:
            self.init(
                .foreign, message, remedy: "move the file away, or choose another directory with --state", code: code)
        case .SQLITE_CANTOPEN, .SQLITE_PERM, .SQLITE_READONLY, .SQLITE_AUTH:
            self.init(kind, message, remedy: "check who may write the file and its directory", code: code)
        default:
            self.init(kind, message, remedy: "check the disk and the file system that it is on", code: code)
        }
    }

    /// Whether next to nothing is left on the file system of a file.
    private static func isFull(_ path: String) -> Bool {
        var status = statvfs()
        guard statvfs(FilePath(path).removingLastComponent().string, &status) == 0 else { return false }
        return status.f_bavail * status.f_frsize < 1 << 20 || status.f_favail == 0 && status.f_files > 0
    }
}
