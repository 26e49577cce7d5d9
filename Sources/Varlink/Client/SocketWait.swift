// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage

/// Waiting on one socket, with a limit.
enum SocketWait {
    /// Waits until a socket is ready, or until the peer has hung up (`poll(2)`); `false` when the time has come.
    static func wait(for readiness: Interest, on socket: CInt, until deadline: BootTime?) throws(Errno) -> Bool {
        var request = pollfd(fd: socket, events: 0, revents: 0)
        if readiness.contains(.readable) { request.events |= Int16(POLLIN) }
        if readiness.contains(.writable) { request.events |= Int16(POLLOUT) }
        while true {
            var milliseconds: CInt = -1
            if let deadline {
                let rest = deadline.microseconds - BootTime.now.microseconds
                guard rest > 0 else { return false }
                // Rounded up, so that the last part of a millisecond is not spent spinning.
                milliseconds = CInt(clamping: (rest + 999) / 1000)
            }
            if try SystemCall.retrying({ poll(&request, 1, milliseconds) }) > 0 { return true }
        }
    }

    /// Limits how long `connect(2)` waits for room in a listener's backlog (`SO_SNDTIMEO`); it then fails with `EAGAIN`.
    static func limitConnect(of socket: CInt, to limit: Duration) throws(Errno) {
        let (seconds, attoseconds) = limit.components
        // Zero would mean no limit.
        var time = timeval(tv_sec: Int(seconds), tv_usec: max(Int(attoseconds / 1_000_000_000_000), 1))
        try SystemCall.retrying {
            setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
        }
    }
}
