// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc
public import SystemPackage

extension EventLoop {
    /// Calls `handler` for each signal of `signals` that comes to the process (`signalfd(2)`). On the loop's thread.
    ///
    /// Blocks them in the calling thread, and thus in all threads that it starts from now on. A thread that exists
    /// already would still be killed by them: call this, or ``Signals/block(_:)``, before there is a second thread.
    /// They stay blocked after ``unwatch(_:)``. Equal signals that come while one waits are one.
    public func signals(
        _ signals: [CInt], _ handler: @escaping @Sendable (SignalInfo) -> Void
    ) throws(Errno) -> WatchToken {
        var set = try Signals.block(signals)
        let descriptor = HeldDescriptor(
            OwnedDescriptor(adopting: try SystemCall.retrying { linux_signalfd_create(&set) }))
        // One signal a turn: the handler may end the watch.
        return try watch(descriptor, for: .readable) { _ in
            if let signal = SignalInfo(readFrom: descriptor) { handler(signal) }
        }
    }
}

/// Signals of the whole process.
public enum Signals {
    /// Blocks signals in the calling thread and in those that it starts from now on (`pthread_sigmask(3)`).
    /// - Returns: the set of them.
    @discardableResult
    public static func block(_ signals: [CInt]) throws(Errno) -> sigset_t {
        var set = sigset_t()
        sigemptyset(&set)
        for signal in signals { try SystemCall.retrying { sigaddset(&set, signal) } }
        try SystemCall.check(pthread_sigmask(SIG_BLOCK, &set, nil))
        return set
    }
}

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
