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
