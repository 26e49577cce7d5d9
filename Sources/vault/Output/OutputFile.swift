// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage

/// A file that a verb writes whole: what was there before is replaced when everything is written, or stays.
enum OutputFile {
    /// Writes beside it, `fsync(2)`, `rename(2)`: whoever reads the path sees the old text or the new one, also after a
    /// crash of the machine.
    static func write(_ text: String, to path: String, mode: UInt32 = 0o644) throws(Failure) {
        let next = FilePath(path + ".new-\(getpid())")
        do throws(Errno) {
            do throws(Errno) {
                let file = try OwnedDescriptor.open(next, flags: O_WRONLY | O_CREAT | O_TRUNC, mode: mode)
                try file.writeAll([UInt8](text.utf8).span)
                try SystemCall.retrying { fsync(file.raw) }
                try file.close()
                try SystemCall.retrying { rename(next.string, path) }
            } catch {
                unlink(next.string)
                throw error
            }
        } catch {
            throw Failure(
                .system, "\(path): \(error.description)", next: "another path, in a directory that you may write")
        }
    }
}

/// A file that a verb reads whole; `-` is standard input.
enum InputFile {
    /// - Parameter what: what it is to be, such as "a checkpoint", for the error.
    static func read(_ path: String, as what: String, limit: Int = 1 << 20) throws(Failure) -> String {
        let bytes: [UInt8]
        do throws(Errno) {
            let file =
                path == "-"
                ? try OwnedDescriptor.duplicate(of: STDIN_FILENO) : try OwnedDescriptor.open(FilePath(path))
            bytes = try file.readAll(limit: limit)
        } catch {
            throw Failure(
                .system, "\(path): \(error.description)", next: "the path of \(what), or - for standard input")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Failure(.usage, "\(path): this is not UTF-8", next: "the path of \(what)")
        }
        return text
    }
}

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
