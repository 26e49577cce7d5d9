// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage

/// Waiting on one socket, with a limit.
enum SocketWait {
    /// Limits how long `connect(2)` waits for room in a listener's backlog (`SO_SNDTIMEO`); it then fails with `EAGAIN`.
    static func limitConnect(of socket: borrowing some Descriptor & ~Copyable, to limit: Duration) throws(Errno) {
        let (seconds, attoseconds) = limit.components
        // Zero would mean no limit.
        var time = timeval(tv_sec: Int(seconds), tv_usec: max(Int(attoseconds / 1_000_000_000_000), 1))
        try SystemCall.retrying(on: socket) {
            setsockopt($0, SOL_SOCKET, SO_SNDTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
        }
    }
}
