// SPDX-License-Identifier: Apache-2.0

import Crypto
import Descriptors
import Records
import SystemPackage
import TransparencyLog
import VaultLedger
import VaultModel

/// Hashes executables on a thread of its own, and remembers what it found.
///
/// What it is given lies on a file system of this machine, so a read ends.
actor ExecutableHasher {
    /// The largest executable that is hashed, in bytes.
    static let sizeLimit: Int64 = 256 << 20
    private static let largestCache = 1024
    private static let chunk = 1 << 20
    /// How long a file must have been left alone before its hash is remembered, in nanoseconds: a change within one tick
    /// of the file system's clock does not show in its times.
    private static let quietNSec: Int64 = 2_000_000_000

    private struct Key: Hashable {
        let device: UInt64
        let inode: UInt64
        let size: Int64
        let modifiedNSec: Int64
        let changedNSec: Int64

        init(_ status: FileStatus) {
            device = status.device
            inode = status.inode
            size = status.size
            modifiedNSec = status.modifiedNSec
            changedNSec = status.changedNSec
        }
    }

    private let executor = ThreadExecutor(name: "vaultd-hash", turn: .nice(5))
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private var known: [Key: String] = [:]

    /// The SHA-256 of what a file holds, in lower-case hexadecimal digits.
    /// - Parameter file: open for reading, and read by nobody else.
    func digest(of file: HeldDescriptor) -> Fact<String> {
        do throws(Errno) {
            let before = try FileStatus(of: file)
            guard before.size <= Self.sizeLimit else {
                return .unknown("the executable is larger than \(Self.sizeLimit >> 20) MiB")
            }
            let key = Key(before)
            if let digest = known[key] { return .known(digest) }
            let digest = try read(file)
            guard Key(try FileStatus(of: file)) == key else {
                return .unknown("the executable changed while it was read")
            }
            remember(digest, key)
            return .known(digest)
        } catch {
            return .unknown("the executable cannot be read: \(error)")
        }
    }

    private func remember(_ digest: String, _ key: Key) {
        let (now, overflows) = SystemClock.wallTimeUSec().multipliedReportingOverflow(by: 1000)
        let age = (overflows ? .max : now).saturatingSubtracting(max(key.changedNSec, key.modifiedNSec))
        guard age > Self.quietNSec else { return }
        if known.count >= Self.largestCache { known.removeAll(keepingCapacity: true) }
        known[key] = digest
    }

    private func read(_ file: HeldDescriptor) throws(Errno) -> String {
        var function = SHA256()
        var left = Self.sizeLimit
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.chunk, alignment: 16)
        defer { buffer.deallocate() }
        while left > 0 {
            let count = try file.read(into: buffer)
            if count == 0 { break }
            function.update(bufferPointer: UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            left -= Int64(count)
        }
        return Hexadecimal.encode(Array(function.finalize()))
    }
}
