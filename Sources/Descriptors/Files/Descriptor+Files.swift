// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc
package import SystemPackage

/// Files at a place of their own choosing, whatever the file offset, and what of them survives a crash of the machine.
extension Descriptor where Self: ~Copyable {
    /// `pread(2)` until `count` bytes are there; fewer only at the end of file.
    package func read(_ count: Int, at offset: Int64) throws(Errno) -> [UInt8] {
        var failure: Errno?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            do throws(Errno) {
                while filled < count {
                    let rest = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[filled...])
                    let place = off_t(offset) + filled
                    let part = try SystemCall.retrying(on: self) { pread($0, rest.baseAddress, rest.count, place) }
                    if part == 0 { break }
                    filled += part
                }
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return bytes
    }

    /// `pwrite(2)` until all bytes are written.
    package func writeAll(_ bytes: Span<UInt8>, at offset: Int64) throws(Errno) {
        try bytes.withUnsafeBytes { bytes throws(Errno) in
            var written = 0
            while written < bytes.count {
                written += try SystemCall.retrying(on: self) {
                    pwrite($0, bytes.baseAddress! + written, bytes.count - written, off_t(offset) + written)
                }
            }
        }
    }

    /// `ftruncate(2)`.
    package func resize(to size: Int64) throws(Errno) {
        try SystemCall.retrying(on: self) { ftruncate($0, off_t(size)) }
    }

    /// `posix_fallocate(3)`: the first `size` bytes have their space on the disk.
    package func allocate(_ size: Int64) throws(Errno) {
        while true {
            let error = withUnsafeNumber { Errno(rawValue: posix_fallocate($0, 0, off_t(size))) }
            if error.rawValue == 0 { return }
            if error != .interrupted { throw error }
        }
    }

    /// `fsync(2)`: contents and attributes survive a crash of the machine; of a directory, its entries.
    package func synchronize() throws(Errno) {
        try SystemCall.retrying(on: self) { fsync($0) }
    }

    /// `syncfs(2)`: has everything written that belongs to the file system of this file. Many files are synchronised sooner
    /// after that; that each of them is on the disk is for ``synchronize()`` to say.
    package func synchronizeFileSystem() throws(Errno) {
        try SystemCall.retrying(on: self) { linux_synchronize_filesystem($0) }
    }

    /// `fdatasync(2)`: contents survive a crash of the machine.
    package func synchronizeData() throws(Errno) {
        try SystemCall.retrying(on: self) { fdatasync($0) }
    }

    /// `flock(2)`, exclusive, without waiting. The lock goes with the last descriptor of the open file description, however
    /// the process ends.
    ///
    /// - Throws: `EWOULDBLOCK` where somebody else has it.
    package func lock() throws(Errno) {
        try SystemCall.retrying(on: self) { flock($0, LOCK_EX | LOCK_NB) }
    }

    /// Gives up what ``lock()`` took. A child between its fork and its exec has a copy of the descriptor: to close ours would
    /// leave it the lock.
    package func unlock() {
        withUnsafeNumber { _ = flock($0, LOCK_UN) }
    }
}
