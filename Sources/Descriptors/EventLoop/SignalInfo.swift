// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc

/// A signal that arrived, signalfd(2).
public struct SignalInfo: Equatable, Sendable {
    /// `SIGTERM`, …
    public let signal: CInt
    /// The sender's pid, or for `SIGCHLD` the child's; 0 if the kernel sent it.
    public let pid: Int32
    /// The sender's real user, or for `SIGCHLD` the child's.
    public let uid: UInt32
    /// Why: `SI_USER`, `CLD_EXITED`, …
    public let code: CInt
    /// For `SIGCHLD` the exit status or the signal, by ``code``.
    public let status: CInt

    /// The next one that waits.
    init?(readFrom descriptor: borrowing some Descriptor & ~Copyable) {
        var info = signalfd_siginfo()
        let size = MemoryLayout<signalfd_siginfo>.size
        guard (try? SystemCall.retrying(on: descriptor, { read($0, &info, size) })) == size else { return nil }
        signal = CInt(info.ssi_signo)
        pid = Int32(bitPattern: info.ssi_pid)
        uid = info.ssi_uid
        code = info.ssi_code
        status = info.ssi_status
    }
}
