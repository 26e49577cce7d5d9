// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc

/// What only the loop's own thread touches.
final class LoopState {
    var watches: [UInt64: Watch] = [:]
    var timers = TimerQueue()
    /// What the timer descriptor is set to; `nil` when it is not set or has fired.
    var armed: BootTime?
    var afterTurn: [@Sendable () -> Void] = []
    /// Jobs that were enqueued on the loop's thread: in order of arrival, from `firstJob` on.
    var jobs: [UnownedJob] = []
    var firstJob = 0
    /// Tokens of watches and timers come from one row, which starts above the loop's own.
    var nextToken: UInt64 = 16

    let events = UnsafeMutableBufferPointer<epoll_event>.allocate(capacity: 256)

    func makeToken() -> UInt64 {
        defer { nextToken += 1 }
        return nextToken
    }

    deinit {
        events.deallocate()
    }
}

/// What other threads leave for the loop.
struct LoopInbox {
    var jobs: [UnownedJob] = []
    var isStopRequested = false
    /// The loop has been woken and has not looked yet: nobody needs to wake it again.
    var isWakeUpPending = false
}
