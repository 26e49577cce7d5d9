// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
internal import JSONText
package import SystemPackage

/// Another process that has a read transaction open on the ledger, by which it keeps the WAL from beginning anew.
package struct ForeignReader: Sendable, Hashable {
    package var pid: Int32
    /// The name of its program, at most 15 bytes; empty where it cannot be told.
    package var command: String
}

/// Finds them in `/proc/locks`: SQLite locks one of the bytes 123 to 127 of `ledger.db-shm` for each of its snapshots.
package struct ForeignReaders: Sendable {
    private static let snapshotBytes: ClosedRange<UInt64> = 123...127

    private let sharedMemory: FilePath

    package init(directory: FilePath) {
        sharedMemory = StateDirectory(directory).sharedMemory
    }

    /// Processes in a pid namespace that is not ours are not seen. Reads two files a process; blocks for neither.
    package func find() -> [ForeignReader] {
        guard let status = try? FileStatus(ofPath: sharedMemory),
            let locks = Self.text(of: "/proc/locks", limit: 1 << 24)
        else { return [] }
        return Self.pids(in: locks, inode: status.inode).filter { $0 != getpid() }.map { pid in
            let name = Self.text(of: FilePath("/proc/\(pid)/comm"), limit: 64) ?? ""
            return ForeignReader(pid: pid, command: String(name.firstLine))
        }
    }

    /// The processes that hold a snapshot of this file. The device is not compared: btrfs and overlay show another one in
    /// `/proc/locks` than stat(2) does, and the bytes tell enough.
    static func pids(in locks: String, inode: UInt64) -> [Int32] {
        var found: Set<Int32> = []
        for line in locks.split(at: "\n") {
            // 12: POSIX  ADVISORY  READ 4711 fd:01:393232 123 123
            let fields = line.split(at: " ")
            guard fields.count >= 8, fields[1] == "POSIX", let pid = Int32(fields[4]), pid > 0,
                let file = fields[5].split(at: ":").last, UInt64(file) == inode,
                let first = UInt64(fields[6]), let last = UInt64(fields[7]), first <= last,
                snapshotBytes.overlaps(first...last)
            else { continue }
            found.insert(pid)
        }
        return found.sorted()
    }

    private static func text(of path: FilePath, limit: Int) -> String? {
        (try? OwnedDescriptor.open(path).readPrefix(limit)).map { String(decoding: $0, as: UTF8.self) }
    }
}
