// SPDX-License-Identifier: Apache-2.0

import Glibc
internal import SystemPackage

/// The lock that keeps a second daemon from the same state: `flock(2)` on a file that also names its holder.
///
/// The kernel drops it with the last descriptor, however the process ends.
final class LedgerLock: Sendable {
    private let file: FileDescriptor

    /// Takes the lock or says at once who has it.
    init(in directory: StateDirectory) throws(LedgerError) {
        let file = try directory.open(directory.lock, .readWrite, options: [.create, .closeOnExec, .noFollow])
        guard Self.lock(file) else {
            let error = Errno(rawValue: errno)
            defer { try? file.close() }
            guard error == .wouldBlock else { throw directory.failure("lock", directory.lock, error) }
            let holder = Self.holder(of: file)
            throw LedgerError(
                .alreadyOpen(pid: holder),
                "the state directory \(directory.path) is in use by "
                    + (holder.map { "process \($0)" } ?? "another process"),
                remedy: holder.map { "kill \($0) first, or choose another directory with --state" }
                    ?? "stop the other daemon first, or choose another directory with --state")
        }
        self.file = file
        // Only people and error messages read the pid; the lock holds without it, also on a full file system.
        _ = try? file.resize(to: 0)
        _ = try? file.writeAll(toAbsoluteOffset: 0, "\(getpid())\n".utf8)
    }

    deinit {
        // A child between its fork and its exec has a copy of the descriptor: closing ours would leave it the lock.
        flock(file.rawValue, LOCK_UN)
        try? file.close()
    }

    private static func lock(_ file: FileDescriptor) -> Bool {
        var result: CInt
        repeat {
            result = flock(file.rawValue, LOCK_EX | LOCK_NB)
        } while result != 0 && errno == EINTR
        return result == 0
    }

    private static func holder(of file: FileDescriptor) -> Int32? {
        var buffer = [UInt8](repeating: 0, count: 16)
        let count = buffer.withUnsafeMutableBytes { (try? file.read(fromAbsoluteOffset: 0, into: $0)) ?? 0 }
        let text = String(decoding: buffer[..<count], as: UTF8.self)
        return Int32(text.prefix { $0 != "\n" })
    }
}
