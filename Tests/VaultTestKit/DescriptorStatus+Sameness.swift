// SPDX-License-Identifier: Apache-2.0

import CLinux
public import Descriptors
import Glibc
public import SystemPackage

extension DescriptorStatus {
    /// `FD_CLOEXEC` of the descriptor itself.
    public static func isCloseOnExec(_ descriptor: borrowing some Descriptor & ~Copyable) throws(Errno) -> Bool {
        try SystemCall.retrying(on: descriptor) { fcntl($0, F_GETFD) } & FD_CLOEXEC != 0
    }

    /// Do both name one open file description (`kcmp(2)`)?
    ///
    /// - Throws: `EPERM` where a security module forbids it, `ENOSYS` in a kernel without it, `EBADF`.
    public static func isSameDescription(
        _ left: borrowing some Descriptor & ~Copyable, _ right: borrowing some Descriptor & ~Copyable
    ) throws(Errno) -> Bool {
        let pid = getpid()
        return try left.withUnsafeNumber { left throws(Errno) in
            try SystemCall.retrying(on: right) { right in linux_kcmp_file(pid, pid, left, right) } == 0
        }
    }
}
