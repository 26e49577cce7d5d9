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
