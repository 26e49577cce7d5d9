// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage

/// A file that is written a piece at a time, and appears when it is finished.
struct LineFile {
    private let path: String
    private let next: String
    private let file: HeldDescriptor

    init(_ path: String) throws(Failure) {
        self.path = path
        next = path + ".new-\(getpid())"
        do throws(Errno) {
            file = HeldDescriptor(
                try OwnedDescriptor.open(FilePath(next), flags: O_WRONLY | O_CREAT | O_TRUNC, mode: 0o600))
        } catch {
            throw Self.failure(path, error)
        }
    }

    func write(_ text: String) throws(Failure) {
        do throws(Errno) {
            try [UInt8](text.utf8).span.withUnsafeBytes { buffer throws(Errno) in
                try StandardOutput.writeAll(buffer, to: file.raw)
            }
        } catch {
            unlink(next)
            throw Self.failure(path, error)
        }
    }

    func finish() throws(Failure) {
        do throws(Errno) {
            try SystemCall.retrying { fsync(file.raw) }
            try SystemCall.retrying { rename(next, path) }
        } catch {
            unlink(next)
            throw Self.failure(path, error)
        }
    }

    private static func failure(_ path: String, _ error: Errno) -> Failure {
        Failure(.system, "\(path): \(error.description)", next: "another path, in a directory that you may write")
    }
}
